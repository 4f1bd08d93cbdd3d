//! Who comes through an edge with a dye, and who without.

use http::HeaderMap;

use super::*;
use crate::propagate::{DyeStats, Edge, Event, read};

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn key(id: &str) -> EdgeKey {
    EdgeKey::new(id, SECRET).unwrap()
}

/// What a partner sends.
fn sent(dye: &str, roll: Option<u64>) -> HeaderMap {
    let dye: Dye = dye.parse().unwrap();
    let proof = key("bank").prove(&dye, roll.map(Roll), NOW, 60).unwrap();
    let mut map = HeaderMap::new();
    map.insert("x-dye", dye.as_str().parse().unwrap());
    map.insert("x-dye-mac", proof);
    map.insert("x-dye-from", "evil/admin".parse().unwrap());
    if let Some(roll) = roll {
        map.insert("x-dye-roll", roll.into());
    }
    map
}

/// The dye behind the edge, and what was counted.
fn admitted(mut map: HeaderMap, now: u64) -> (Option<String>, u64) {
    let stats = DyeStats::new();
    Edge::Verify(EdgeKeys::new([key("old"), key("bank")])).admit(&mut map, now, &stats);
    assert!(!map.contains_key("x-dye-mac") && !map.contains_key("x-dye-from"), "{map:?}");
    (read(&map, &stats).dye.map(|dye| dye.to_string()), stats.get(Event::VerifyFailed))
}

#[test]
fn a_proof_holds_until_it_ends() {
    let through = (Some("a@1:7".to_owned()), 0);
    assert_eq!(admitted(sent("a@1:7", None), NOW), through);
    assert_eq!(admitted(sent("a@1:7", Some(3)), NOW + 60), through);
    assert_eq!(admitted(sent("a@1:7", None), NOW + 61), (None, 1));
    assert_eq!(admitted(sent("a@1:7", None), NOW - MAX_VALID_S), (None, 1));
    assert_eq!(key("bank").prove(&"a".parse().unwrap(), None, NOW, MAX_VALID_S + 1), None);
    assert_eq!(key("bank").prove(&"a".parse().unwrap(), None, u64::MAX, 1), None);
}

#[test]
fn whatever_is_changed_is_not_vouched_for() {
    let changed = |change: &dyn Fn(&mut HeaderMap)| {
        let mut map = sent("a@1:7", Some(3));
        change(&mut map);
        assert_eq!(admitted(map.clone(), NOW), (None, 1), "{map:?}");
    };
    let proof = sent("a@1:7", Some(3))["x-dye-mac"].to_str().unwrap().to_owned();
    changed(&|map| drop(map.insert("x-dye", "a@1:8".parse().unwrap())));
    changed(&|map| drop(map.remove("x-dye")));
    changed(&|map| drop(map.insert("x-dye-roll", 4.into())));
    changed(&|map| drop(map.remove("x-dye-roll")));
    changed(&|map| assert!(map.append("x-dye-roll", 3.into())));
    changed(&|map| drop(map.remove("x-dye-mac")));
    changed(&|map| assert!(map.append("x-dye-mac", proof.parse().unwrap())));
    for (from, to) in [
        ("1.bank.", "2.bank."),
        ("1.bank.", "1.old."),
        ("1.bank.", "1.none."),
        (".1800000060.", ".1800000061."),
        (".1800000060.", ".01800000060."),
        (".1800000060.", ".18000000600."),
        (".1800000060.", ".-1."),
    ] {
        changed(&|map| drop(map.insert("x-dye-mac", proof.replacen(from, to, 1).parse().unwrap())));
    }
    for at in [proof.len() - 1, proof.len() - 64] {
        let other = if proof.as_bytes()[at] == b'0' { "1" } else { "0" };
        let flipped = format!("{}{other}{}", &proof[..at], &proof[at + 1..]);
        changed(&|map| drop(map.insert("x-dye-mac", flipped.parse().unwrap())));
    }
    for tail in ["0", "00", ".x"] {
        changed(&|map| drop(map.insert("x-dye-mac", format!("{proof}{tail}").parse().unwrap())));
    }
    changed(&|map| drop(map.insert("x-dye-mac", proof[..proof.len() - 2].parse().unwrap())));
    changed(&|map| drop(map.insert("x-dye-mac", proof.to_uppercase().parse().unwrap())));
}

#[test]
fn baggage_says_what_was_vouched_for() {
    let mut map = sent("a@1:7", None);
    map.insert("baggage", "x=1,dye=b:9".parse().unwrap());
    Edge::Verify(EdgeKeys::new([key("bank")])).admit(&mut map, NOW, &DyeStats::new());
    assert_eq!(map["baggage"], "dye=a@1:7,x=1");
}

#[test]
fn the_published_example_holds() {
    // The example of `docs/lanes/dye.md`, recomputed with another library.
    let proof = key("bank").prove(&"fund-income@2:01J9Z".parse().unwrap(), Some(Roll(31)), NOW, 0).unwrap();
    let page = include_str!("../../../../../docs/lanes/dye.md");
    assert!(page.contains(proof.to_str().unwrap()), "{proof:?}");
}

#[test]
fn strip_and_trust_are_what_they_say() {
    let stats = DyeStats::new();
    let mut map = sent("a", None);
    Edge::Trust.admit(&mut map, NOW, &stats);
    assert_eq!(map, sent("a", None));
    Edge::Strip.admit(&mut map, NOW, &stats);
    assert!(map.is_empty());
    Edge::default().admit(&mut map, NOW, &stats);
    assert_eq!(stats.get(Event::Stripped), 1);
}

#[test]
fn a_key_is_told_by_its_place_and_never_shown() {
    assert_eq!(format!("{:?}", EdgeKeys::new([key("bank")])), "EdgeKeys { keys: [EdgeKey(bank)] }");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, [SECRET, b"\n"].concat()).unwrap();
    let from = |reference: &str| EdgeKey::from_reference("bank", reference);
    assert_eq!(&*from(&format!("file:{}", path.display())).unwrap().secret, SECRET);
    let why = |reference: &str| from(reference).unwrap_err().to_string();
    assert_eq!(
        why("env:DYELINE_NO_SUCH"),
        "the key `bank` cannot be used: the environment has no `DYELINE_NO_SUCH`"
    );
    assert_eq!(why("s3cret"), "the key `bank` cannot be used: it is neither `env:NAME` nor `file:PATH`");
    assert!(
        why("file:/no/such").starts_with("the key `bank` cannot be used: the file /no/such cannot be read: ")
    );
    let short = EdgeKey::new("bank", b"s3cret").unwrap_err().to_string();
    assert_eq!(short, "the key `bank` cannot be used: it has 6 bytes, and needs 32");
    assert!(EdgeKey::new("a.b", SECRET).is_err());
}
