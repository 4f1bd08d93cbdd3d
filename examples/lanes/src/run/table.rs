//! The report for people.

use super::{leg::Leg, report::Report};

/// The report as text.
pub(super) fn text(report: &Report) -> String {
    let mut text = format!(
        "{:<12}{:>12}{:>12}{:>16}{:>14}{:>17}{:>17}\n",
        "leg", "users p50", "users p99", "against alone", "chain took", "chain outside", "users inside"
    );
    for leg in Leg::ALL {
        let Some(of) = report.legs.get(leg.name()) else { continue };
        let against = report.p99_against_alone.get(leg.name()).map_or(String::new(), |n| format!("{n:.2}x"));
        let took = of.chain_ms.map_or(String::new(), |ms| format!("{:.1} s", ms as f64 / 1e3));
        let outside = match leg {
            Leg::Alone => String::new(),
            _ => format!("{} of {}", of.chain_calls_outside, of.chain_calls),
        };
        let inside = format!("{} of {}", of.online_calls_inside, of.calls - of.chain_calls);
        text += &format!(
            "{:<12}{:>12}{:>12}{against:>16}{took:>14}{outside:>17}{inside:>17}\n",
            leg.name(),
            format!("{:.3} ms", of.online_p50_ms),
            format!("{:.3} ms", of.online_p99_ms),
        );
    }
    text += "\nWhere the calls of the leg `lanes` went:\n\n";
    text +=
        &format!("{:<20}{:>14}{:>14}{:>14}\n", "service/group", "users' calls", "chain's calls", "refused");
    for hop in &report.hops {
        let name = format!("{}/{}", hop.service, hop.group);
        let counts = hop.counts;
        text += &format!("{name:<20}{:>14}{:>14}{:>14}\n", counts.online, counts.chain, counts.refused);
    }
    text
}
