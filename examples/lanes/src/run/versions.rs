//! `versions`: two versions of one chain at the same time, each in a lane of its own.

use std::{collections::BTreeMap, process::ExitCode};

use super::{
    fleet::Fleet,
    launch::Chain,
    place::{Of, Place},
};
use crate::{failure::Failure, service::Counts};

/// Run two versions of the chain side by side, each in its own lane, and show where their calls went
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Versions {
    /// Items of each version
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,
}

impl Versions {
    /// Launches both at once and waits for both.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let place = Place::find()?;
        let fleet = Fleet::start(&place, &["online", "batch", "next"], place.lanes.clone())?;
        let launch = |name| Chain::launch(&place, name, &place.lanes, self.items);
        let (first, second) = (launch("lanes-demo")?, launch("lanes-demo-2")?);
        first.finish()?;
        second.finish()?;
        let counts = fleet.counts()?;
        println!("{}", text(&counts));
        let astray = astray(&counts);
        for (service, group) in &astray {
            eprintln!("leak: {service}/{group} took calls of a version that has another lane");
        }
        Ok(if astray.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn text(counts: &BTreeMap<Of, Counts>) -> String {
    let mut text = format!("{:<20}{:>14}{:>14}\n", "service/group", "lanes-demo@1", "lanes-demo@2");
    for ((service, group), of) in counts {
        text += &format!("{:<20}{:>14}{:>14}\n", format!("{service}/{group}"), of.chain, of.next);
    }
    text
}

/// The processes that took calls of a version whose lane they are not in.
fn astray(counts: &BTreeMap<Of, Counts>) -> Vec<&Of> {
    let wrong = |(_, group): &Of, of: &Counts| {
        (group != "batch" && of.chain > 0) || (group != "next" && of.next > 0) || of.refused > 0
    };
    counts.iter().filter(|(of, counts)| wrong(of, counts)).map(|(of, _)| of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_own_lane() {
        let at = |group: &str, chain, next| {
            (("risk".to_owned(), group.to_owned()), Counts { chain, next, ..Counts::default() })
        };
        assert!(
            astray(&BTreeMap::from([at("batch", 9, 0), at("next", 0, 9), at("online", 0, 0)])).is_empty()
        );
        assert_eq!(astray(&BTreeMap::from([at("batch", 9, 1), at("next", 0, 8)])).len(), 1);
        assert_eq!(astray(&BTreeMap::from([at("batch", 8, 0), at("online", 1, 0)])).len(), 1);
    }
}
