//! The figure of the example's page.

use std::fmt::Write as _;

use super::{leg::Leg, report::Report};

/// The width of the longest bar.
const LONGEST: f64 = 430.0;
/// Where bars begin.
const LEFT: f64 = 170.0;
/// From one leg to the next.
const ROW: f64 = 64.0;

/// What half and what 99 of 100 users waited at most, as bars.
pub(super) fn svg(report: &Report) -> String {
    let legs: Vec<_> =
        Leg::ALL.into_iter().filter_map(|leg| Some((leg, report.legs.get(leg.name())?))).collect();
    let most = legs.iter().map(|(_, of)| of.online_p99_ms).fold(f64::MIN_POSITIVE, f64::max);
    let mut text = String::from(HEAD);
    for (row, (leg, of)) in legs.iter().enumerate() {
        let top = 56.0 + ROW * row as f64;
        let _ = writeln!(text, r#"  <text x="16" y="{}">{}</text>"#, top + 24.0, title(*leg));
        for (n, (name, ms)) in [("p50", of.online_p50_ms), ("p99", of.online_p99_ms)].into_iter().enumerate()
        {
            let (y, width) = (top + 20.0 * n as f64, (LONGEST * ms / most).max(1.0));
            let _ = writeln!(
                text,
                r#"  <rect class="{name}" x="{LEFT}" y="{y}" width="{width:.1}" height="16"/>
  <text class="value" x="{:.1}" y="{:.1}">{name} {ms:.2} ms</text>"#,
                LEFT + width + 8.0,
                y + 13.0,
            );
        }
    }
    text + "</svg>\n"
}

fn title(leg: Leg) -> &'static str {
    match leg {
        Leg::Alone => "no chain runs",
        Leg::Unisolated => "the chain, no rules",
        Leg::Lanes => "the chain in its lane",
    }
}

const HEAD: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="720" height="260" viewBox="0 0 720 260" role="img">
  <title>How long users wait while a chain runs</title>
  <style>
    svg { background: #ffffff; font: 13px sans-serif; fill: #24292f; }
    .head { font-size: 15px; font-weight: bold; }
    .value { font-size: 12px; fill: #57606a; }
    .p50 { fill: #9ec5e8; }
    .p99 { fill: #2f6fab; }
  </style>
  <text class="head" x="16" y="28">How long users wait while a chain runs</text>
"##;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{super::report::LegReport, *};

    #[test]
    fn the_longest_bar_is_the_longest_wait() {
        let leg = |p50, p99| LegReport { online_p50_ms: p50, online_p99_ms: p99, ..LegReport::default() };
        let legs = BTreeMap::from([
            ("alone", leg(0.5, 1.0)),
            ("unisolated", leg(2.0, 4.0)),
            ("lanes", leg(0.5, 1.0)),
        ]);
        let report = Report { legs, p99_against_alone: BTreeMap::new(), hops: Vec::new(), expected: 0 };
        let text = svg(&report);
        assert_eq!(text.matches("<rect").count(), 6);
        assert!(text.contains(r#"width="430.0""#) && text.contains(r#"width="107.5""#), "{text}");
        assert!(text.contains("p99 4.00 ms"));
    }
}
