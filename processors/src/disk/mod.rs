//! The file layer: every write and every sync of Dyeline goes through it, so that a test can cut the power anywhere.
//!
//! [`OsDisk`] is the operating system's; the tests bring one that forgets at a crash whatever was not synced.

mod calls;
mod layer;
mod point;
mod real;

pub use calls::*;
pub use layer::{Disk, DiskFile, Open};
pub use point::SyncPoint;
pub use real::OsDisk;
