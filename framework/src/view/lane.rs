//! The calls of lanes for people: a line for each hop and its groups.

use dyeline_router::report::{Report, Totals};

use super::{Align, Table, count_text};

/// The calls of a report, in lines of at most `width` columns where words can be cut; empty if there were none.
pub fn lane_text(report: &Report, width: usize) -> String {
    if report.calls.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        ("hop", Align::Left),
        ("lane", Align::Left),
        ("from", Align::Left),
        ("to", Align::Left),
        ("sent", Align::Right),
        ("received", Align::Right),
        ("failed", Align::Right),
        ("crossed", Align::Right),
        ("undyed", Align::Right),
    ])
    .indented(2);
    let named = |name: &str| if name.is_empty() { "-".to_owned() } else { name.to_owned() };
    for row in &report.calls {
        let names = [row.hop(), named(&row.iteration()), named(&row.from_group), named(&row.to_group)];
        table.row(names.into_iter().chain(counts(&row.counts)));
    }
    format!("\ncalls{}\n{}", verdict(report), table.render(width))
}

fn counts(counts: &Totals) -> [String; 5] {
    let Totals { sent, received, failed, crossed, undyed } = *counts;
    [sent, received, failed, crossed, undyed].map(count_text)
}

/// What a person looks for first.
fn verdict(report: &Report) -> String {
    let Totals { crossed, undyed, .. } = report.totals;
    if report.is_tight() {
        return ": none left its lane".to_owned();
    }
    format!(": {} outside of their lane, {} without a dye", count_text(crossed), count_text(undyed))
}

#[cfg(test)]
mod tests {
    use dyeline_router::report::{Calls, Hop, Seen};

    use super::*;

    #[test]
    fn calls_are_shown_by_hop_and_groups() {
        let calls = Calls::default();
        assert_eq!(lane_text(&calls.report(), 100), "");
        let hop = Hop {
            iteration: "fund-income@3",
            from: "fund-income",
            from_group: "batch",
            to: "ledger",
            to_group: "batch",
        };
        for _ in 0..1_200 {
            calls.count(hop, &[Seen::Sent]);
        }
        insta::assert_snapshot!(lane_text(&calls.report(), 100));
        calls.count(Hop { to_group: "online", ..hop }, &[Seen::Sent, Seen::Fallback]);
        calls.count(Hop { to_group: "", ..hop }, &[Seen::Failed]);
        insta::assert_snapshot!(lane_text(&calls.report(), 100));
    }
}
