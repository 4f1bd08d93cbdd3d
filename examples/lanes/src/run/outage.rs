//! `outage`: what becomes of a chain when a service of its lane is gone.

use std::{
    collections::BTreeMap,
    fs,
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    fleet::Fleet,
    launch::{Chain, ChainEnded},
    place::{Of, Place},
};
use crate::{
    failure::{Failure, ResultExt as _},
    service::Counts,
};

/// How long the service is gone.
const GONE: Duration = Duration::from_secs(2);
/// How often it is asked whether the chain is under way, and how long.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const WAIT: Duration = Duration::from_secs(60);

/// The hop as it stands in the rules, and with a way out.
const STRICT: &str = "ledger = \"batch\"";
const IF_DOWN: &str = "ledger = { batch = 100, if_down = [\"online\"] }";

/// Kill the ledger of the lane while the chain runs, without and with a fallback, and show what becomes of the chain
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Outage {
    /// Items of the chain
    #[arg(long, default_value_t = 6_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    items: u64,
}

impl Outage {
    /// Both kinds of rules, one after the other.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let mut place = Place::find()?;
        println!(
            "`{STRICT}`: the ledger of the lane is killed, and started again after {} s",
            GONE.as_secs()
        );
        let (ended, counts) = self.kill_ledger(&place, true)?;
        show(ended, &counts);
        let strict = online(&counts, &["facade", "ledger", "risk"]) == 0 && ended.retried > 0;

        let rules = fs::read_to_string(&place.lanes).why("read the rules")?;
        place.lanes = place.folder.join("if-down.toml");
        fs::write(&place.lanes, rules.replacen(STRICT, IF_DOWN, 1)).why("write the rules")?;
        println!("`{IF_DOWN}`: the ledger of the lane is killed, and stays away");
        let (ended, counts) = self.kill_ledger(&place, false)?;
        show(ended, &counts);
        let fallback = online(&counts, &["ledger"]) > 0 && online(&counts, &["facade", "risk"]) == 0;

        for (held, what) in [
            (strict, "strict: the chain waits, and no call leaves the lane"),
            (fallback, "if_down: calls of this one hop go to the group that is named, and no others"),
        ] {
            println!("{} {what}", if held { "ok    " } else { "FAILED" });
        }
        Ok(if strict && fallback { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs the chain, and kills the ledger of its lane once a sixth of the items is done.
    fn kill_ledger(
        &self,
        place: &Place,
        comes_back: bool,
    ) -> Result<(ChainEnded, BTreeMap<Of, Counts>), Failure> {
        let ledger = ("ledger".to_owned(), "batch".to_owned());
        let mut fleet = Fleet::start(place, &["online", "batch"], place.lanes.clone())?;
        let chain = Chain::launch(place, "lanes-demo", &place.lanes, self.items)?;
        let started = Instant::now();
        while fleet.counts()?.get(&ledger).is_none_or(|counts| counts.chain < self.items / 6) {
            if started.elapsed() > WAIT {
                return Err(Failure::new("the chain made no calls of the ledger for a minute"));
            }
            sleep(LOOK_EVERY);
        }
        fleet.kill(&ledger);
        if comes_back {
            sleep(GONE);
            fleet.restart(&ledger)?;
        }
        let ended = chain.finish()?;
        Ok((ended, fleet.counts()?))
    }
}

/// The chain's calls that services in group `online` took.
fn online(counts: &BTreeMap<Of, Counts>, services: &[&str]) -> u64 {
    let of =
        |service: &&str| counts.get(&((*service).to_owned(), "online".to_owned())).map_or(0, |of| of.chain);
    services.iter().map(of).sum()
}

fn show(ended: ChainEnded, counts: &BTreeMap<Of, Counts>) {
    println!("  the chain ended after {:.1} s, {} tries again", ended.elapsed_ms as f64 / 1e3, ended.retried);
    for ((service, group), of) in counts {
        println!("  {:<20}{:>8} calls of the chain", format!("{service}/{group}"), of.chain);
    }
    println!();
}
