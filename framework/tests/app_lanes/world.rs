//! Two services in two groups, each a process of its own as far as lanes are concerned, and launches of a chain.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    sync::{Arc, mpsc},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use dyeline::{
    Application,
    app::{RulesFor, Running, Scope, ServeSettings, start},
    chain::Given,
    host::{DataDir, Host, HostOptions},
    launch::{Choice, Ended, LaunchError, LaunchRequest, Observer, launch},
    view::JobStatus,
    worker::Lanes,
};
use dyeline_router::{health::Endpoints, reload::Live, report::Report, rules::Rules, toml::Source};
use tokio::runtime::{Builder, Runtime};

use crate::ledger::{Ledger, ask};

const CHAIN: &str = r#"
[chain]
name = "nightly"
version = "2"

[nodes.load]
processor = "range-load"
to = 300

[nodes.ask]
processor = "ask-facade"
after = "load"
retry = { max = 1000, backoff = "20ms..50ms" }

[nodes.write]
processor = "jsonl-write"
after = "ask"
path = "out"
"#;

/// Services of a rules file, and where they are.
pub struct World {
    pub runtime: Runtime,
    rules: String,
    ports: BTreeMap<String, SocketAddr>,
    running: BTreeMap<String, Running>,
}

/// `{facade.online}` in a text stands for an address.
fn placed(text: &str, ports: &BTreeMap<String, SocketAddr>) -> String {
    ports
        .iter()
        .fold(text.to_owned(), |text, (name, at)| text.replace(&format!("{{{name}}}"), &at.to_string()))
}

impl World {
    /// Nothing runs yet.
    pub fn new(rules: &str) -> Self {
        let names = ["facade.online", "facade.batch", "ledger.online", "ledger.batch"];
        // All are held at once, so that no port is given twice.
        let held = names.map(|name| (name.to_owned(), TcpListener::bind("127.0.0.1:0").unwrap()));
        let ports = held.iter().map(|(name, held)| (name.clone(), held.local_addr().unwrap())).collect();
        let rules = placed(rules, &ports);
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { runtime, rules, ports, running: BTreeMap::new() }
    }

    /// All four run.
    pub fn started(rules: &str) -> Self {
        let mut world = Self::new(rules);
        for name in ["facade.online", "facade.batch", "ledger.online", "ledger.batch"] {
            world.start(name);
        }
        world
    }

    /// The rules as a process reads them.
    pub fn rules(&self) -> RulesFor {
        let rules = Rules::read(&Source::new("rules.toml", self.rules.as_str())).unwrap();
        let (live, _) = Live::new(&rules, Endpoints::default()).unwrap();
        RulesFor { rules: Arc::new(rules), live: Arc::new(live), hosts: None }
    }

    /// Starts one of them.
    pub fn start(&mut self, name: &str) {
        let (service, group) = name.split_once('.').unwrap();
        let application = if service == "facade" { facade() } else { ledger() };
        let mut settings = ServeSettings::of_group(group);
        settings.rules = Some(self.rules());
        settings.listen.insert("api".into(), self.ports[name]);
        settings.admin = Some("127.0.0.1:0".parse().unwrap());
        let running = self.runtime.block_on(start(application, settings)).unwrap();
        self.running.insert(name.to_owned(), running);
    }

    /// Stops one of them, and waits until it has ended.
    pub fn stop(&mut self, name: &str) {
        let running = self.running.remove(name).unwrap();
        let end = self.runtime.block_on(running.stop());
        assert_eq!((end.cut, end.failure.is_none()), (0, true));
    }

    /// What one of them has counted.
    pub fn report(&self, name: &str) -> Report {
        self.running[name].process().calls().report()
    }

    /// The address of one of them.
    pub fn address(&self, name: &str) -> SocketAddr {
        self.ports[name]
    }

    /// The admin's address of one of them.
    pub fn admin(&self, name: &str) -> SocketAddr {
        self.running[name].admin().unwrap()
    }

    /// What launches the chain, in a folder of its own.
    pub fn launcher(&self) -> Launcher {
        Launcher { rules: self.rules(), folder: tempfile::tempdir().unwrap() }
    }
}

/// Launches the chain.
pub struct Launcher {
    rules: RulesFor,
    folder: tempfile::TempDir,
}

impl Launcher {
    /// Launches the chain; its end, its calls, and what it wrote.
    pub fn launch(&self) -> Result<(Ended, Report, String), LaunchError> {
        self.launch_and_tell(&mpsc::channel().0)
    }

    /// The same; tells when something had to be tried again.
    pub fn launch_and_tell(
        &self,
        retried: &mpsc::Sender<()>,
    ) -> Result<(Ended, Report, String), LaunchError> {
        let file = self.folder.path().join("nightly.toml");
        fs::write(&file, CHAIN).unwrap();
        let rules = self.rules.clone();
        let given = Given::new(jiff::Timestamp::UNIX_EPOCH, self.folder.path());
        let request = LaunchRequest { file, given, limit: None, id: None, rules: Some(rules.rules) };
        let lanes = Lanes::new(Some(rules.live), None);
        let options = HostOptions { lanes: lanes.clone(), ..HostOptions::default() };
        let data = DataDir::new(self.folder.path().join("data"));
        let ended = launch(&request, data, options, Choice::Same, &mut Tells(retried))?;
        let out = self.folder.path().join("out");
        let manifest = fs::read(out.join("manifest.json")).unwrap_or_else(|_| b"{}".to_vec());
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let files = manifest["files"].as_array().into_iter().flatten();
        let rows = files.map(|file| fs::read_to_string(out.join(file["path"].as_str().unwrap())).unwrap());
        let rows = rows.collect::<String>();
        Ok((ended, lanes.report(), rows))
    }
}

/// Calls the ledger for everyone who asks.
fn facade() -> Application {
    Application::new("facade")
        .http("api", |scope| Router::new().route("/ask/{word}", get(asked)).with_state(scope))
}

async fn asked(State(scope): State<Scope>, Path(word): Path<String>) -> Result<String, (StatusCode, String)> {
    let answer = ask(scope.grpc("ledger"), word).await;
    let answer = answer.map_err(|status| (StatusCode::BAD_GATEWAY, format!("the ledger: {status}")))?;
    Ok(format!("{} {answer}", scope.group()))
}

fn ledger() -> Application {
    Application::new("ledger").grpc("api", |scope| Ledger { group: scope.group().to_owned() })
}

/// Tells when something had to be tried again.
struct Tells<'a>(&'a mpsc::Sender<()>);

impl Observer for Tells<'_> {
    fn started(&mut self, _: &Host, _: &JobStatus, _: bool) {}
    fn running(&mut self, status: &JobStatus) {
        if status.retried() > 0 {
            // Whoever waits hears it once.
            let _ = self.0.send(());
        }
    }
    fn stalled(&mut self, _: &str) {}
    fn unstalled(&mut self) {}
    fn draining(&mut self) {}
    fn closing(&mut self) {}
}
