//! The Envoy of this machine, for the time of a test.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write, stderr},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use dyeline_router::{
    export::{Exported, Sidecar, envoy},
    health::Endpoints,
    rules::Rules,
    table::Table,
    toml::Source,
};
use tempfile::TempDir;

/// How long a test waits for an Envoy before it says that it does not come.
const LIMIT: Duration = Duration::from_secs(60);

/// Between two looks whether it listens.
const PAUSE: Duration = Duration::from_millis(2);

/// The Envoy to test with.
pub fn find() -> Option<PathBuf> {
    let on_path = || {
        let folders = env::var_os("PATH")?;
        env::split_paths(&folders).map(|folder| folder.join("envoy")).find(|path| path.is_file())
    };
    let found = env::var_os("DYELINE_ENVOY").map(PathBuf::from).or_else(on_path);
    if found.is_none() {
        let is_required = env::var("DYELINE_REQUIRE_ENVOY").is_ok_and(|value| value == "1");
        assert!(!is_required, "there is no `envoy`; `.ci/envoy` installs one");
        // Not captured: whoever runs the tests should see it.
        let _ = writeln!(stderr(), "not tested: there is no `envoy` on the path; `.ci/envoy` installs one");
    }
    found
}

/// Rules and their table.
pub fn table(text: &str) -> (Rules, Table) {
    let rules = Rules::read(&Source::new("rules.toml", text)).unwrap();
    let table = Table::new(&rules, &Endpoints::default());
    (rules, table)
}

/// The config for a caller, on free ports.
pub fn export(text: &str, caller: Option<(&str, &str)>) -> (Sidecar, Exported) {
    let (rules, table) = table(text);
    let sidecar = Sidecar {
        service: caller.map(|(service, _)| service.to_owned()),
        group: caller.map(|(_, group)| group.to_owned()),
        listen: free(),
        edge: Some(free()),
        admin: None,
    };
    let exported = envoy(&rules, &table, &sidecar);
    (sidecar, exported)
}

/// An address to listen on. What else listens in these tests is on 127.0.0.1, and cannot take it meanwhile.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.5:0").unwrap().local_addr().unwrap()
}

/// An Envoy beside a caller; it ends when this is dropped.
pub struct Envoy {
    child: Child,
    pub sidecar: Sidecar,
    _folder: TempDir,
}

impl Envoy {
    /// Starts one with the config for a caller.
    pub fn beside(program: &PathBuf, rules: &str, caller: Option<(&str, &str)>) -> Self {
        let (sidecar, exported) = export(rules, caller);
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("envoy.yaml");
        fs::write(&config, exported.document.to_string()).unwrap();
        let mut child = Command::new(program)
            .arg("-c")
            .arg(&config)
            .args(["--concurrency", "1", "--use-dynamic-base-id", "-l", "info"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // It signals its group when it ends.
            .process_group(0)
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (said, heard) = mpsc::channel();
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                // Read to the end, so that it never waits for a reader; nobody may be listening any more.
                let _ = said.send(line);
            }
        });
        let mut lines = Vec::new();
        let ready = |line: &String| line.contains("starting workers");
        while !lines.last().is_some_and(ready) {
            match heard.recv_timeout(LIMIT) {
                Ok(line) => lines.push(line),
                Err(_) => panic!("Envoy did not start:\n{}", lines.join("\n")),
            }
        }
        // The workers listen a moment later.
        let began = Instant::now();
        while TcpStream::connect(sidecar.listen).is_err() {
            assert!(began.elapsed() < LIMIT, "Envoy does not listen");
            let _ = heard.recv_timeout(PAUSE);
        }
        Self { child, sidecar, _folder: folder }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Envoy says of a config: nothing, if it would start with it.
pub fn validate(program: &PathBuf, exported: &Exported) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("envoy.yaml");
    fs::write(&config, exported.document.to_string()).unwrap();
    let mut command = Command::new(program);
    command.args(["--mode", "validate", "-l", "error", "-c"]).arg(&config).process_group(0);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(told) }
}
