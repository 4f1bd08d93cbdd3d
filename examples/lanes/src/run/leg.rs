//! One round of a leg: processes, users, and perhaps the chain.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

use super::{
    child::Child,
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
    let services = services(place, &GROUPS, rules)?;
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
        Leg::Unisolated | Leg::Lanes => Some(chain(place, rules, amount.items)?),
    };
    users.say(LOOK_AWAY)?;
    let seen = serde_json::from_str(&users.finish()?).why("read what users saw")?;
    let counts = services.keys().map(|of| Ok((of.clone(), counts(place.addresses[of])?)));
    Ok(Round { users: seen, counts: counts.collect::<Result<_, Failure>>()?, chain_ms })
}

/// Starts every service in these groups, those of `online` on the users' core, all others on the batch's.
fn services(place: &Place, groups: &[&str], rules: &Path) -> Result<BTreeMap<Of, Child>, Failure> {
    let mut started = BTreeMap::new();
    for (of, address) in place.addresses.iter().filter(|((_, group), _)| groups.contains(&group.as_str())) {
        let (service, group) = of;
        let core = if group == "online" { place.cores.online } else { place.cores.batch };
        let words = [
            ["service", service].map(String::from),
            ["--group", group].map(String::from),
            ["--listen".to_owned(), address.to_string()],
            ["--rules".to_owned(), rules.display().to_string()],
            ["--steps".to_owned(), place.work.steps.to_string()],
        ];
        let child = Child::start(&format!("{service}/{group}"), &words.concat(), core, &place.folder)?;
        started.insert(of.clone(), child);
    }
    started.values_mut().try_for_each(Child::ready)?;
    Ok(started)
}

/// Launches the chain on the batch's core; milliseconds from its submission to its end.
fn chain(place: &Place, rules: &Path, items: u64) -> Result<u64, Failure> {
    let folder = place.folder.join("chain");
    // What an earlier run left.
    let _ = std::fs::remove_dir_all(&folder);
    let path = |name: &str| folder.join(name).display().to_string();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/chains/lanes-demo.toml");
    let words = [
        vec!["launch".to_owned(), file.to_owned(), "--new".to_owned()],
        vec!["--output".to_owned(), "json".to_owned()],
        vec!["--data".to_owned(), path("state")],
        vec!["--rules".to_owned(), rules.display().to_string()],
        vec!["--param".to_owned(), format!("rules={}", rules.display())],
        vec!["--param".to_owned(), format!("items={items}")],
        vec!["--param".to_owned(), format!("out={}", path("out"))],
    ];
    let child = Child::start("chain", &words.concat(), place.cores.batch, &place.folder)?;
    let document: Value = serde_json::from_str(&child.finish()?).why("read what the chain says")?;
    let written = document["nodes"]["write"]["passed"].as_u64();
    if written != Some(items) {
        return Err(Failure::new(format!("the chain wrote {written:?} of {items} values: {document}")));
    }
    document["elapsed_ms"].as_u64().ok_or_else(|| Failure::new("the chain does not say how long it took"))
}

/// What a process has counted.
fn counts(address: SocketAddr) -> Result<Counts, Failure> {
    let what = || format!("ask {address} for its counts");
    let mut stream = TcpStream::connect(address).why(what())?;
    let request = format!("GET /counts HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).why(what())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).why(what())?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).why(format!("{} (it says `{answer}`)", what()))
}
