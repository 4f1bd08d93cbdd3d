//! How jobs are shown, from a document that holds one of everything.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use dyeline::view::{
    At, JobDocument, JobLine, JobStatus, Pace, reconcile, status_line, status_text, summary_text,
};
use dyeline_engine::JobPhase;
use serde_json::json;

fn node(role: &str, read: u64, given_up: (u64, u64), emitted: u64, retried: u64) -> serde_json::Value {
    json!({
        "role": role, "read": read, "passed": read.saturating_sub(given_up.0 + given_up.1), "filtered": 0,
        "skipped": given_up.0, "dead_lettered": given_up.1, "emitted": emitted, "retried": retried,
        "failed": { "retryable": retried, "fatal": u64::from(retried > 0) },
        "bytes_in": read * 30, "bytes_out": emitted * 12,
    })
}

fn stage(name: &str, nodes: &[&str], shards: Option<u32>, tasks: [u32; 7], live: u32) -> serde_json::Value {
    let [waiting, ready, leased, backoff, succeeded, failed, cancelled] = tasks;
    json!({
        "name": name, "group": "batch", "shards": shards, "live": live, "items": 3_400_000, "nodes": nodes,
        "tasks": { "waiting": waiting, "ready": ready, "leased": leased, "backoff": backoff,
                   "succeeded": succeeded, "failed": failed, "cancelled": cancelled },
    })
}

/// A job with one of everything, in a state.
fn job(state: &str) -> JobStatus {
    let document = json!({
        "job": "01KJMP157J0000000000000001", "chain": "fund-income", "version": "3", "state": state, "attended": true,
        "reason": "node `accrue` gave up 101 items, and its limit is 100",
        "params": { "date": "2026-03-01", "positions": "/data/positions.csv", "shards": 64 },
        "live_params": { "accrue": { "fee": "0.25" } }, "params_version": 2,
        "created": "2026-03-01T12:30:05.042Z", "started": "2026-03-01T12:30:05.050Z",
        "ended": "2026-03-01T12:32:10.042Z", "elapsed_ms": 125_000,
        "run": 2, "concurrency": 8, "priority": -1, "live": 3,
        "nodes": {
            "split": node("splitter", 0, (0, 0), 64, 0),
            "positions": node("loader", 3_400_000, (0, 0), 3_400_000, 0),
            "accrue": node("processor", 3_400_000, (98, 3), 3_399_899, 4),
            "by-fund": node("reducer", 3_399_899, (0, 0), 500, 0),
        },
        "stages": [
            stage("split", &["split"], Some(1), [0, 0, 0, 0, 1, 0, 0], 0),
            stage("positions+accrue", &["positions", "accrue"], Some(64), [0, 10, 3, 1, 49, 1, 0], 3),
            stage("by-fund", &["by-fund"], None, [0; 7], 0),
        ],
        "failures": [{
            "stage": "positions+accrue", "shard": 7, "label": "0..8388608", "attempt": 2,
            "at": "2026-03-01T12:31:00.000Z", "node": "accrue", "class": "fatal", "place": { "row": 1024, "index": 3 },
            "code": "", "text": "no price for fund 13\nin nav/2026-03-01.csv", "gave_up": true,
        }],
        "outputs": [{ "node": "write", "location": "/data/out/manifest.json" }],
        "history": [{ "at": "2026-03-01T12:30:06.000Z", "text": "adopted: the input\nchanged" }],
    });
    let mut status: JobStatus = serde_json::from_value(document).unwrap();
    // As the chain file has them; a JSON value sorts by name.
    let place =
        |name: &str| ["split", "positions", "accrue", "by-fund"].iter().position(|known| *known == name);
    status.nodes.0.sort_by_key(|(name, _)| place(name));
    status
}

#[test]
fn a_status_is_shown_in_full_and_in_a_line() {
    insta::assert_snapshot!(status_text(&job("failed"), 160));
    insta::assert_snapshot!(status_line(&job("running")));
    let interrupted = JobStatus { attended: false, reason: None, ..job("running") };
    insta::assert_snapshot!(status_text(&interrupted, 60));
}

#[test]
fn a_summary_says_how_it_ended() {
    let pace = Pace { items: 3_400_000, ms: 12_000 };
    insta::assert_snapshot!(summary_text(&job("failed"), pace, 160));
    insta::assert_snapshot!(summary_text(&job("succeeded"), pace, 80));
    insta::assert_snapshot!(summary_text(&job("cancelled"), Pace::default(), 80));
}

#[test]
fn a_listing_fits_its_terminal() {
    let line = JobLine {
        job: job("paused").job,
        chain: "fund-income".into(),
        version: Some("3".into()),
        phase: JobPhase::Paused,
        attended: true,
        reason: Some("no room left: write part 7 of /data/out: no space left on device".into()),
        created: At(1_772_368_205_042),
        ended: None,
        elapsed_ms: 7_500_000,
        shards: 100_000,
        shards_ended: 99_999,
    };
    let lines = [line.clone(), JobLine { attended: false, phase: JobPhase::Running, reason: None, ..line }];
    insta::assert_snapshot!(JobLine::table(&lines, 200));
    insta::assert_snapshot!(JobLine::table(&lines, 100));
}

#[test]
fn documents_read_back_and_keep_the_order_of_nodes() {
    let status = job("failed");
    let text = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<JobStatus>(&text).unwrap(), status);
    let document = JobDocument::from(&status);
    let text = serde_json::to_string_pretty(&document).unwrap();
    assert_eq!(serde_json::from_str::<JobDocument>(&text).unwrap(), document);
    insta::assert_snapshot!(text);
    assert_eq!(JobDocument::from(&job("succeeded")).error, None, "only what did not succeed has an error");
}

#[test]
fn counts_that_do_not_add_up_are_told_with_their_node() {
    let mut status = job("succeeded");
    assert_eq!(reconcile(&status), []);
    status.nodes.0[2].1.passed -= 1;
    let found = reconcile(&status);
    assert_eq!(found.len(), 1);
    insta::assert_snapshot!(found[0]);
}
