//! A join that is killed and goes on gives what two loops over its files give.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{collections::BTreeMap, fmt::Write as _, process::Stdio};

use dyeline::{
    control::{Answer, Request, connect},
    host::DataDir,
    view::JobStatus,
};
use dyeline_tests::{
    disk::Random,
    program::{Folder, wait_for},
};

const HOLDERS: u64 = 6_000;
const POSITIONS: u64 = 24_000;

/// The inputs call the key differently, have different shards, and `after` names them the other way round.
const CHAIN: &str = r#"
[chain]
name   = "enrich"
policy = { checkpoint = "10ms" }

[nodes.split-holders]
processor = "csv-split"
path      = "holders.csv"
shards    = 3

[nodes.holders]
processor = "csv-load"
after     = "split-holders"
record    = "TestHolder"

[nodes.split-positions]
processor = "csv-split"
path      = "positions.csv"
shards    = 5

[nodes.positions]
processor = "csv-load"
after     = "split-positions"
record    = "TestPosition"

[nodes.enrich]
processor = "t-enrich"
after     = { positions = "positions", holders = "holders" }
exchange  = { by = { positions = "user_id", holders = "id" }, shards = 4 }
rest      = 25

[nodes.write]
processor = "csv-write"
after     = "enrich"
path      = "out"
"#;

const LAUNCH: [&str; 4] = ["launch", "enrich.toml", "--output", "json"];

/// Every third holder has no position, every fourth position no holder.
struct Data {
    holders: BTreeMap<u64, String>,
    positions: Vec<(u64, u32)>,
}

fn data() -> Data {
    let mut random = Random::new(11);
    let holders = (0..HOLDERS).map(|n| (n * 3, format!("country {}", random.below(200)))).collect();
    let positions = (0..POSITIONS).map(|_| {
        let stranger = random.chance(25);
        let user = random.below(HOLDERS * 2 / 3) * 3 + u64::from(stranger);
        (user, random.below(500) as u32)
    });
    Data { holders, positions: positions.collect() }
}

fn folder(data: &Data) -> Folder {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("enrich.toml", CHAIN).unwrap();
    folder.put("dyeline.toml", "[workers]\nslots = 2\n").unwrap();
    let mut holders = "id,country\n".to_owned();
    for (id, country) in &data.holders {
        let _ = writeln!(holders, "{id},{country}");
    }
    folder.put("holders.csv", &holders).unwrap();
    let mut positions = "user_id,fund\n".to_owned();
    for (user, fund) in &data.positions {
        let _ = writeln!(positions, "{user},{fund}");
    }
    folder.put("positions.csv", &positions).unwrap();
    folder
}

/// The rows of a full outer join, sorted.
fn expected(data: &Data) -> Vec<String> {
    let country = |user: &u64| data.holders.get(user).map_or("", String::as_str);
    let mut rows: Vec<String> =
        data.positions.iter().map(|(user, fund)| format!("{user},{fund},{}", country(user))).collect();
    let with: std::collections::BTreeSet<u64> = data.positions.iter().map(|(user, _)| *user).collect();
    let without = data.holders.iter().filter(|(id, _)| !with.contains(id));
    rows.extend(without.map(|(id, country)| format!("{id},,{country}")));
    rows.sort();
    rows
}

/// What a launch that runs says of itself; `None` before it listens.
fn status(folder: &Folder) -> Option<JobStatus> {
    let mut client = connect(&DataDir::new(folder.path(".dyeline")))?;
    match client.call(&Request::Status { jobs: Vec::new() }).ok()? {
        Answer::Status(mut jobs) => jobs.pop(),
        _ => None,
    }
}

/// Items of the join that are behind a checkpoint.
fn joined(status: &JobStatus) -> u64 {
    status.nodes.get("enrich").map_or(0, |counts| counts.read)
}

/// Kills a launch once its join has come so far, in this launch too.
fn kill_at(folder: &Folder, point: u64) {
    let mut command = folder.command(&LAUNCH);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = None;
    let ended = wait_for(&mut child, || {
        let Some(now) = status(folder) else { return false };
        let begun = *first.get_or_insert_with(|| joined(&now));
        joined(&now) >= point && joined(&now) > begun
    });
    assert_eq!(ended.unwrap(), None, "the job ended before {point}");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
}

/// The rows in the order of the manifest.
fn to_the_end(folder: &Folder) -> Vec<String> {
    let called = folder.call(&LAUNCH).unwrap();
    assert_eq!(called.code, Some(0), "{called:?}");
    let document: dyeline::view::JobDocument = serde_json::from_str(&called.out).unwrap();
    let counts = document.nodes.get("enrich").unwrap();
    assert_eq!((counts.read, counts.passed), (HOLDERS + POSITIONS, HOLDERS + POSITIONS));
    folder.rows("out").unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn kills_while_a_join_reads_either_input_leave_the_same_rows() {
    let data = data();
    let undisturbed = to_the_end(&folder(&data));
    let mut sorted = undisturbed.clone();
    sorted.sort();
    assert_eq!(sorted, expected(&data));
    let folder = folder(&data);
    // Two shards at a time: the first points lie in their holders, later ones in their positions, the last ones in the
    // other two shards.
    for point in [1, 2_000, 6_000, 12_000, 17_000, 24_000] {
        kill_at(&folder, point);
    }
    assert_eq!(to_the_end(&folder), undisturbed);
}

#[test]
fn a_preview_of_a_join_shows_both_inputs() {
    let folder = folder(&data());
    let called = folder.call(&["launch", "enrich.toml", "--limit", "50", "--output", "json"]).unwrap();
    assert_eq!(called.code, Some(0), "{called:?}");
    let document: dyeline::view::JobDocument = serde_json::from_str(&called.out).unwrap();
    let read = |node| document.nodes.get(node).unwrap().read;
    assert!(read("positions") > 0 && read("holders") > 0);
    assert_eq!(read("enrich"), read("positions") + read("holders"));
}
