//! The examples and the rules of the W3C standard, case by case.

use proptest::prelude::*;

use super::*;

/// Key, value and properties of each member.
type Read = Vec<(String, Option<String>, Vec<(String, Option<String>)>)>;

fn read(lines: &[&str]) -> (Read, u64) {
    let stats = DyeStats::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let baggage = Baggage::read(lines.iter().map(|line| line.as_bytes()), &stats);
    let members = baggage.iter().map(|member| {
        let properties =
            member.properties().map(|p| (text(p.key()), p.value().map(Cow::into_owned))).collect();
        (text(member.key()), member.value().map(Cow::into_owned), properties)
    });
    (members.collect(), stats.get(Event::BadBaggage))
}

/// What lines hold, written as `key=value;property;property=value` with everything decoded, and blanks between.
#[track_caller]
fn holds(lines: &[&str], expected: &str) {
    let (members, bad) = read(lines);
    let shown: Vec<String> = members
        .iter()
        .map(|(key, value, properties)| {
            let pair = |key: &str, value: &Option<String>| match value {
                Some(value) => format!("{key}={value}"),
                None => key.to_owned(),
            };
            let all = std::iter::once(pair(key, value)).chain(properties.iter().map(|(k, v)| pair(k, v)));
            all.collect::<Vec<_>>().join(";")
        })
        .collect();
    assert_eq!((shown.join(" | "), bad), (expected.to_owned(), 0), "{lines:?}");
}

#[test]
fn the_standards_examples() {
    holds(
        &["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"],
        "key1=value1;property1;property2 | key2=value2 | key3=value3;propertyKey=propertyValue",
    );
    let entries = "userId=alice | serverNode=DF 28 | isProduction=false";
    holds(&["userId=alice,serverNode=DF%2028,isProduction=false"], entries);
    holds(&["userId=alice", "serverNode=DF%2028,isProduction=false"], entries);
    holds(&["userId =   alice", "serverNode = DF%2028, isProduction = false"], entries);
    holds(
        &["userId=Am%C3%A9lie,serverNode=DF%2028,isProduction=false"],
        "userId=Amélie | serverNode=DF 28 | isProduction=false",
    );
}

#[test]
fn the_standards_rules() {
    // Blanks and tabs around every separator are no part of anything.
    holds(
        &[
            "SomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t K2 \t = \t V2 \t ; \t ValueProp \t = \t PropVal",
        ],
        "SomeKey=SomeValue;SomeProp | K2=V2;ValueProp=PropVal",
    );
    // A value may have any number of equal signs, also at its end.
    holds(&["a=b=c,d==,e=f;g=h=i"], "a=b=c | d== | e=f;g=h=i");
    // A value may be empty.
    holds(&["a=,b=;c"], "a= | b=;c");
    // Keys may be there twice, and their order is kept.
    holds(&["a=1,b=2", "a=3"], "a=1 | b=2 | a=3");
    // Case matters in keys.
    holds(&["Dye=x,DYE=y"], "Dye=x | DYE=y");
    // Octets that are not UTF-8 are replaced.
    holds(&["a=%ff%41"], "a=\u{fffd}A");
    // A percent sign stands encoded; small and capital digits are the same.
    holds(&["a=100%25,b=%c3%A9"], "a=100% | b=é");
    // Lists may have empty elements (RFC 9110, section 5.6.1).
    holds(&[",, a=1 , ,b=2,", "", " "], "a=1 | b=2");
}

#[test]
fn what_is_not_of_the_form_is_counted_and_passed_on() {
    for line in ["a", "=b", "a b=c", "a=b c", "a=\"b\"", "a=b\\c", "a=é", "a=b;=c", "a=b;", "a=b;c d", ";a=b"]
    {
        let (members, bad) = read(&[line, "good=1"]);
        assert_eq!((members.len(), bad), (2, 1), "{line}");
    }
    // No header can hold these.
    for line in ["a=b\r\nevil: yes", "a=\0", "a=\x7f"] {
        let (members, bad) = read(&[line, "good=1"]);
        assert_eq!((members.len(), bad), (1, 1), "{line:?}");
    }
}

#[test]
fn a_percent_sign_that_encodes_nothing_stands_for_itself() {
    for (raw, expected) in [("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%%41", "%A"), ("%é", "%é")] {
        assert_eq!(decoded(raw.as_bytes()), expected, "{raw}");
    }
}

#[test]
fn the_dye_is_no_foreign_member() {
    let (members, bad) = read(&["a=1, dye = fund-income ,b=2"]);
    let keys: Vec<&str> = members.iter().map(|(key, ..)| key.as_str()).collect();
    assert_eq!((keys, bad), (vec!["a", "b"], 0));
}

#[test]
fn limits_leave_out_whole_members() {
    let kept = |line: &str| {
        let stats = DyeStats::new();
        let baggage = Baggage::read([line.as_bytes()].into_iter(), &stats);
        (baggage.iter().count(), stats.get(Event::OverLimit))
    };
    let many = |n: usize| (0..n).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(kept(&many(64)), (64, 0));
    assert_eq!(kept(&many(70)), (64, 6));
    // Two members and their comma are 8192 bytes, then 8193; a small one after a large one still fits.
    let long = |n: usize| format!("a={},b={}", "x".repeat(4000), "y".repeat(n));
    assert_eq!(kept(&long(8192 - 4005)), (2, 0));
    assert_eq!(kept(&long(8193 - 4005)), (1, 1));
    assert_eq!(kept(&format!("{},c=1", long(8193 - 4005))), (2, 1));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..4)) {
        let baggage = Baggage::read(lines.iter().map(Vec::as_slice), &DyeStats::new());
        for member in baggage.iter() {
            let _ = (member.key(), member.value());
            for property in member.properties() {
                let _ = (property.key(), property.value());
            }
        }
    }

    #[test]
    fn members_stay_as_they_came(members in proptest::collection::vec("[a-z]{4,8}=[!#-+.-:<-\\[\\]-~]{0,12}(;[a-z]=[0-9%]{1,4})?", 0..20)) {
        let line = members.join(", ");
        let stats = DyeStats::new();
        let baggage = Baggage::read([line.as_bytes()].into_iter(), &stats);
        let texts: Vec<&[u8]> = baggage.iter().map(Member::text).collect();
        prop_assert_eq!(texts, members.iter().map(String::as_bytes).collect::<Vec<_>>());
        prop_assert_eq!(stats.get(Event::BadBaggage), 0);
    }
}
