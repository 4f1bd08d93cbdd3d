//! The adapters of [`Aggregate`]: four ways to the same result, chosen by where the node stands in the plan.
//!
//! ```text
//!   sorted by its key ──────────────── Sorted     one key at a time, nothing to remember but that
//!   one shard has all items ────────── Whole      a table
//!   else  Combine ──exchange──▶ Merge             partial results, then a table of them
//! ```

mod combine;
mod hasher;
mod order;
mod sorted;
mod table;
mod whole;

use crate::contract::{Aggregate, BuildArgs, Node, roles::Stateful};

/// A node of an aggregate.
pub fn aggregate<A: Aggregate + Stateful>(aggregate: A, args: &BuildArgs<'_>) -> Node {
    if args.merge {
        Node::Process(Box::new(whole::Whole::merging(aggregate)))
    } else if args.combine {
        Node::Process(Box::new(combine::Combine::new(aggregate)))
    } else if let Some(key) = args.sorted_by {
        Node::Process(Box::new(sorted::Sorted::new(aggregate, key)))
    } else {
        Node::Process(Box::new(whole::Whole::new(aggregate)))
    }
}
