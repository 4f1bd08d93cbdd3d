//! Rolls, and the vectors that are published for other languages.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../../docs/lanes/roll-vectors.json");

#[test]
fn the_published_vectors_hold() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let jobs = vectors["jobs"].as_array().unwrap();
    assert!(jobs.len() >= 20);
    for vector in jobs {
        let (job, roll) = (vector["job"].as_str().unwrap(), vector["roll"].as_str().unwrap());
        assert_eq!(Roll::of_job(job).to_string(), roll, "{job:?}");
        for choice in vector["of"].as_array().into_iter().flatten() {
            let sum = choice["sum"].as_u64().unwrap();
            assert_eq!(Roll::of_job(job).0 % sum, choice["is"].as_u64().unwrap(), "{job:?} of {sum}");
        }
    }
    for text in vectors["refused"].as_array().unwrap() {
        assert!(text.as_str().unwrap().parse::<Roll>().is_err(), "{text}");
    }
}

#[test]
fn only_one_text_is_a_number() {
    for (text, why) in [
        ("", "it is empty"),
        ("00", "it begins with a zero"),
        ("07", "it begins with a zero"),
        ("+1", "it has something else than digits"),
        ("-1", "it has something else than digits"),
        ("0x1f", "it begins with a zero"),
        ("1 ", "it has something else than digits"),
        ("1,1", "it has something else than digits"),
        ("１", "it has something else than digits"),
        ("18446744073709551616", "it is above 18446744073709551615"),
        ("99999999999999999999999", "it is above 18446744073709551615"),
    ] {
        assert_eq!(text.parse::<Roll>().unwrap_err().why(), why, "{text}");
    }
    assert_eq!("18446744073709551615".parse(), Ok(Roll(u64::MAX)));
    assert_eq!("0".parse(), Ok(Roll(0)));
}

proptest! {
    #[test]
    fn a_roll_comes_back(value: u64) {
        prop_assert_eq!(Roll(value).to_string().parse::<Roll>(), Ok(Roll(value)));
    }

    #[test]
    fn whatever_is_read_is_written_as_it_was(text in "[0-9+x -]{0,22}") {
        if let Ok(roll) = text.parse::<Roll>() {
            prop_assert_eq!(roll.to_string(), text);
        }
    }
}
