//! Dates as they are written: a day, a word, or a distance from today.

use jiff::{Span, civil::Date};

/// What a date looks like, for messages.
pub(super) const SHAPE: &str =
    "`2026-11-20`, `today`, `yesterday`, `tomorrow`, or a distance such as `-3d` or `+2w`";

/// Reads a date against today's.
///
/// # Errors
/// A lowercase fragment that says why it is none.
pub(super) fn parse_date(text: &str, today: Date) -> Result<Date, String> {
    let shift = |days: i64| {
        let span = Span::new().try_days(days).map_err(|e| e.to_string())?;
        today.checked_add(span).map_err(|_| "it is outside of the calendar".to_owned())
    };
    match text.trim() {
        "" => Err("it is empty".into()),
        "today" => Ok(today),
        "yesterday" => shift(-1),
        "tomorrow" => shift(1),
        distance if distance.starts_with(['-', '+']) => {
            let (number, unit) =
                distance.split_at(distance.len() - distance.chars().last().map_or(0, char::len_utf8));
            let scale = match unit {
                "d" => 1,
                "w" => 7,
                _ => {
                    return Err(format!(
                        "`{unit}` is not a unit of a distance; it is in days (`d`) or weeks (`w`)"
                    ));
                }
            };
            let number: i64 =
                number.parse().map_err(|_| format!("`{number}` is not a number of days or weeks"))?;
            shift(number.checked_mul(scale).ok_or("it is outside of the calendar")?)
        }
        day => day_of(day),
    }
}

fn day_of(text: &str) -> Result<Date, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let numbers: Option<Vec<i16>> = parts
        .iter()
        .map(|p| p.bytes().all(|b| b.is_ascii_digit()).then(|| p.parse().ok()).flatten())
        .collect();
    match (parts.as_slice(), numbers.as_deref()) {
        ([y, m, d], Some([year, month, day])) if y.len() == 4 && m.len() == 2 && d.len() == 2 => {
            let made = match (i8::try_from(*month), i8::try_from(*day)) {
                (Ok(month), Ok(day)) => Date::new(*year, month, day).ok(),
                _ => None,
            };
            made.ok_or_else(|| "the calendar has no such day".into())
        }
        _ => Err("it is not written as year-month-day".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_distances_count_from_today() {
        let today = Date::constant(2026, 3, 1);
        for (text, date) in [
            ("today", "2026-03-01"),
            ("yesterday", "2026-02-28"),
            ("tomorrow", "2026-03-02"),
            ("-3d", "2026-02-26"),
            ("+2w", "2026-03-15"),
            ("2024-02-29", "2024-02-29"),
        ] {
            assert_eq!(parse_date(text, today).map(|d| d.to_string()), Ok(date.to_owned()), "{text}");
        }
        for (text, why) in [
            ("", "empty"),
            ("2026-02-30", "no such day"),
            ("2026-13-01", "no such day"),
            ("2026-1-1", "year-month-day"),
            ("20.11.2026", "year-month-day"),
            ("yesteday", "year-month-day"),
            ("-3m", "`m` is not a unit"),
            ("-xd", "not a number"),
            ("-9999999999999999d", ""),
            ("+9223372036854775807w", "outside of the calendar"),
        ] {
            let error = parse_date(text, today).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
