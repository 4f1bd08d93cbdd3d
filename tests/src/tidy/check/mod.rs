//! One file for each convention, each with functions from a tree to what breaks it.

mod codes;
mod edges;
mod invariants;
mod layout;
mod links;
mod modules;
mod names;
mod pages;
mod purity;
mod reserved;
mod sizes;
mod syncs;

pub use codes::{codes, error_codes};
pub use edges::{Package, closure, edges, outside, packages};
pub use invariants::invariants;
pub use layout::layout;
pub use links::links;
pub use modules::{module_docs, tables_of_contents};
pub use names::{attributes, names, sleeps, unfinished};
pub use pages::{commands, exit_codes};
pub use purity::{disk_layer, purity};
pub use reserved::reserved_keys;
pub use sizes::{FILE_LINES, FUNCTION_LINES, file_sizes, function_sizes};
pub use syncs::{sync_points, syncs_elsewhere};
