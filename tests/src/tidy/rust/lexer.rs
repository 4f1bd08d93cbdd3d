//! Tells code from comments and literals.

use super::Literal;

/// The text with comments and the insides of literals blanked byte for byte, and its text literals.
pub(super) fn blank(text: &str) -> (String, Vec<Literal>) {
    let mut lexer =
        Lexer { text: text.as_bytes(), out: text.as_bytes().to_vec(), at: 0, literals: Vec::new() };
    while lexer.at < lexer.text.len() {
        lexer.step();
    }
    (String::from_utf8_lossy(&lexer.out).into_owned(), lexer.literals)
}

struct Lexer<'a> {
    text: &'a [u8],
    out: Vec<u8>,
    at: usize,
    literals: Vec<Literal>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            (b'/', b'/') => {
                let end = self.position(self.at, b'\n');
                self.blank_to(end);
            }
            (b'/', b'*') => self.block_comment(),
            (b'"', _) => self.text_literal(),
            (b'\'', _) => self.quote(),
            (b'r', b'"' | b'#') if self.word_begins() => self.raw(1),
            (b'b' | b'c', b'r') if self.word_begins() && matches!(self.peek(2), b'"' | b'#') => self.raw(2),
            _ => self.at += 1,
        }
    }

    /// Whether no name runs up to here; the prefix of a byte or C text is let pass.
    fn word_begins(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.get(at)).copied().unwrap_or_default();
        !(before.is_ascii_alphanumeric() || before == b'_')
    }

    fn position(&self, from: usize, byte: u8) -> usize {
        self.text[from..].iter().position(|&b| b == byte).map_or(self.text.len(), |n| from + n)
    }

    fn blank_to(&mut self, end: usize) {
        for byte in &mut self.out[self.at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        self.at = end;
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        let mut end = self.at;
        while end < self.text.len() {
            match &self.text[end..] {
                [b'/', b'*', ..] => (depth, end) = (depth + 1, end + 2),
                [b'*', b'/', ..] => (depth, end) = (depth - 1, end + 2),
                _ => end += 1,
            }
            if depth == 0 {
                break;
            }
        }
        self.blank_to(end);
    }

    fn text_literal(&mut self) {
        let mut end = self.at + 1;
        while end < self.text.len() && self.text[end] != b'"' {
            end += if self.text[end] == b'\\' { 2 } else { 1 };
        }
        self.literal(self.at + 1, end.min(self.text.len()), 1);
    }

    /// A raw text after `prefix` letters; `r#name` is a name.
    fn raw(&mut self, prefix: usize) {
        let mut open = self.at + prefix;
        while self.text.get(open) == Some(&b'#') {
            open += 1;
        }
        if self.text.get(open) != Some(&b'"') {
            self.at = open;
            return;
        }
        let hashes = open - self.at - prefix;
        let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        let rest = &self.text[open + 1..];
        let length = rest.windows(closing.len()).position(|w| w == closing).unwrap_or(rest.len());
        self.literal(open + 1, open + 1 + length, closing.len());
    }

    /// Notes and blanks what stands between `start` and `end`, and goes on behind the closing quotes.
    fn literal(&mut self, start: usize, end: usize, closing: usize) {
        let text = String::from_utf8_lossy(&self.text[start..end]).into_owned();
        self.literals.push(Literal { offset: start - 1, text });
        self.at = start;
        self.blank_to(end);
        self.at = (end + closing).min(self.text.len());
    }

    /// A character, or the beginning of a lifetime.
    fn quote(&mut self) {
        let end = match self.peek(1) {
            b'\\' => self.position(self.at + 3, b'\''),
            _ => {
                let width = match self.peek(1) {
                    0..=0x7f => 1,
                    0x80..=0xdf => 2,
                    0xe0..=0xef => 3,
                    _ => 4,
                };
                self.at + 1 + width
            }
        };
        if self.text.get(end) == Some(&b'\'') {
            self.at += 1;
            self.blank_to(end);
        }
        self.at += 1;
    }
}
