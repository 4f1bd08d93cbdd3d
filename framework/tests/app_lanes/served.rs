//! The command `serve` as a process: it says where it serves, drains on SIGTERM, and tells what it cannot start.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use axum::{Router, routing::get};
use dyeline::{Application, cli::Exit};
use rustix::process::{Pid, Signal, kill_process};

/// Holds the command line of a process that this program starts of itself.
const WORDS: &str = "APP_LANES_WORDS";

/// The program under test, when it is started as one; nothing in a run of the tests.
#[test]
fn the_program() {
    let Ok(words) = std::env::var(WORDS) else { return };
    let router = Router::new().route("/", get(|| async { "served" }));
    let application =
        Application::new("facade").http("api", |_| router).consumer("posted", |scope| async move {
            scope.stopping().await;
            Ok(())
        });
    let exit = application.run(words.split(' '));
    std::process::exit(i32::from(exit.code()));
}

/// Starts this program with a command line.
fn program(words: &str, folder: &std::path::Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "served::the_program", "--nocapture"]).current_dir(folder).env(WORDS, words);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How a process ended, and what it told.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    (child.wait().unwrap().code(), told)
}

#[test]
fn a_service_says_where_it_serves_and_drains_when_it_is_asked_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program("facade serve --group online --admin 127.0.0.1:0 --output json", folder.path());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The harness writes the test's name before it.
    let line = lines.find(|line| line.contains('{')).unwrap();
    let document: serde_json::Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    assert_eq!((&document["group"], &document["consumers"][0]), (&"online".into(), &"posted".into()));
    let get = |address: &serde_json::Value, path: &str| {
        let url = format!("http://{}{path}", address.as_str().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
    };
    assert_eq!(get(&document["servers"][0]["address"], "/"), "served");
    assert_eq!(get(&document["admin"], "/healthz"), "alive\n");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (code, told) = ended(child);
    assert_eq!(code, Some(i32::from(Exit::Done.code())), "{told}");
    assert!(told.contains("stopping: requests under way come to their end"), "{told}");
}

#[test]
fn what_cannot_be_served_is_told_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let rules = "version = 1\n[services.facade]\nonline = \"http://f:1\"\nbatch = \"http://b:1\"\n\
                 [groups.batch]\nstart = [\"http:apj\"]\n";
    std::fs::write(folder.path().join("rules.toml"), rules).unwrap();
    let serve = |words: &str| {
        let (code, told) = ended(program(&format!("facade serve {words}"), folder.path()));
        assert_eq!(code, Some(i32::from(Exit::Usage.code())), "{told}");
        told
    };
    insta::assert_snapshot!(serve("--group onlin --rules rules.toml"));
    insta::assert_snapshot!(serve("--group batch --rules rules.toml"));
    insta::assert_snapshot!(serve("--group online --listen apu=127.0.0.1:0"));
}
