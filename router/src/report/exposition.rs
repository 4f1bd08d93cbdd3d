//! The counts in the text format of Prometheus, version 0.0.4.

use std::fmt;

use super::{Calls, Report, Row, Totals};

/// The counters: name, meaning, value.
type Metric = (&'static str, &'static str, fn(&Totals) -> u64);

const METRICS: [Metric; 5] = [
    ("dyeline_calls_sent_total", "Calls that this process sent.", |c| c.sent),
    ("dyeline_calls_received_total", "Calls that this process received.", |c| c.received),
    (
        "dyeline_calls_failed_total",
        "Calls that found no group, no healthy endpoint, or no connection.",
        |c| c.failed,
    ),
    (
        "dyeline_calls_crossed_total",
        "Dyed calls that left their lane, by a fallback or to a group they do not belong to.",
        |c| c.crossed,
    ),
    ("dyeline_calls_undyed_total", "Calls inside of a lane that carried no dye.", |c| c.undyed),
];

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report().fmt(f)
    }
}

/// The text format of Prometheus; rows without calls of a kind are left out.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, help, value) in METRICS {
            writeln!(f, "# HELP {name} {help}")?;
            writeln!(f, "# TYPE {name} counter")?;
            for row in self.calls.iter().filter(|row| value(&row.counts) > 0) {
                writeln!(f, "{name}{{{}}} {}", Labels(row), value(&row.counts))?;
            }
        }
        Ok(())
    }
}

struct Labels<'a>(&'a Row);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.0;
        let labels = [
            ("chain", &row.chain),
            ("version", &row.version),
            ("from", &row.from),
            ("to", &row.to),
            ("from_group", &row.from_group),
            ("to_group", &row.to_group),
        ];
        for (at, (name, value)) in labels.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{name}=\"{}\"", Escaped(value))?;
        }
        Ok(())
    }
}

/// A label's value: backslash, quote and line feed are escaped.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Calls, Hop, Seen};

    #[test]
    fn labels_are_escaped_and_rows_without_a_count_are_left_out() {
        let calls = Calls::default();
        let hop =
            Hop { iteration: "a@1", from: "x\"\\\n", from_group: "batch", to: "risk", to_group: "online" };
        calls.count(hop, &[Seen::Sent, Seen::Fallback]);
        let labels = r#"chain="a",version="1",from="x\"\\\n",to="risk",from_group="batch",to_group="online""#;
        let text = calls.to_string();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                format!("dyeline_calls_sent_total{{{labels}}} 1"),
                format!("dyeline_calls_crossed_total{{{labels}}} 1")
            ]
        );
        assert_eq!(text.matches("# TYPE").count(), 5);
    }
}
