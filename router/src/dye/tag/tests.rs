//! What is a dye, and what is none.

use proptest::prelude::*;

use super::*;

type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

#[track_caller]
fn reads(text: &str, parts: Parts<'_>) {
    let dye: Dye = text.parse().unwrap();
    assert_eq!((dye.chain(), dye.version(), dye.job()), parts, "{text}");
    assert_eq!(dye.to_string(), text);
    assert_eq!(Dye::new(parts.0, parts.1, parts.2).unwrap(), dye);
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let bad = text.parse::<Dye>().unwrap_err();
    assert_eq!(bad.why(), why, "{text}");
}

#[test]
fn a_dye_has_a_chain_and_may_have_more() {
    reads("fund-income", ("fund-income", None, None));
    reads("fund-income@2", ("fund-income", Some("2"), None));
    reads("fund-income:01J9Z", ("fund-income", None, Some("01J9Z")));
    reads("fund-income@v2.1_rc-3:01J9Z", ("fund-income", Some("v2.1_rc-3"), Some("01J9Z")));
    reads("a:b:c@d", ("a", None, Some("b:c@d")));
    reads("a@1:b@2:c", ("a", Some("1"), Some("b@2:c")));
    assert_eq!("a:b".parse::<Dye>().unwrap().iteration(), "a");
    assert_eq!("a@1:b".parse::<Dye>().unwrap().iteration(), "a@1");
}

#[test]
fn anything_else_is_refused_with_its_reason() {
    const CHAIN: &str = "a chain's name has small letters, digits and `-` only";
    const VERSION: &str = "a version has letters, digits, `.`, `_` and `-` only";
    const JOB: &str = "a job's id has letters, digits, `.`, `_`, `:`, `@` and `-` only";
    for (text, why) in [
        ("", "it names no chain"),
        (":01J9Z", "it names no chain"),
        ("@2", "it names no chain"),
        ("Fund", CHAIN),
        ("fund income", CHAIN),
        (" fund", CHAIN),
        ("fund_income", CHAIN),
        ("fund%402", CHAIN),
        ("fünd", CHAIN),
        ("a@", "nothing stands after `@`"),
        ("a@:b", "nothing stands after `@`"),
        ("a@1@2", VERSION),
        ("a@1 ", VERSION),
        ("a:", "nothing stands after `:`"),
        ("a@1:", "nothing stands after `:`"),
        ("a:b c", JOB),
        ("a:b,a:b", JOB),
        ("a:b\r\nx: y", JOB),
        (&format!("a@{}", "1".repeat(33)), "its version is over 32 bytes"),
        (&format!("a:{}", "1".repeat(127)), "it is over 128 bytes"),
    ] {
        refused(text, why);
    }
    reads(&format!("a:{}", "1".repeat(126)), ("a", None, Some(&"1".repeat(126))));
}

#[test]
fn parts_cannot_smuggle_other_parts_in() {
    assert!(Dye::new("a:b", None, None).is_err());
    assert!(Dye::new("a@1", None, None).is_err());
    assert!(Dye::new("a", Some("1:b"), None).is_err());
    assert!(Dye::new("a", Some(""), None).is_err());
    assert!(Dye::new("a", None, Some("")).is_err());
    assert!(Dye::new("", None, Some("b")).is_err());
}

#[test]
fn a_message_shows_no_more_than_the_beginning_and_nothing_raw() {
    let bad = Dye::from_bytes(b"\x1b[31mred\xff").unwrap_err();
    insta::assert_snapshot!(bad, @r"`\x1b[31mred\xff` is not a dye: a chain's name has small letters, digits and `-` only");
    let long = "x".repeat(200).parse::<Dye>().unwrap_err().to_string();
    assert_eq!(long, format!("`{}…` is not a dye: it is over 128 bytes", "x".repeat(48)));
}

proptest! {
    #[test]
    fn parts_come_back(
        chain in "[a-z0-9-]{1,40}",
        version in proptest::option::of("[A-Za-z0-9._-]{1,32}"),
        job in proptest::option::of("[A-Za-z0-9._:@-]{1,50}"),
    ) {
        let dye = Dye::new(&chain, version.as_deref(), job.as_deref()).unwrap();
        prop_assert_eq!(dye.chain(), &chain);
        prop_assert_eq!(dye.version(), version.as_deref());
        prop_assert_eq!(dye.job(), job.as_deref());
        prop_assert!(dye.as_str().starts_with(dye.iteration()));
        prop_assert_eq!(&dye.as_str().parse::<Dye>().unwrap(), &dye);
    }

    #[test]
    fn whatever_is_read_is_written_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..160)) {
        if let Ok(dye) = Dye::from_bytes(&bytes) {
            prop_assert_eq!(dye.as_str().as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn what_nearly_is_a_dye_never_panics(text in "[a-z@:. -]{0,20}") {
        if let Ok(dye) = text.parse::<Dye>() {
            prop_assert_eq!(Dye::new(dye.chain(), dye.version(), dye.job()), Ok(dye));
        }
    }
}
