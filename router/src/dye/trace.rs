//! W3C Trace Context: what joins the spans of one trace across processes. Nothing here records spans.

use std::{cell::Cell, collections::hash_map::RandomState, fmt, hash::BuildHasher, sync::Arc};

/// The length of a `traceparent` of version 00.
const PARENT_BYTES: usize = 55;
/// The longest `tracestate` that is passed on, in bytes. The standard wants 512 at least.
const MAX_STATE_BYTES: usize = 4096;

/// The id of a trace; never all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

/// The id of a span; never all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A `traceparent`: which trace, the span a call was made in, and whether it is sampled.
///
/// Source: W3C Trace Context, section 3.2. Higher versions are read as far as version 00 goes, and written as 00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span in which the call was made.
    pub span: SpanId,
    /// The flags: bit 0 is `sampled`, bit 1 says that the trace's id is random.
    pub flags: u8,
}

impl TraceParent {
    /// A new trace with its first span.
    ///
    /// Whoever begins one decides for everything below it: most samplers follow the flag of their parent.
    pub fn start(sampled: bool) -> Self {
        let trace = TraceId((u128::from(chance()) << 64) | u128::from(chance()));
        Self { trace, span: SpanId(chance()), flags: 0b10 | u8::from(sampled) }
    }

    /// The same trace with a new span, for whoever records that span. Who records none passes the parent on as it
    /// is: the spans below would hang on one that nobody has.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: SpanId(chance()), ..self }
    }

    /// Reads a header's bytes; `None` if they are no `traceparent`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let version = hex(bytes.get(..2)?)?;
        let whole = match bytes.len() {
            PARENT_BYTES => true,
            longer => longer > PARENT_BYTES && version > 0 && bytes[PARENT_BYTES] == b'-',
        };
        let dashes = [2, 35, 52].iter().all(|&at| bytes.get(at) == Some(&b'-'));
        if !whole || !dashes || version == 0xff {
            return None;
        }
        let trace = hex(&bytes[3..35])?;
        let span = hex(&bytes[36..52])? as u64;
        let flags = hex(&bytes[53..55])? as u8;
        // Flags of a later version may mean something else: only what both know is kept.
        let flags = if version == 0 { flags } else { flags & 0b1 };
        (trace != 0 && span != 0).then_some(Self { trace: TraceId(trace), span: SpanId(span), flags })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// A `traceparent` and the `tracestate` that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The trace and the span.
    pub parent: TraceParent,
    /// What other tracing systems keep beside it, as it came; none if there was none or it is over 4096 bytes.
    state: Option<Arc<str>>,
}

impl Trace {
    /// A trace, with the state that came beside it: printable ASCII of at most 4096 bytes, else it is left out.
    pub fn new(parent: TraceParent, state: Option<&str>) -> Self {
        let fits = |text: &&str| {
            !text.is_empty()
                && text.len() <= MAX_STATE_BYTES
                && text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t'))
        };
        Self { parent, state: state.filter(fits).map(Arc::from) }
    }

    /// The `tracestate`.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// A number from small hexadecimal digits, at most 32 of them.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0u128, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((value << 4) | u128::from(digit))
    })
}

/// A random number that is not 0: SplitMix64 (Steele, Lea, Flood 2014) in each thread, its seed from the system.
fn chance() -> u64 {
    thread_local!(static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0)));
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).max(1)
    })
}

#[cfg(test)]
mod tests;
