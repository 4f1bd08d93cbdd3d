//! Parameters of a chain: declared, given, typed, resolved.

mod date;
mod declare;
mod given;
mod kind;

pub use declare::ParamDecl;
pub use given::Given;
pub use kind::ParamKind;

pub(super) use declare::declared;
pub(super) use given::{Settled, settle};
pub(super) use kind::absolute;
