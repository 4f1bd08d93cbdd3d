//! The edge: what happens to dyes that come from outside.

mod policy;

#[cfg(feature = "mac")]
mod key;
#[cfg(feature = "mac")]
mod mac;

#[cfg(feature = "mac")]
pub use key::{BadKey, EdgeKey, EdgeKeys};
#[cfg(feature = "mac")]
pub use mac::MAX_VALID_S;
pub use policy::Edge;
