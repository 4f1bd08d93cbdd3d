//! Chain files: what is wrong with them is said, what is right is resolved, planned and shown.

mod catalog;
mod mistakes;
mod resolved;
mod shown;
