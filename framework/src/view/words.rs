//! Numbers, durations, volumes and rates in a form that people read at a glance.

use dyeline_router::toml::format_count;

/// A whole number with commas between its thousands.
pub fn count_text(number: u64) -> String {
    format_count(number)
}

/// A duration in two units at most: `142 ms`, `12.3 s`, `2 min 05 s`, `3 h 07 min`, `2 d 04 h`.
pub fn duration_text(ms: u64) -> String {
    let s = ms / 1_000;
    match s {
        0 => format!("{ms} ms"),
        1..=59 => format!("{}.{} s", s, ms % 1_000 / 100),
        60..=3_599 => format!("{} min {:02} s", s / 60, s % 60),
        3_600..=86_399 => format!("{} h {:02} min", s / 3_600, s % 3_600 / 60),
        _ => format!("{} d {:02} h", s / 86_400, s % 86_400 / 3_600),
    }
}

/// A volume in the largest unit that keeps it above 1: `312 B`, `1.2 kB`, `3.4 GB`. Units are powers of 1,000.
pub fn bytes_text(bytes: u64) -> String {
    scaled(bytes as f64, &["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// Items a second: `812/s`, `1.2 M/s`.
pub fn rate_text(per_second: f64) -> String {
    let text = scaled(per_second, &["", "k", "M", "G", "T"]);
    format!("{}/s", text.trim_end())
}

fn scaled(number: f64, units: &[&str]) -> String {
    let mut value = number;
    let mut unit = 0;
    // 999.95 would be shown as 1000.0.
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0);
    format!("{value:.digits$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (12_340, "12.3 s"),
            (59_999, "59.9 s"),
            (125_000, "2 min 05 s"),
            (11_220_000, "3 h 07 min"),
            (187_200_000, "2 d 04 h"),
        ] {
            assert_eq!(duration_text(ms), text);
        }
    }

    #[test]
    fn volumes_and_rates_have_the_largest_unit_that_fits() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_200, "1.2 kB"), (999_960, "1.0 MB"), (3_400_000_000, "3.4 GB")]
        {
            assert_eq!(bytes_text(bytes), text);
        }
        for (rate, text) in [(0.0, "0/s"), (812.0, "812/s"), (1_240_000.0, "1.2 M/s")] {
            assert_eq!(rate_text(rate), text);
        }
    }
}
