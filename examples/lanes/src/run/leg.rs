//! One round of a leg: processes, users, and perhaps the chain.

use std::{collections::BTreeMap, thread::sleep, time::Duration};

use super::{
    child::Child,
    fleet::Fleet,
    launch::Chain,
    place::{Of, Place},
};
use crate::{
    failure::{Failure, ResultExt as _},
    load::{LOOK, LOOK_AWAY, Seen},
    service::Counts,
};

/// How long users call before anybody looks: connections are made, pages are in memory.
const WARM_UP: Duration = Duration::from_secs(1);

/// The groups that run in each leg.
const GROUPS: [&str; 2] = ["online", "batch"];

/// What differs between the legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leg {
    /// Users only.
    Alone,
    /// The chain runs, and no rule says where its calls go: they go where everybody's go.
    Unisolated,
    /// The chain runs in its lane.
    Lanes,
}

impl Leg {
    /// All, in the order in which they run.
    pub const ALL: [Self; 3] = [Self::Alone, Self::Unisolated, Self::Lanes];

    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Unisolated => "unisolated",
            Self::Lanes => "lanes",
        }
    }
}

/// How much of everything there is in a round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    /// Calls of users a second.
    pub rate: u32,
    /// Items of the chain.
    pub items: u64,
    /// How long the users are watched where there is no chain.
    pub alone: Duration,
}

/// What came of a round.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// What users saw.
    pub users: Seen,
    /// What each process counted.
    pub counts: BTreeMap<Of, Counts>,
    /// How long the chain took.
    pub chain_ms: Option<u64>,
}

/// Runs a round.
pub(super) fn run(place: &Place, leg: Leg, amount: Amount) -> Result<Round, Failure> {
    let rules = if leg == Leg::Lanes { &place.lanes } else { &place.no_lanes };
    let fleet = Fleet::start(place, &GROUPS, rules.clone())?;
    let words = ["load", "--rate", &amount.rate.to_string(), "--rules", &rules.display().to_string()];
    let mut users = Child::start("users", &words.map(String::from), place.cores.online, &place.folder)?;
    users.ready()?;
    sleep(WARM_UP);
    users.say(LOOK)?;
    let chain_ms = match leg {
        Leg::Alone => {
            sleep(amount.alone);
            None
        }
        Leg::Unisolated | Leg::Lanes => {
            Some(Chain::launch(place, "lanes-demo", rules, amount.items)?.finish()?.elapsed_ms)
        }
    };
    users.say(LOOK_AWAY)?;
    let seen = serde_json::from_str(&users.finish()?).why("read what users saw")?;
    Ok(Round { users: seen, counts: fleet.counts()?, chain_ms })
}
