//! Runs programs that have Dyeline's commands, in a folder of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

/// How long a test waits for anything before it says that it does not come.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A folder, and a program that is called in it.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
    program: PathBuf,
}

/// How a call ended.
#[derive(Debug)]
pub struct Called {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it told beside that.
    pub err: String,
}

impl Folder {
    /// A new folder.
    ///
    /// # Errors
    /// None can be made.
    pub fn new(program: impl Into<PathBuf>) -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, program: program.into() })
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, name: &str, text: &str) -> std::io::Result<()> {
        fs::write(self.path(name), text)
    }

    /// The program, not yet called.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_of(&self.program, words)
    }

    /// Another program, to be called in the folder.
    #[must_use]
    pub fn command_of(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(self.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let settings = std::env::vars_os().map(|(name, _)| name);
        for name in settings.filter(|name| name.to_string_lossy().starts_with("DYELINE")) {
            command.env_remove(name);
        }
        command
    }

    /// Calls the program and waits for its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn call(&self, words: &[&str]) -> std::io::Result<Called> {
        Ok(self.called(self.command(words).output()?))
    }

    /// How a call ended, with the folder's own path taken out of the texts.
    #[must_use]
    pub fn called(&self, output: Output) -> Called {
        let root = self.folder.path().canonicalize().unwrap_or_else(|_| self.folder.path().to_owned());
        let text =
            |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(&root.display().to_string(), "<folder>");
        Called { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The files that a sink wrote, in the order of its manifest, as they are.
    ///
    /// # Errors
    /// There is no manifest, or a file that it names is not there.
    pub fn files(&self, sink: &str) -> Result<Vec<String>, String> {
        let root = self.path(sink);
        let manifest = fs::read(root.join("manifest.json")).map_err(|e| format!("{sink}: {e}"))?;
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).map_err(|e| e.to_string())?;
        let files = manifest["files"].as_array().into_iter().flatten();
        let paths = files.map(|file| file["path"].as_str().unwrap_or_default());
        paths.map(|path| fs::read_to_string(root.join(path)).map_err(|e| format!("{path}: {e}"))).collect()
    }

    /// The rows of a sink's files, one file after the other, each file's header left out.
    ///
    /// # Errors
    /// As [`Folder::files`].
    pub fn rows(&self, sink: &str) -> Result<String, String> {
        let files = self.files(sink)?;
        Ok(files.iter().filter_map(|text| text.split_once('\n')).map(|(_, rows)| rows).collect())
    }
}

impl Called {
    /// All of it as one text.
    #[must_use]
    pub fn shown(&self) -> String {
        let code = self.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        format!("exit code {code}\n--- stdout\n{}--- stderr\n{}", self.out, self.err)
    }
}

/// Waits until a child ends or `ready` says so: the end if it came first.
///
/// # Errors
/// Neither comes within [`LIMIT`].
pub fn wait_for(child: &mut Child, mut ready: impl FnMut() -> bool) -> Result<Option<ExitStatus>, String> {
    let began = Instant::now();
    while began.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok(Some(status));
        }
        if ready() {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Err(format!("nothing came within {LIMIT:?}"))
}
