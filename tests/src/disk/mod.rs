//! A disk in memory that forgets at a crash what was not synced.
//!
//! It models what a file system may do, not what one usually does. Until a sync, of the writes to a file any subset
//! survives, in pieces of a sector; so do lengths, and the entries of folders. A file's sync says nothing about its
//! name; a folder's sync says nothing about the content of its files. After a sync that failed, what it should have
//! kept is taken for clean and never kept by a later one, as Linux does.
//!
//! It can also be full, fail a chosen call, lose its power after a chosen number of calls, and leave out the syncs of
//! chosen points, so that a test can show that each is needed.

mod faults;
mod file;
mod forgetful;
mod names;
mod proofs;
mod random;

pub use faults::{Call, Failure, Fault};
pub use forgetful::ForgetfulDisk;
pub use proofs::{PROOFS, Proof, unproven};
pub use random::Random;
