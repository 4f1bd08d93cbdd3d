//! Calls the program in a folder of its own.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Numbers from 0 up to `to`, written as JSON Lines.
pub(crate) const NUMBERS: &str = r#"
[chain]
name = "numbers"

[params]
to  = { type = "integer", default = 1000 }
out = { type = "path", default = "out" }

[nodes.split]
processor = "range-split"
to        = "{to}"
shards    = 4

[nodes.numbers]
processor = "range-load"
after     = "split"

[nodes.write]
processor = "jsonl-write"
after     = "numbers"
path      = "{out}"
"#;

/// More numbers than a test has time for.
pub(crate) const FOREVER: &str = "to=4000000000000";

/// A folder with a chain file.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::write(folder.path("numbers.toml"), NUMBERS).unwrap();
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, not yet called.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dyeline"));
        command.args(words).current_dir(self.0.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DYELINE"))
        {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn call(&self, words: &[&str]) -> Called {
        Called::of(self.command(words).output().unwrap(), self)
    }

    /// Starts the program and returns once `ready` says so.
    pub(crate) fn start(&self, words: &[&str], ready: impl Fn() -> bool) -> Running<'_> {
        let child = self.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let limit = Instant::now() + Duration::from_secs(60);
        while !ready() {
            assert!(Instant::now() < limit, "not ready within 60 s");
        }
        Running { child, folder: self }
    }

    /// Whether a process runs a job here.
    pub(crate) fn is_running(&self) -> bool {
        self.status().is_some_and(|status| status["attended"] == true && status["live"].as_u64() > Some(0))
    }

    /// What `status` says of the only unfinished job.
    pub(crate) fn status(&self) -> Option<serde_json::Value> {
        let called = self.call(&["status", "--output", "json"]);
        let mut document: serde_json::Value = serde_json::from_str(&called.out).ok()?;
        document["jobs"].get_mut(0).map(serde_json::Value::take)
    }
}

/// A program that runs.
pub(crate) struct Running<'a> {
    child: Child,
    folder: &'a Folder,
}

impl Running<'_> {
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn end(self) -> Called {
        Called::of(self.child.wait_with_output().unwrap(), self.folder)
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Called {
    fn of(output: Output, folder: &Folder) -> Self {
        let root = folder.0.path().canonicalize().unwrap();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).unwrap().replace(&root.display().to_string(), "<folder>")
        };
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// All of it as one text, with what differs from run to run replaced.
    pub(crate) fn shown(&self) -> String {
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        format!("exit code {code}\n--- stdout\n{}--- stderr\n{}", self.out, self.err)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Replaces what differs from run to run in snapshots.
pub(crate) fn stable() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", "<job>");
    settings.add_filter(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "<time>");
    settings.add_filter(r" *\b(\d+ ms|\d+\.\d s|\d+ min \d+ s)\b", " <elapsed>");
    settings.add_filter(r"\d+(\.\d)? ?[kM]?/s", "<rate>");
    settings.add_filter(r#""elapsed_ms":\d+"#, r#""elapsed_ms":"<elapsed>""#);
    settings.add_filter(r"process \d+", "process <pid>");
    settings.bind_to_scope()
}
