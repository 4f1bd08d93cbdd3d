//! `route serve`: the proxy as a process.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::Folder;

/// A proxy; it is killed when this is dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An endpoint that answers every call with its name.
fn endpoint(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut io in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(io.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            // Whoever called may have gone.
            let _ = write!(
                io,
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{name}",
                name.len()
            );
        }
    });
    address
}

fn folder(edge: &str) -> Folder {
    let folder = Folder::new();
    let (online, batch) = (endpoint("online"), endpoint("batch"));
    let rules = format!(
        "version = 1\n[dye]\nedge = \"{edge}\"\n[services.ledger]\nonline = \"http://{online}\"\nbatch = \
         \"http://{batch}\"\n[groups.batch]\nstart = [\"processor:*\"]\n[chains.nightly]\nworkers = \"batch\"\n\
         [chains.nightly.hops]\nledger = \"batch\"\n"
    );
    fs::write(folder.path("rules.toml"), rules).unwrap();
    folder
}

fn ask(address: &str, fields: &str) -> String {
    let mut io = TcpStream::connect(address).unwrap();
    io.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(io, "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n{fields}\r\n").unwrap();
    let mut text = String::new();
    io.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn calls_come_in_from_inside_from_outside_and_before_a_group() {
    let folder = folder("strip");
    let any = "127.0.0.1:0";
    let words =
        ["route", "serve", "rules.toml", "--listen", any, "--edge", any, "--admin", any, "--threads", "1"];
    let words =
        [&words[..], &["--before", "ledger:batch=127.0.0.1:0", "--from", "ledger", "--group", "online"]]
            .concat();
    let mut served = Served(folder.command(&words).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(served.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut at = |role: &str| lines.next().unwrap().strip_prefix(role).unwrap().trim().to_owned();
    let (inside, outside, before, admin) = (at("listen"), at("edge"), at("before ledger:batch"), at("admin"));
    let dyed = "X-Dye: nightly:1\r\n";
    assert!(ask(&inside, dyed).ends_with("\r\n\r\nbatch"));
    assert!(ask(&inside, "").ends_with("\r\n\r\nonline"));
    assert!(ask(&outside, dyed).ends_with("\r\n\r\nonline"));
    assert!(ask(&before, dyed).ends_with("\r\n\r\nbatch"));
    assert!(ask(&before, "").starts_with("HTTP/1.1 421"));
    let metrics = {
        let mut io = TcpStream::connect(&admin).unwrap();
        write!(io, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        io.read_to_string(&mut text).unwrap();
        text
    };
    assert!(metrics.contains("dyeline_calls_sent_total{chain=\"nightly\""), "{metrics}");

    kill_process(Pid::from_child(&served.0), Signal::TERM).unwrap();
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
}

#[test]
fn what_it_cannot_begin_with_is_told() {
    let folder = folder("verify");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let serve = ["route", "serve", "rules.toml"];
    for (words, code, text) in [
        (&[][..], 2, "--listen"),
        (&["--edge", "127.0.0.1:0"], 2, "dyeline::cli::argument"),
        (&["--edge", "127.0.0.1:0", "--key", "bank=env:NOWHERE"], 2, "dyeline::dye::bad_key"),
        (&["--before", "ledger=127.0.0.1:0"], 2, "ledger:batch=127.0.0.1:8080"),
        (&["--before", "legder:batch=127.0.0.1:0"], 2, "did you mean `ledger`?"),
        (&["--listen", "127.0.0.1:0", "--group", "bacth"], 2, "did you mean `batch`?"),
        (&["--listen", &taken], 4, "dyeline::proxy::listen"),
    ] {
        let called = folder.call(&[&serve[..], words].concat());
        assert_eq!(called.code, Some(code), "{words:?}: {called:?}");
        assert!(called.err.contains(text), "{words:?}: {called:?}");
    }
}
