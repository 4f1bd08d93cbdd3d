//! The dye: the tag that marks all traffic of one chain, and what travels beside it.
//!
//! A [`Dye`] names the chain, its version and the job; a [`Roll`] places the job among weighted groups; a [`Trace`] is
//! the W3C one; an [`Origin`] says who calls. A [`Lane`] is all of these together, as a piece of work carries them. How
//! they stand in headers and messages is in [`propagate`](crate::propagate).

mod error;
mod lane;
mod origin;
mod roll;
mod tag;
mod trace;

pub use error::{BadDye, BadRoll};
pub use lane::Lane;
pub use origin::Origin;
pub use roll::Roll;
pub use tag::{Dye, MAX_DYE_BYTES};
pub use trace::{SpanId, Trace, TraceId, TraceParent};
