//! To whom a command speaks: terminals and their widths, colours, quiet, text or JSON.

use std::{
    env,
    io::{self, ErrorKind, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use dyeline_router::toml::Look;

/// Columns of what is not a terminal: tables are made as wide as they need to be, within reason.
const PLAIN_WIDTH: usize = 160;

/// Columns of a terminal that does not say how many it has.
const DEFAULT_WIDTH: usize = 80;

/// Whether a result of this process could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// What a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document, or one a line where a command goes on.
    Json,
}

/// One of the two streams a command writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Whether it is a terminal.
    pub terminal: bool,
    /// Whether colours are wanted.
    pub color: bool,
    /// Its columns.
    pub width: usize,
}

/// Where a command prints, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// What standard output is to hold.
    pub format: Format,
    /// Whether to print results and errors only.
    pub quiet: bool,
    /// Standard output: results.
    pub out: Screen,
    /// Standard error: progress, hints, errors.
    pub err: Screen,
}

impl Screen {
    /// What is not a terminal.
    pub const PLAIN: Self = Self { terminal: false, color: false, width: PLAIN_WIDTH };

    fn of(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Self {
        if !stream.is_terminal() {
            return Self::PLAIN;
        }
        // https://no-color.org: set and not empty means none.
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        let columns = rustix::termios::tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
        let width = if columns == 0 { DEFAULT_WIDTH } else { columns };
        Self { terminal: true, color: !no_color && !dumb, width }
    }

    /// How mistakes in files are shown here.
    pub fn look(&self) -> Look {
        if self.terminal { Look::Terminal { width: self.width, color: self.color } } else { Look::Plain }
    }

    /// The text in bold, where colours are wanted.
    pub fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    /// The text in red, where colours are wanted.
    pub fn red(&self, text: &str) -> String {
        self.styled("1;31", text)
    }

    /// The text in cyan, where colours are wanted.
    pub fn cyan(&self, text: &str) -> String {
        self.styled("36", text)
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

impl Console {
    /// The console of this process.
    pub fn of_process(format: Format, quiet: bool) -> Self {
        Self { format, quiet, out: Screen::of(&io::stdout()), err: Screen::of(&io::stderr()) }
    }

    /// Neither stream is a terminal: for tests.
    pub fn plain(format: Format) -> Self {
        Self { format, quiet: false, out: Screen::PLAIN, err: Screen::PLAIN }
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints a result. A reader that has gone away is no error: that is how `| head` ends. Any other failure is told
    /// once, and makes the exit code 4, whatever the command has done besides.
    pub fn print(&self, text: &str) {
        let mut out = io::stdout();
        let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) else { return };
        if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
            let _ = writeln!(io::stderr(), "the result could not be written to standard output: {error}");
        }
    }

    /// Whether a result could not be written.
    pub fn lost() -> bool {
        LOST.load(Ordering::Relaxed)
    }

    /// Prints a result as one line of JSON.
    pub fn print_json(&self, value: &impl serde::Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => self.print(&format!("{line}\n")),
            // Views are maps of texts to values: there is nothing that JSON could refuse.
            Err(error) => self.tell(&format!("a result could not be written as JSON: {error}")),
        }
    }

    /// Tells a person something that is no result; nothing when quiet.
    pub fn tell(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}
