//! The socket itself: who may use it, what crosses it, and what garbage does to it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use dyeline::{
    control::{connect, socket_path},
    host::{DataDir, Host},
};
use serde_json::{Value, json};

use crate::stage::{PROMISED, Stage, options};

/// Sends a line as it is; the answer, if there is one.
fn raw(path: &Path, line: &[u8]) -> Option<Value> {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PROMISED)).unwrap();
    stream.write_all(line).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    (!answer.is_empty()).then(|| serde_json::from_str(&answer).unwrap())
}

#[test]
fn only_the_owner_may_connect() {
    let stage = Stage::set();
    let path = socket_path(stage.data().path()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    stage.close();
    assert!(!path.exists(), "it goes with the process");
}

#[test]
fn garbage_gets_an_error_and_harms_nobody() {
    let stage = Stage::set();
    let path = socket_path(stage.data().path()).unwrap();
    let bad = |line: &[u8]| raw(&path, line).unwrap()["error"]["code"].clone();
    for line in [&b"hello\n"[..], b"{}\n", b"{\"op\":\"explode\"}\n", b"\xff\xfe\n", b"[[[[\n", b"\n"] {
        assert_eq!(bad(line), "dyeline::control::bad_request", "{line:?}");
    }
    let long = vec![b'x'; 1 << 20];
    assert_eq!(bad(&long), "dyeline::control::bad_request");
    let deep = [vec![b'['; 100_000], b"\n".to_vec()].concat();
    assert_eq!(bad(&deep), "dyeline::control::bad_request");
    let mut cut = UnixStream::connect(&path).unwrap();
    cut.write_all(b"{\"op\":\"jo").unwrap();
    drop(cut);
    let jobs = raw(&path, b"{\"op\":\"jobs\"}\n").unwrap();
    assert_eq!(jobs["ok"]["jobs"][0]["chain"], "endless");
    assert!(stage.status().live > 0);
    stage.close();
}

#[test]
fn the_lines_are_as_documented() {
    let stage = Stage::set();
    let path = socket_path(stage.data().path()).unwrap();
    let job = stage.job.to_string();
    let pause = json!({ "op": "pause", "select": { "jobs": [job] } });
    let answer = raw(&path, format!("{pause}\n").as_bytes()).unwrap();
    let done = json!({ "job": job, "chain": "endless", "state": "paused", "error": null });
    assert_eq!(answer, json!({ "ok": { "done": [done] } }));
    let set = json!({
        "op": "set",
        "select": { "chain": "endless" },
        "changes": [{ "set": "priority", "priority": 2 }, { "set": "concurrency", "limit": null }],
    });
    assert_eq!(raw(&path, format!("{set}\n").as_bytes()).unwrap()["ok"]["done"][0]["error"], Value::Null);
    let status = raw(&path, b"{\"op\":\"status\"}\n").unwrap();
    assert_eq!(status["ok"]["status"][0]["priority"], 2);
    assert_eq!(status["ok"]["status"][0]["state"], "paused");
    stage.close();
}

#[test]
fn terminals_beyond_the_limit_are_told_so() {
    let stage = Stage::set();
    let path = socket_path(stage.data().path()).unwrap();
    let mut open = Vec::new();
    let told = (0..40).find_map(|_| {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PROMISED)).unwrap();
        // One that is served answers; one too many is told without having asked.
        let _ = stream.write_all(b"{\"op\":\"jobs\"}\n");
        let mut line = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        reader.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        open.push(stream);
        answer["error"]["code"].as_str().map(str::to_owned)
    });
    assert_eq!(told.as_deref(), Some("dyeline::control::busy"));
    assert_eq!(open.len(), 33);
    drop(open);
    stage.close();
}

#[test]
fn what_a_killed_process_left_is_replaced_by_the_next_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir_all(&data).unwrap();
    let path = socket_path(&data).unwrap();
    // A listener that is gone leaves its file.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    assert!(connect(&DataDir::new(&data)).is_none(), "nobody listens");
    assert!(path.exists(), "looking removes nothing");
    let stage = Stage::set_in(folder, "data");
    assert!(connect(&stage.data()).is_some());
    let second = Host::open(stage.data(), options());
    assert!(second.err().unwrap().is_held());
    assert!(
        connect(&stage.data()).is_some(),
        "one that cannot own the data directory leaves the socket alone"
    );
    stage.close();
}

#[test]
fn a_file_that_is_no_socket_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir_all(&data).unwrap();
    fs::write(socket_path(&data).unwrap(), "not a socket").unwrap();
    assert!(connect(&DataDir::new(&data)).is_none());
}

#[test]
fn a_long_path_gets_a_socket_elsewhere_that_both_sides_find() {
    let folder = tempfile::tempdir().unwrap();
    let long: PathBuf = (0..12).map(|i| format!("a-rather-long-folder-{i}")).collect();
    let stage = Stage::set_in(folder, long.to_str().unwrap());
    let path = socket_path(stage.data().path()).unwrap();
    assert!(path.as_os_str().len() <= 90, "{}", path.display());
    assert!(!path.starts_with(stage.data().path()));
    let mut terminal = stage.terminal();
    assert!(terminal.call(&dyeline::control::Request::Jobs).is_ok());
    // The same folder by another name.
    let around = stage.data().path().join("..").join(stage.data().path().file_name().unwrap());
    assert_eq!(socket_path(&around).unwrap(), path);
    stage.close();
}

#[test]
fn a_silent_terminal_does_not_hold_up_the_end() {
    let stage = Stage::set();
    let mut silent = UnixStream::connect(socket_path(stage.data().path()).unwrap()).unwrap();
    silent.set_read_timeout(Some(10 * PROMISED)).unwrap();
    let began = std::time::Instant::now();
    stage.server.close();
    assert!(began.elapsed() < PROMISED, "{:?}", began.elapsed());
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "the connection is closed");
    stage.host.close(30 * PROMISED).unwrap();
}
