//! Decimals against a reference on whole numbers of any size.

use std::str::FromStr;

use proptest::prelude::*;

use super::{Decimal, Rounding};
use crate::{
    contract::Param,
    record::{Fault, Field},
};

#[test]
fn text_is_read_and_written() {
    let read = |text: &str| Decimal::<2>::parse_bytes(text.as_bytes()).map(|d| d.to_string());
    for (text, expected) in [
        ("0", "0.00"),
        ("1234.5", "1234.50"),
        ("-0.01", "-0.01"),
        ("-0", "0.00"),
        (".5", "0.50"),
        ("7.1000", "7.10"),
        ("0000000000000000000000000000000000000000000000001", "1.00"),
        ("1701411834604692317316873037158841057.27", "1701411834604692317316873037158841057.27"),
        ("-1701411834604692317316873037158841057.28", "-1701411834604692317316873037158841057.28"),
    ] {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, fault) in [
        ("", Fault::Empty),
        ("-", Fault::Malformed),
        (".", Fault::Malformed),
        ("5.", Fault::Malformed),
        ("+5", Fault::Malformed),
        ("1e3", Fault::Malformed),
        ("1 ", Fault::Malformed),
        ("1.2.3", Fault::Malformed),
        ("--1", Fault::Malformed),
        ("1.001", Fault::Places),
        ("1701411834604692317316873037158841057.28", Fault::Range),
    ] {
        assert_eq!(read(text), Err(fault), "{text}");
    }
    assert_eq!(format!("{:>8}|{:08}", Decimal::<1>(-15), Decimal::<1>(-15)), "    -1.5|-00001.5");
}

#[test]
fn every_rounding_at_every_kind_of_place() {
    use Rounding::{Ceiling, Down, Floor, HalfEven, HalfUp, Up};
    let rounded = |text: &str, rounding| {
        Decimal::<2>::from_str(text).map(|d| d.round_to::<0>(rounding).mantissa()).unwrap()
    };
    for (text, expected) in [
        //        HalfEven HalfUp Down Up Floor Ceiling
        ("1.49", [1, 1, 1, 2, 1, 2]),
        ("1.50", [2, 2, 1, 2, 1, 2]),
        ("2.50", [2, 3, 2, 3, 2, 3]),
        ("2.51", [3, 3, 2, 3, 2, 3]),
        ("-1.50", [-2, -2, -1, -2, -2, -1]),
        ("-2.50", [-2, -3, -2, -3, -3, -2]),
        ("3.00", [3; 6]),
    ] {
        assert_eq!(
            [HalfEven, HalfUp, Down, Up, Floor, Ceiling].map(|r| rounded(text, r)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_quotient_names_its_places_and_rounding() {
    let (a, b) = (Decimal::<2>(1000), Decimal::<4>(30_000));
    assert_eq!(a.checked_div::<4, 3>(b, Rounding::HalfEven).unwrap().to_string(), "3.333");
    assert_eq!(a.checked_div::<4, 0>(b, Rounding::Up).unwrap().to_string(), "4");
    assert_eq!(a.checked_div::<4, 3>(Decimal::ZERO, Rounding::Down), None);
    assert_eq!(Decimal::<0>::MIN.checked_div::<0, 0>(Decimal(-1), Rounding::Down), None);
}

#[test]
fn an_overflow_panics_in_every_build() {
    assert!(std::panic::catch_unwind(|| Decimal::<2>::MAX + Decimal(1)).is_err());
    assert!(std::panic::catch_unwind(|| Decimal::<2>::MIN - Decimal(1)).is_err());
    assert!(std::panic::catch_unwind(|| -Decimal::<2>::MIN).is_err());
    assert!(std::panic::catch_unwind(|| Decimal::<2>::MAX * 2).is_err());
    assert_eq!(Decimal::<2>::MAX.checked_times::<2, 4>(Decimal(2)), None);
    assert_eq!(Decimal::<2>::MAX.widen::<3>(), None);
}

#[test]
fn parameters_are_texts_or_numbers() {
    let read = |json: &str| Decimal::<2>::from_value(&serde_json::from_str(json).unwrap()).ok().map(|d| d.0);
    assert_eq!(read("\"0.25\""), Some(25));
    assert_eq!(read("0.25"), Some(25));
    assert_eq!(read("3"), Some(300));
    assert_eq!(read("0.001"), None);
    assert_eq!(read("true"), None);
}

#[test]
fn serde_keeps_every_digit() {
    let json = serde_json::to_string(&Decimal::<6>::MIN).unwrap();
    assert_eq!(json, "\"-170141183460469231731687303715884.105728\"");
    assert_eq!(serde_json::from_str::<Decimal<6>>(&json).unwrap(), Decimal::MIN);
    assert_eq!(serde_json::from_str::<Decimal<2>>("7").unwrap(), Decimal(700));
    assert!(serde_json::from_str::<Decimal<2>>("7.5").is_err());
}

/// Magnitudes as base-10,000 digits, the lowest first: slow, simple, and of any size.
mod big {
    pub(super) fn from(mut n: u128) -> Vec<u32> {
        let mut digits = Vec::new();
        while n > 0 {
            digits.push((n % 10_000) as u32);
            n /= 10_000;
        }
        digits
    }

    pub(super) fn times(a: &[u32], b: &[u32]) -> Vec<u32> {
        let mut product = vec![0; a.len() + b.len()];
        for (i, x) in a.iter().enumerate() {
            let mut carry = 0;
            for (j, y) in b.iter().enumerate() {
                let sum = product[i + j] + x * y + carry;
                product[i + j] = sum % 10_000;
                carry = sum / 10_000;
            }
            product[i + b.len()] += carry;
        }
        while product.last() == Some(&0) {
            product.pop();
        }
        product
    }

    /// The text of the number with a point before the last `scale` digits.
    pub(super) fn text(number: &[u32], negative: bool, scale: usize) -> String {
        let digits: String = number.iter().rev().map(|d| format!("{d:04}")).collect();
        let digits = format!("{:0>width$}", digits.trim_start_matches('0'), width = scale + 1);
        let (whole, places) = digits.split_at(digits.len() - scale);
        let sign = if negative && !number.is_empty() { "-" } else { "" };
        if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{places}") }
    }
}

/// Mantissas of all magnitudes.
fn mantissa() -> impl Strategy<Value = i128> {
    (any::<i128>(), 0..127u32).prop_map(|(n, shift)| n >> shift)
}

proptest! {
    #[test]
    fn a_product_is_exact_or_none(a in mantissa(), b in mantissa()) {
        let product = big::times(&big::from(a.unsigned_abs()), &big::from(b.unsigned_abs()));
        let expected = big::text(&product, (a < 0) != (b < 0), 6);
        match Decimal::<2>(a).checked_times::<4, 6>(Decimal(b)) {
            Some(product) => prop_assert_eq!(product.to_string(), expected),
            None => prop_assert!(Decimal::<6>::parse_bytes(expected.as_bytes()) == Err(Fault::Range)),
        }
    }

    #[test]
    fn text_comes_back(a in mantissa()) {
        let text = Decimal::<5>(a).to_string();
        prop_assert_eq!(&text, &big::text(&big::from(a.unsigned_abs()), a < 0, 5));
        prop_assert_eq!(text.parse(), Ok(Decimal::<5>(a)));
        let mut bytes = Vec::new();
        Decimal::<5>(a).encode(&mut bytes);
        prop_assert_eq!(Field::hash(&Decimal::<5>(a)), crate::record::hash_bytes(&a.to_le_bytes()));
        prop_assert_eq!(<Decimal<5> as Field>::decode(&mut &bytes[..]), Ok(Decimal::<5>(a)));
    }

    #[test]
    fn sums_are_exact(numbers in prop::collection::vec(any::<i64>(), 0..50)) {
        let expected: i128 = numbers.iter().map(|n| i128::from(*n)).sum();
        let decimals: Vec<Decimal<3>> = numbers.iter().map(|n| Decimal(i128::from(*n))).collect();
        prop_assert_eq!(decimals.iter().sum::<Decimal<3>>(), Decimal(expected));
        let negated: Decimal<3> = decimals.into_iter().map(|d| -d).sum();
        prop_assert_eq!(negated, Decimal(-expected));
    }

    #[test]
    fn rounding_is_within_one_and_on_its_side(a in mantissa()) {
        let exact = Decimal::<3>(a);
        for rounding in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down, Rounding::Up, Rounding::Floor, Rounding::Ceiling] {
            let Some(back) = exact.round_to::<1>(rounding).widen::<3>() else { continue };
            let off = back.0 - a;
            prop_assert!(off.abs() < 100);
            match rounding {
                Rounding::HalfEven | Rounding::HalfUp => prop_assert!(off.abs() <= 50),
                Rounding::Down => prop_assert!(off == 0 || (off < 0) == (a > 0)),
                Rounding::Up => prop_assert!(off == 0 || (off > 0) == (a > 0)),
                Rounding::Floor => prop_assert!(off <= 0),
                Rounding::Ceiling => prop_assert!(off >= 0),
            }
        }
    }
}
