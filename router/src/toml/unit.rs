//! Durations, ranges of them, and shares, as they are written in files.

use std::time::Duration;

const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// What a duration looks like, for messages.
pub(super) const DURATION_SHAPE: &str = "a number and a unit: `200ms`, `30s`, `5m`, `24h`, `7d`";

/// Reads `200ms`, `30s`, `1.5s`, `5m`, `24h`, `7d` or several of them, such as `1h30m`.
///
/// # Errors
/// A lowercase fragment that says why it is none.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("it is empty".into());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        if number.is_empty() {
            return Err("it has to start with a number".into());
        }
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(if unit.is_empty() {
                "it has no unit".into()
            } else {
                format!("`{unit}` is not a unit")
            });
        };
        let Some(ms) = scaled(number, *scale) else {
            return Err(format!("`{number}{unit}` is not a whole number of milliseconds that fits"));
        };
        total = total.checked_add(ms).ok_or("it is too long")?;
        rest = next.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// `number * scale`, exactly, for a decimal number.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let mut value = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    if number.contains('.') {
        let digits = u32::try_from(fraction.len()).ok().filter(|n| (1..=9).contains(n))?;
        let part = fraction.parse::<u64>().ok()?.checked_mul(scale)?;
        let unit = 10u64.pow(digits);
        if part % unit != 0 {
            return None;
        }
        value = value.checked_add(part / unit)?;
    }
    Some(value)
}

/// Reads `200ms..30s`: the shortest and the longest. A single duration is both.
///
/// # Errors
/// A lowercase fragment that says why it is none.
pub fn parse_duration_range(text: &str) -> Result<(Duration, Duration), String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let low = parse_duration(low).map_err(|why| format!("`{low}` is not a duration: {why}"))?;
    let high = parse_duration(high).map_err(|why| format!("`{high}` is not a duration: {why}"))?;
    if low > high { Err("it ends before it starts".into()) } else { Ok((low, high)) }
}

/// Reads `1%`, `0.25%` or `0.01` as parts of a million.
///
/// # Errors
/// A lowercase fragment that says why it is none.
pub fn parse_share(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let (number, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 10_000),
        None => (text, 1_000_000),
    };
    let ppm = scaled(number, scale)
        .ok_or("it has to be a number such as `1%`, with no more than a part in a million")?;
    u32::try_from(ppm).ok().filter(|ppm| *ppm <= 1_000_000).ok_or_else(|| "it is more than all".into())
}

/// A duration the way [`parse_duration`] reads it, in its largest whole unit.
pub fn format_duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    for (unit, scale) in [("d", 86_400_000u128), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms >= scale && ms.is_multiple_of(scale) {
            return format!("{}{unit}", ms / scale);
        }
    }
    format!("{ms}ms")
}

/// A whole number with commas between its thousands: `100,000`.
pub fn format_count(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_exactly() {
        for (text, ms) in [
            ("200ms", 200),
            ("30s", 30_000),
            ("1.5s", 1_500),
            ("0.001s", 1),
            ("5m", 300_000),
            ("5min", 300_000),
            ("24h", 86_400_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for (text, why) in [
            ("", "empty"),
            ("30", "no unit"),
            ("s", "start with a number"),
            ("30x", "`x` is not a unit"),
            ("1.0005s", "whole number of milliseconds"),
            ("-3s", "start with a number"),
            ("99999999999999999999h", "fits"),
            ("213503982334d 213503982334d", "too long"),
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_duration_reads_back_from_what_is_shown() {
        for ms in [0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000, 90_000_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
    }

    #[test]
    fn thousands_are_parted() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(format_count(number), text);
        }
    }

    #[test]
    fn ranges_and_shares_read_exactly() {
        let ms = Duration::from_millis;
        assert_eq!(parse_duration_range("200ms..30s"), Ok((ms(200), ms(30_000))));
        assert_eq!(parse_duration_range("1s"), Ok((ms(1_000), ms(1_000))));
        assert!(parse_duration_range("3s..1s").unwrap_err().contains("ends before"));
        for (text, ppm) in
            [("1%", 10_000), ("0.25%", 2_500), ("0.01", 10_000), ("100%", 1_000_000), ("0%", 0)]
        {
            assert_eq!(parse_share(text), Ok(ppm), "{text}");
        }
        for text in ["101%", "x", "-1%", "1.00001%", ""] {
            assert!(parse_share(text).is_err(), "{text}");
        }
    }
}
