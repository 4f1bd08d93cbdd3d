//! The files of the repository that the checks look at, read once.

use std::{collections::BTreeMap, collections::BTreeSet, fs, io, path::Path};

use super::RustFile;

/// Endings of the files whose text is read.
const READ: &[&str] = &["rs", "md", "toml", "txt", "lock"];

/// The files of a repository by their path from its root, with `/` between the parts.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
    rust: BTreeMap<String, RustFile>,
}

impl Tree {
    /// Reads a repository. What its `.gitignore` files name is not part of it, and neither is what git keeps.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(root, "", &[])?;
        Ok(tree)
    }

    /// A tree of given files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, text);
        }
        tree
    }

    /// Puts a file into the tree.
    pub fn add(&mut self, path: &str, text: &str) {
        let mut parent = path;
        while let Some((above, _)) = parent.rsplit_once('/') {
            self.paths.insert(above.to_owned());
            parent = above;
        }
        self.paths.insert(path.to_owned());
        if Path::new(path).extension().is_some_and(|e| e == "rs") {
            self.rust.insert(path.to_owned(), RustFile::new(path, text));
        }
        self.texts.insert(path.to_owned(), text.to_owned());
    }

    /// The Rust files, by path.
    pub fn rust(&self) -> impl Iterator<Item = &RustFile> {
        self.rust.values()
    }

    /// The Rust files of what users run: neither tests, benches nor examples.
    pub fn product(&self) -> impl Iterator<Item = &RustFile> {
        self.rust().filter(|file| {
            ["router/", "processors/", "framework/"].iter().any(|top| file.path.starts_with(top))
                && !file.is_test()
        })
    }

    /// The files with an ending, and their texts.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(|(p, t)| (p.as_str(), t.as_str()))
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Whether there is a file or folder of this path.
    pub fn exists(&self, path: &str) -> bool {
        path.is_empty() || self.paths.contains(path)
    }

    /// What stands at the top.
    pub fn top(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str).filter(|path| !path.contains('/'))
    }

    fn walk(&mut self, folder: &Path, prefix: &str, above: &[String]) -> io::Result<()> {
        let mut ignored = above.to_vec();
        if let Ok(text) = fs::read_to_string(folder.join(".gitignore")) {
            ignored.extend(text.lines().map(|line| line.trim().trim_matches('/').to_owned()));
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == ".git" || ignored.iter().any(|pattern| matches(pattern, &name)) {
                continue;
            }
            let path = format!("{prefix}{name}");
            self.paths.insert(path.clone());
            if entry.file_type()?.is_dir() {
                self.walk(&entry.path(), &format!("{path}/"), &ignored)?;
            } else if entry.path().extension().is_some_and(|e| READ.iter().any(|read| e == *read)) {
                // A file that another program has just removed is none.
                match fs::read_to_string(entry.path()) {
                    Ok(text) => self.add(&path, &text),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(io::Error::new(e.kind(), format!("{path}: {e}"))),
                }
            }
        }
        Ok(())
    }
}

/// Whether a line of a `.gitignore` names this entry: a name, or one `*` in it.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((head, tail)) => {
            name.len() > head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
        None => !pattern.is_empty() && pattern == name,
    }
}
