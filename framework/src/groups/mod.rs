//! What starts where: the things of a program that can start, matched with the groups of the rules.

mod inventory;
mod show;

pub use inventory::{Inventory, code, groups, table, word};
pub use show::{GroupStarts, starts, starts_text};
