//! Splitters that look at their parameters only: `list-split`, `range-split`, `hash-split`.

use std::path::PathBuf;

use super::{
    params::{ParamReader, param},
    shards::{HashShard, ListShard, MAX_SHARDS, NumberRange, ShardCount},
};
use crate::contract::{
    BuildArgs, Context, Node, ParamType, ProcessorType, Result, Role, SplitNode, StateKind,
    registry::BuildError,
};

inventory::submit! {
    ProcessorType {
        name: "list-split",
        role: Role::Splitter,
        doc: "Makes a shard of every entry of a list, or of several neighbouring ones.",
        params: list_params,
        inputs: &[],
        outputs: &[],
        shard: Some("ListShard"),
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build: build_list,
        defined_at: concat!(file!(), ":", line!()),
    }
}

inventory::submit! {
    ProcessorType {
        name: "range-split",
        role: Role::Splitter,
        doc: "Cuts the whole numbers from `from` up to, but without, `to` into ranges of about the same length.",
        params: range_params,
        inputs: &[],
        outputs: &[],
        shard: Some("NumberRange"),
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build: build_range,
        defined_at: concat!(file!(), ":", line!()),
    }
}

inventory::submit! {
    ProcessorType {
        name: "hash-split",
        role: Role::Splitter,
        doc: "Makes a shard of every residue of a key's hash (xxh3-64, seed 0): for loaders that can select keys by it.",
        params: hash_params,
        inputs: &[],
        outputs: &[],
        shard: Some("HashShard"),
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build: build_hash,
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn list_params() -> Vec<ParamType> {
    vec![
        param::<Vec<String>>("items", None, "The entries, at least one."),
        param::<Option<ShardCount>>(
            "shards",
            None,
            "How many shards to make at most; one for each entry if absent.",
        ),
    ]
}

fn build_list(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let items: Option<Vec<String>> = read.required("items");
    let shards: Option<ShardCount> = read.or("shards", None);
    match (items.as_ref().map_or(1, Vec::len), shards) {
        (0, _) => read.mistake("items", "the list is empty: give at least one entry"),
        (many, None) if many > MAX_SHARDS as usize => {
            read.mistake(
                "items",
                format!("{many} entries make {many} shards, the limit is 100,000: give `shards`"),
            );
        }
        _ => {}
    }
    read.finish(
        items.map(|items| Plain::List { items, shards: shards.map_or(MAX_SHARDS, ShardCount::get) }.node()),
    )
}

fn range_params() -> Vec<ParamType> {
    vec![
        param::<i64>("from", Some("0"), "The first number."),
        param::<i64>("to", None, "Behind the last number."),
        param::<ShardCount>("shards", Some("64"), "How many shards to make at most, from 1 to 100,000."),
    ]
}

fn build_range(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let from = read.or("from", 0);
    let to: Option<i64> = read.required("to");
    let shards = read.or("shards", ShardCount::SOME).get();
    if let Some(to) = to.filter(|to| *to < from) {
        read.mistake("to", format!("{to} is before {from}, where the range begins"));
    }
    read.finish(to.map(|to| Plain::Range { from, to, shards }.node()))
}

fn hash_params() -> Vec<ParamType> {
    vec![param::<ShardCount>("shards", Some("64"), "How many shards to make, from 1 to 100,000.")]
}

fn build_hash(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let shards = read.or("shards", ShardCount::SOME).get();
    read.finish(Some(Plain::Hash { shards }.node()))
}

enum Plain {
    List { items: Vec<String>, shards: u32 },
    Range { from: i64, to: i64, shards: u32 },
    Hash { shards: u32 },
}

impl Plain {
    fn node(self) -> Node {
        Node::Split(Box::new(self))
    }
}

impl SplitNode for Plain {
    fn inputs(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn split(&mut self, _cx: &Context) -> Result<Vec<Vec<u8>>> {
        let shards: serde_json::Result<Vec<Vec<u8>>> = match self {
            Self::List { items, shards } => {
                let shard =
                    |(from, to): (u64, u64)| ListShard { items: items[from as usize..to as usize].to_vec() };
                even(items.len() as u64, *shards).map(|part| serde_json::to_vec(&shard(part))).collect()
            }
            Self::Range { from, to, shards } => {
                let shard = |(start, end): (u64, u64)| NumberRange {
                    from: from.wrapping_add_unsigned(start),
                    to: from.wrapping_add_unsigned(end),
                };
                even(to.abs_diff(*from), *shards).map(|part| serde_json::to_vec(&shard(part))).collect()
            }
            Self::Hash { shards } => {
                let shards = *shards;
                (0..shards).map(|residue| serde_json::to_vec(&HashShard { residue, shards })).collect()
            }
        };
        Ok(shards?)
    }
}

/// Cuts `0..len` into at most `shards` parts whose lengths differ by one at most; one empty part if `len` is 0.
fn even(len: u64, shards: u32) -> impl Iterator<Item = (u64, u64)> {
    let parts = u64::from(shards).min(len).max(1);
    let bound = move |n: u64| (u128::from(len) * u128::from(n) / u128::from(parts)) as u64;
    (0..parts).map(move |n| (bound(n), bound(n + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_parts_cover_everything_once() {
        for (len, shards) in [(0, 1), (0, 9), (1, 9), (9, 9), (10, 3), (u64::MAX, 7), (100_000, 100_000)] {
            let parts: Vec<_> = even(len, shards).collect();
            assert_eq!(parts.len() as u64, u64::from(shards).min(len).max(1));
            assert_eq!((parts[0].0, parts[parts.len() - 1].1), (0, len));
            assert!(parts.windows(2).all(|w| w[0].1 == w[1].0));
            let lens = parts.iter().map(|(from, to)| to - from);
            assert!(lens.clone().max().unwrap() - lens.min().unwrap() <= 1, "{len} {shards}");
        }
    }
}
