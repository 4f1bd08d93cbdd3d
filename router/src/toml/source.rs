//! A text with a name, and places in it.

use std::{fmt, fs, ops::Range, path::Path, sync::Arc};

use super::{Mistake, Mistakes, code};

/// The largest file that is read as configuration. Larger ones are data given by accident.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A text and what it is called; cheap to clone.
#[derive(Clone)]
pub struct Source(Arc<Inner>);

struct Inner {
    name: String,
    text: String,
    /// The byte offset at which each line starts.
    lines: Vec<usize>,
}

impl Source {
    /// A text under a name, which is what messages call the file.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self(Arc::new(Inner { name: name.into(), text, lines }))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// One mistake when the file is missing, a directory, unreadable, empty, larger than 16 MB or not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Mistakes> {
        Self::read_within(path, MAX_BYTES)
    }

    /// The same for a file that may be larger, or has to be smaller, than others.
    ///
    /// # Errors
    /// As [`Source::read`], with another limit.
    pub fn read_within(path: &Path, max_bytes: u64) -> Result<Self, Mistakes> {
        let fail = |why: String, help: &str| {
            let mistake = Mistake::error(code::UNREADABLE, format!("cannot read {}: {why}", path.display()));
            Err(Mistakes::from(mistake.help(help)))
        };
        match fs::metadata(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return fail(
                    "there is no such file".into(),
                    "check the path; it is relative to the current folder",
                );
            }
            Err(e) => return fail(e.to_string(), "check that the path can be reached"),
            Ok(meta) if meta.is_dir() => return fail("it is a folder".into(), "name a file inside of it"),
            Ok(meta) if meta.len() > max_bytes => {
                let why = format!("it has {} bytes, and the limit is {max_bytes}", meta.len());
                return fail(why, "this looks like data; name a TOML file");
            }
            Ok(_) => {}
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) => return fail(e.to_string(), "check that you may read the file"),
        };
        match String::from_utf8(bytes) {
            Ok(text) if text.trim_start_matches('\u{feff}').trim().is_empty() => {
                let mistake = Mistake::error(code::EMPTY, format!("{} is empty", path.display()));
                Err(Mistakes::from(mistake.help("write the file, or name another one")))
            }
            Ok(text) => Ok(Self::new(path.display().to_string(), text)),
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                fail(format!("byte {at} is not UTF-8"), "save the file as UTF-8")
            }
        }
    }

    /// What the text is called.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// A place in the text, cut to its bounds and to whole characters.
    pub fn place(&self, span: Range<usize>) -> Place {
        let text = self.text();
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = span.end.clamp(start, text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Place { source: self.clone(), span: start..end }
    }

    /// Line and column of a byte offset, both counted from 1, columns in characters.
    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let line = self.0.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.0.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text().get(start..offset).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?}, {} bytes)", self.0.name, self.0.text.len())
    }
}

/// A span of a [`Source`].
#[derive(Clone)]
pub struct Place {
    source: Source,
    span: Range<usize>,
}

impl Place {
    /// The text it is in.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What the text is called: most often a path.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Its first and its last byte but one, counted from the start of the text.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Its line, counted from 1.
    pub fn line(&self) -> usize {
        self.source.line_and_column(self.span.start).0
    }

    /// Its column in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.source.line_and_column(self.span.start).1
    }

    /// The text at this place.
    pub fn text(&self) -> &str {
        self.source.text().get(self.span.clone()).unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {:?}", self.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let source = Source::new("a.toml", "x = 1\nä = \"ü\"\n");
        let second = source.text().find('ü').unwrap();
        for (offset, line, column) in [(0, 1, 1), (4, 1, 5), (6, 2, 1), (second, 2, 6), (1_000, 3, 1)] {
            let place = source.place(offset..offset + 1);
            assert_eq!((place.line(), place.column()), (line, column), "offset {offset}");
        }
        assert_eq!(source.place(second..second + 1).text(), "ü");
        assert_eq!(source.place(second..second + 1).to_string(), "a.toml:2:6");
    }

    #[test]
    fn what_cannot_be_read_is_one_mistake() {
        let folder = std::env::temp_dir();
        let missing = folder.join("there/is/no/such.toml");
        for (path, why) in [(folder.as_path(), "folder"), (missing.as_path(), "no such file")] {
            let mistakes = Source::read(path).unwrap_err();
            assert_eq!(mistakes.errors(), 1);
            assert!(mistakes.to_string().contains(why), "{mistakes}");
        }
    }
}
