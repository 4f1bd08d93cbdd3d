//! The splitters that look at their parameters only, and `range-load`.

use dyeline_processors::builtin::{
    Number,
    shards::{HashShard, ListShard, NumberRange},
};
use serde_json::{Value, json};

use crate::shared::{build, context, load_all, loader, run, split};

fn shards<T: serde::de::DeserializeOwned>(name: &str, params: Value) -> Vec<T> {
    split(name, params).unwrap().iter().map(|s| serde_json::from_slice(s).unwrap()).collect()
}

#[test]
fn a_list_is_split_in_its_order() {
    let items =
        |params| shards::<ListShard>("list-split", params).into_iter().map(|s| s.items).collect::<Vec<_>>();
    assert_eq!(items(json!({ "items": ["a", "b", "c"] })), [["a"], ["b"], ["c"]]);
    let two = items(json!({ "items": ["a", "b", "c"], "shards": 2 }));
    assert_eq!(two.concat(), ["a", "b", "c"]);
    assert_eq!(two.len(), 2);
}

#[test]
fn keys_are_split_by_the_residue_of_their_hash() {
    let shards = shards::<HashShard>("hash-split", json!({ "shards": 3 }));
    assert_eq!(shards, [0, 1, 2].map(|residue| HashShard { residue, shards: 3 }));
    assert_eq!(shards.iter().filter(|s| s.holds(b"some key")).count(), 1);
}

#[test]
fn a_range_is_split_loaded_and_resumed() {
    let params = json!({ "from": -5, "to": 20, "shards": 4 });
    let parts = split("range-split", params).unwrap();
    assert_eq!(parts.len(), 4);
    let cx = context(4);
    let mut values = Vec::new();
    for part in &parts {
        let mut load = loader("range-load", json!({}), None);
        load.open(Some(part), None, &cx).unwrap();
        let mut run = run(&cx);
        let chunks = load_all::<Number>(&mut *load, &mut run);
        let numbers = chunks.concat();
        assert_eq!((run.counts.read, run.counts.emitted), (numbers.len() as u64, numbers.len() as u64));
        for done in 0..chunks.len() {
            let mut first = loader("range-load", json!({}), None);
            first.open(Some(part), None, &cx).unwrap();
            let mut chunk = first.chunk();
            for _ in 0..done {
                first.load(&mut chunk, &mut crate::shared::run(&cx)).unwrap();
            }
            let mut cursor = Vec::new();
            first.save(&mut cursor).unwrap();
            let mut second = loader("range-load", json!({}), None);
            second.open(Some(part), Some(&cursor), &cx).unwrap();
            assert_eq!(load_all::<Number>(&mut *second, &mut crate::shared::run(&cx)), &chunks[done..]);
        }
        values.extend(numbers.iter().map(|n| n.value));
    }
    assert_eq!(values, (-5..20).collect::<Vec<_>>());
}

#[test]
fn a_hundred_thousand_shards_are_made_of_one_number_each() {
    let shards = shards::<NumberRange>("range-split", json!({ "to": 100_000, "shards": 100_000 }));
    assert_eq!(shards.len(), 100_000);
    assert!(shards.iter().zip(0..).all(|(s, n)| (s.from, s.to) == (n, n + 1)));
}

#[test]
fn bad_parameters_are_refused() {
    let cases = [
        ("range-split", json!({ "from": 5, "to": 4 }), "to: 4 is before 5, where the range begins"),
        ("range-split", json!({}), "to: the parameter `to` (integer) must be given"),
        (
            "hash-split",
            json!({ "shards": 0 }),
            "shards: expected a number of shards from 1 to 100,000, found the number 0",
        ),
        ("list-split", json!({ "items": [] }), "items: the list is empty: give at least one entry"),
    ];
    for (name, params, expect) in cases {
        let error = build(name, params, None).err();
        assert_eq!(error.as_deref(), Some(expect));
    }
}
