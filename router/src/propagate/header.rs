//! The names of the headers.

use http::HeaderName;

/// The dye.
pub static DYE: HeaderName = HeaderName::from_static("x-dye");
/// The roll of the job, or of the hop.
pub static ROLL: HeaderName = HeaderName::from_static("x-dye-roll");
/// The process that calls, `service/group`.
pub static FROM: HeaderName = HeaderName::from_static("x-dye-from");
/// Who vouches for a dye that comes from outside.
pub static MAC: HeaderName = HeaderName::from_static("x-dye-mac");
/// W3C baggage.
pub static BAGGAGE: HeaderName = HeaderName::from_static("baggage");
/// W3C trace context.
pub static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// W3C trace context, the part of other tracing systems.
pub static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Those that are ours alone.
pub(super) static OURS: [&HeaderName; 4] = [&DYE, &ROLL, &FROM, &MAC];

/// The key of our member in `baggage`.
pub(super) const MEMBER: &[u8] = b"dye";
