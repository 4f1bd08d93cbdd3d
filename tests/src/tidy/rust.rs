//! A Rust file as the checks see it: its code without comments and texts, its literals, its functions.
//!
//! A lexer, not a parser: enough for conventions, and it never refuses a file.

mod lexer;

use std::ops::Range;

/// A text literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Where it begins, in bytes.
    pub offset: usize,
    /// What stands between its quotes, escapes as written.
    pub text: String,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Where `fn` stands, in bytes.
    pub offset: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// A Rust file.
#[derive(Clone, Debug)]
pub struct RustFile {
    /// Its path from the root of the repository.
    pub path: String,
    /// Its text as written.
    pub text: String,
    /// Its text with comments and the insides of literals blanked, byte for byte at the same place.
    pub code: String,
    /// Its text literals, in order.
    pub literals: Vec<Literal>,
    /// The inline `#[cfg(test)]` modules, in bytes.
    tests: Vec<Range<usize>>,
}

impl RustFile {
    /// Reads a file's text.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, literals) = lexer::blank(text);
        let tests = test_modules(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, literals, tests }
    }

    /// Whether the whole file is a test or a bench.
    pub fn is_test(&self) -> bool {
        let test = |part: &str| matches!(part, "tests" | "tests.rs" | "benches" | "fixtures");
        self.path.split('/').any(test)
    }

    /// Whether a place belongs to a test.
    pub fn in_test(&self, offset: usize) -> bool {
        self.is_test() || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// The line of a place, from 1.
    pub fn line(&self, offset: usize) -> usize {
        line_of(&self.text, offset)
    }

    /// Lines without those of inline test modules.
    pub fn product_lines(&self) -> usize {
        let tests: usize = self.tests.iter().map(|r| self.line(r.end) - self.line(r.start) + 1).sum();
        self.text.lines().count().saturating_sub(tests)
    }

    /// Every place in the code where this word or path stands by itself.
    pub fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
            let begins = word.starts_with(is_name);
            let ends = word.ends_with(is_name);
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            !(begins && before.is_some_and(is_name) || ends && after.is_some_and(is_name))
        })
    }

    /// The name after a keyword at a place, such as a type's after `struct`.
    pub fn name_after(&self, offset: usize, keyword: &str) -> &str {
        let rest = self.code[offset + keyword.len()..].trim_start();
        &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())]
    }

    /// The functions that have a body, those in others too.
    pub fn functions(&self) -> Vec<Function> {
        self.find("fn").filter_map(|offset| self.function(offset)).collect()
    }

    fn function(&self, offset: usize) -> Option<Function> {
        let name = self.name_after(offset, "fn");
        if name.is_empty() {
            return None; // a function pointer
        }
        let open = body(&self.code, offset)?;
        let close = closing(&self.code, open)?;
        let lines = self.line(close) - self.line(offset) + 1;
        Some(Function { name: name.to_owned(), offset, lines })
    }
}

/// Whether a character can stand in a name.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The line of a place in a text, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count() + 1
}

/// The brace that opens a function's body, unless a semicolon comes first.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, b) in code.bytes().enumerate().skip(from) {
        match b {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at),
            b';' | b'}' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The brace that closes the one at `open`.
pub(crate) fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, b) in code.bytes().enumerate().skip(open) {
        match b {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The inline modules that only a test build has.
fn test_modules(code: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, attribute) in code.match_indices("#[cfg(test)]") {
        let rest = &code[start + attribute.len()..];
        let item = rest.trim_start();
        let module = item.strip_prefix("pub(crate) ").unwrap_or(item);
        if !module.starts_with("mod ") {
            continue;
        }
        let end = start + attribute.len();
        if let Some(close) = body(code, end).and_then(|open| closing(code, open)) {
            found.push(start..close + 1);
        }
    }
    found
}
