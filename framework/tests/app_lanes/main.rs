//! Services and chains in lanes: real servers of the builder, real clients of processors.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

mod ledger;
mod served;
mod world;

use std::{sync::mpsc, time::Duration};

use dyeline::{
    builtin::Number,
    lanes::Successful,
    launch::{How, LaunchError},
    prelude::*,
};
use dyeline_router::report::{Report, Row};
use world::World;

/// Asks the facade about every number
#[derive(Processor)]
#[processor(name = "ask-facade", input = Number, output = Asked, async)]
struct AskFacade;

/// A number, and what the facade said of it.
#[derive(Clone, Record)]
#[record(name = "Asked")]
struct Asked {
    said: String,
}

impl AsyncProcess for AskFacade {
    async fn process(&self, item: Number, out: &mut Emitter<Asked>, cx: &Context) -> Result<()> {
        let client = cx.http();
        let url = format!("http://facade/ask/{}", item.value);
        // A bare spawn loses the scope, not the client's lane.
        let answer = match item.value % 2 {
            0 => client.get(url).send().await?,
            _ => tokio::spawn(async move { client.get(url).send().await }).await??,
        };
        out.emit(Asked { said: answer.successful().await?.text().await? });
        Ok(())
    }
}

const STRICT: &str = r#"version = 1
[services.facade]
online = "http://{facade.online}"
batch = "http://{facade.batch}"
[services.ledger]
online = "grpc://{ledger.online}"
batch = "grpc://{ledger.batch}"
[groups.batch]
start = ["processor:*", "http:*", "grpc:*"]
[chains.nightly]
workers = "batch"
[chains.nightly.hops]
facade = "batch"
ledger = "batch"
"#;

/// The rows of a hop, as `from_group to_group`.
fn hops(report: &Report, to: &str) -> Vec<String> {
    let of_hop = report.calls.iter().filter(|row| row.to == to && row.counts.sent > 0);
    of_hop.map(|row: &Row| format!("{} {}", row.from_group, row.to_group)).collect()
}

#[test]
fn a_chain_stays_in_its_lane_over_http_and_grpc() {
    let world = World::started(STRICT);
    let (ended, report, rows) = world.launcher().launch().unwrap();
    assert_eq!(ended.how, How::Succeeded, "{:#?}", ended.status);
    assert_eq!(rows.lines().count(), 300);
    assert!(rows.contains(r#"{"said":"batch 7 nightly@2 batch"}"#), "{rows}");
    assert!(rows.lines().all(|row| row.ends_with(r#" nightly@2 batch"}"#)), "{rows}");
    assert!(report.is_tight() && report.totals.failed == 0, "{report:#?}");
    assert_eq!(report.calls.len(), 1, "{report:#?}");
    let row = &report.calls[0];
    assert_eq!((row.iteration().as_str(), row.hop().as_str()), ("nightly@2", "nightly -> facade"));
    assert_eq!((row.from_group.as_str(), row.to_group.as_str(), row.counts.sent), ("batch", "batch", 300));
    assert_eq!(world.report("facade.online").totals.received, 0);
    assert_eq!(world.report("ledger.online").totals.received, 0);
    assert_eq!(world.report("ledger.batch").totals.received, 300);
    assert_eq!(hops(&world.report("facade.batch"), "ledger"), ["batch batch"]);
}

#[test]
fn calls_without_a_dye_stay_in_the_group_they_came_to_and_a_lane_refuses_them() {
    let world = World::started(STRICT);
    world.runtime.block_on(async {
        let get = |name: &str| reqwest::get(format!("http://{}/ask/x", world.address(name)));
        let online = get("facade.online").await.unwrap();
        assert_eq!(online.text().await.unwrap(), "online x none online");
        let refused = get("facade.batch").await.unwrap();
        assert_eq!(refused.status(), 421);
        let text = refused.text().await.unwrap();
        assert!(text.contains("facade/batch takes no calls of traffic without a dye"), "{text}");
        let admin = format!("http://{}", world.admin("facade.batch"));
        let lanes = reqwest::get(format!("{admin}/lanes")).await.unwrap().text().await.unwrap();
        let lanes: serde_json::Value = serde_json::from_str(&lanes).unwrap();
        assert_eq!((&lanes["service"], &lanes["totals"]["undyed"]), (&"facade".into(), &1.into()), "{lanes}");
        let metrics = reqwest::get(format!("{admin}/metrics")).await.unwrap().text().await.unwrap();
        assert!(metrics.contains("dyeline_dye_refused_total 1\n"), "{metrics}");
        assert_eq!(reqwest::get(format!("{admin}/ready")).await.unwrap().status(), 200);
    });
}

#[test]
fn a_strict_lane_waits_for_its_group_and_goes_on_when_it_is_back() {
    let mut world = World::started(STRICT);
    world.stop("ledger.batch");
    let launch = world.launcher();
    let (tell, retried) = mpsc::channel();
    let launched = std::thread::spawn(move || launch.launch_and_tell(&tell).unwrap());
    // Calls fail and are tried again before anything is back.
    retried.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(world.report("facade.batch").totals.failed > 0);
    world.start("ledger.batch");
    let (ended, report, rows) = launched.join().unwrap();
    assert_eq!(ended.how, How::Succeeded, "{:#?}", ended.status);
    assert!(rows.lines().all(|row| row.ends_with(r#" nightly@2 batch"}"#)), "{rows}");
    assert_eq!(rows.lines().count(), 300);
    assert!(report.is_tight(), "{report:#?}");
    assert_eq!(world.report("facade.online").totals.received, 0);
    assert_eq!(world.report("ledger.online").totals.received, 0);
}

#[test]
fn a_fallback_is_taken_where_it_is_written_and_counted() {
    let rules = STRICT.replace("ledger = \"batch\"", "ledger = { batch = 1, if_down = [\"online\"] }");
    let mut world = World::started(&rules);
    world.stop("ledger.batch");
    let (ended, report, rows) = world.launcher().launch().unwrap();
    assert_eq!(ended.how, How::Succeeded, "{:#?}", ended.status);
    assert_eq!(rows.lines().filter(|row| row.ends_with(r#" nightly@2 online"}"#)).count(), 300, "{rows}");
    // The facade is called in the lane as before; only the hop with a fallback leaves it, and says so.
    assert!(report.is_tight(), "{report:#?}");
    let facade = world.report("facade.batch");
    assert!(facade.totals.crossed >= 300, "{facade:#?}");
    assert_eq!(world.report("facade.online").totals.received, 0);
}

#[test]
fn a_chain_is_not_launched_in_a_group_that_does_not_start_its_processors() {
    let rules = STRICT.replace("\"processor:*\"", "\"processor:range-*\"");
    let Err(LaunchError::Chain(mistakes)) = World::new(&rules).launcher().launch() else {
        panic!("it was launched")
    };
    let ports = without_ports(&mistakes.to_string());
    insta::assert_snapshot!(ports);
}

/// A text whose ports are the same in every run.
fn without_ports(text: &str) -> String {
    let mut shown = String::new();
    for (at, part) in text.split("127.0.0.1:").enumerate() {
        shown += if at > 0 { "127.0.0.1:PORT" } else { "" };
        shown += if at > 0 { part.trim_start_matches(|c: char| c.is_ascii_digit()) } else { part };
    }
    shown
}
