//! Processes that are started here, and end with this one.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child as Process, ChildStdout, Command, Stdio},
};

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

use super::cores::pin;
use crate::failure::{Failure, ResultExt as _};

/// The variable that names the process that started this one.
const PARENT: &str = "LANES_PARENT";

/// The lines of a log that are shown when its process failed.
const SHOWN: usize = 12;

/// A process of this program.
pub(super) struct Child {
    name: String,
    process: Process,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

/// Ends this process when the one that started it ends, if that is a process of this program.
pub(crate) fn adopt() -> Result<(), Failure> {
    let Ok(parent) = std::env::var(PARENT) else { return Ok(()) };
    set_parent_process_death_signal(Some(Signal::KILL)).why("tie this process to its parent")?;
    // It may have ended before.
    match getppid().map(|pid| pid.as_raw_nonzero().to_string()) {
        Some(now) if now == parent => Ok(()),
        _ => Err(Failure::new("the process that started this one is gone")),
    }
}

impl Child {
    /// Starts a command of this program on a core; what it says of errors goes to a log in `folder`.
    pub fn start(name: &str, words: &[String], core: usize, folder: &Path) -> Result<Self, Failure> {
        let what = || format!("start {name}");
        let log = folder.join(format!("{}.log", name.replace('/', "-")));
        let errors = File::create(&log).why(format!("create {}", log.display()))?;
        pin(core)?;
        let mut process = Command::new(std::env::current_exe().why(what())?)
            .args(words)
            .env(PARENT, std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .why(what())?;
        let output = process.stdout.take().ok_or_else(|| Failure::new(what()))?;
        Ok(Self { name: name.to_owned(), process, output: BufReader::new(output), log })
    }

    /// Waits for its first line: what is ready says so.
    pub fn ready(&mut self) -> Result<(), Failure> {
        let mut line = String::new();
        self.output.read_line(&mut line).why(format!("hear from {}", self.name))?;
        if line.is_empty() { Err(self.failed("did not start")) } else { Ok(()) }
    }

    /// Tells it something.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        let told = self.process.stdin.as_mut().map(|input| writeln!(input, "{line}"));
        told.transpose().why(format!("tell {} to {line}", self.name)).map(drop)
    }

    /// Closes its input, waits until it ends, and gives what it has printed.
    pub fn finish(mut self) -> Result<String, Failure> {
        drop(self.process.stdin.take());
        let mut text = String::new();
        self.output.read_to_string(&mut text).why(format!("hear from {}", self.name))?;
        let status = self.process.wait().why(format!("wait for {}", self.name))?;
        if status.success() { Ok(text) } else { Err(self.failed(&format!("ended with {status}"))) }
    }

    fn failed(&self, how: &str) -> Failure {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN)..].join("\n  ");
        Failure::new(format!("{} {how}; the end of {}:\n  {last}", self.name, self.log.display()))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already; nothing is left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
