//! Which newlines end a row: a newline between quotes does not (RFC 4180).
//!
//! A quote opens a quoted field only at the field's beginning; elsewhere in an unquoted field it stands for itself.
//! Within a quoted field two quotes stand for one.
//!
//! ```text
//!              quote at a field's beginning             quote
//!    Outside ──────────────────────────────▶ Inside ──────────▶ Closed ──any other byte──▶ Outside
//!                                               ▲                  │
//!                                               └──────quote───────┘
//! ```

use memchr::{memchr, memchr_iter, memchr2};

/// Where a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtin) enum State {
    /// Not between quotes.
    Outside,
    /// Between quotes.
    Inside,
    /// Right behind a quote that was between quotes.
    Closed,
}

impl State {
    /// Every state, in the order of the places in a [`Fold`].
    pub(super) const ALL: [Self; 3] = [Self::Outside, Self::Inside, Self::Closed];
}

/// How a file's quotes are read.
#[derive(Clone, Copy, Debug)]
pub(in crate::builtin) struct Quoting {
    /// What stands between two fields.
    pub(in crate::builtin) delimiter: u8,
    /// Whether a newline can be between quotes at all; if not, every newline ends a row.
    pub(in crate::builtin) newlines: bool,
}

/// Reads bytes in pieces, one after the other.
#[derive(Clone, Copy, Debug)]
pub(in crate::builtin) struct Reader {
    quoting: Quoting,
    state: State,
    /// The byte before the next one.
    before: u8,
}

impl Reader {
    /// A reader at the beginning of a row.
    pub(in crate::builtin) fn at_row(quoting: Quoting) -> Self {
        Self::at(quoting, State::Outside, b'\n')
    }

    /// A reader somewhere in a file.
    pub(super) fn at(quoting: Quoting, state: State, before: u8) -> Self {
        Self { quoting, state, before }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    fn opens(&self, before: u8) -> bool {
        before == self.quoting.delimiter || before == b'\n'
    }

    /// Passes over bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        let mut closed = (self.state == State::Closed).then_some(usize::MAX);
        let mut inside = self.state == State::Inside;
        for at in memchr_iter(b'"', bytes) {
            if inside {
                (inside, closed) = (false, Some(at));
            } else if closed == Some(at.wrapping_sub(1)) {
                (inside, closed) = (true, None);
            } else {
                let before = if at == 0 { self.before } else { bytes[at - 1] };
                inside = self.opens(before);
            }
        }
        self.before = *last;
        self.state = match closed {
            _ if inside => State::Inside,
            Some(at) if at == bytes.len() - 1 => State::Closed,
            _ => State::Outside,
        };
    }

    /// Passes over bytes up to and including the first newline that ends a row, and returns the place behind it.
    pub(in crate::builtin) fn row_end(&mut self, bytes: &[u8]) -> Option<usize> {
        if !self.quoting.newlines {
            return memchr(b'\n', bytes).map(|at| at + 1);
        }
        let mut from = 0;
        loop {
            let rest = &bytes[from..];
            let found = match self.state {
                State::Inside => memchr(b'"', rest),
                _ => memchr2(b'"', b'\n', rest),
            };
            let Some(offset) = found else {
                self.pass(rest);
                return None;
            };
            let at = from + offset;
            // All up to here, then the byte itself.
            self.pass(&bytes[from..at]);
            self.pass(&bytes[at..=at]);
            from = at + 1;
            if bytes[at] == b'\n' && self.state != State::Inside {
                return Some(from);
            }
        }
    }
}

/// What a stretch of bytes does to each state it can begin in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fold([State; 3]);

impl Fold {
    /// The state behind the stretch.
    pub(super) fn apply(self, state: State) -> State {
        self.0[state as usize]
    }
}

/// Reads a stretch in pieces without knowing in which state it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folder([Reader; 3]);

impl Folder {
    pub(super) fn new(quoting: Quoting, before: u8) -> Self {
        Self(State::ALL.map(|state| Reader::at(quoting, state, before)))
    }

    /// Passes over bytes. Without quotes in them, as almost always, at the speed of finding that out.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        let Some(first_quote) = memchr(b'"', bytes) else {
            for reader in &mut self.0 {
                reader.before = *last;
                if reader.state == State::Closed {
                    reader.state = State::Outside;
                }
            }
            return;
        };
        // Those that agree behind the first quotes agree ever after: one of them reads on.
        let (head, tail) = bytes.split_at((first_quote + 4096).min(bytes.len()));
        self.0.iter_mut().for_each(|reader| reader.pass(head));
        let [outside, inside, closed] = self.0.map(|reader| reader.state);
        self.0[0].pass(tail);
        if inside == outside {
            self.0[1] = self.0[0];
        } else {
            self.0[1].pass(tail);
        }
        if closed == outside {
            self.0[2] = self.0[0];
        } else if closed == inside {
            self.0[2] = self.0[1];
        } else {
            self.0[2].pass(tail);
        }
    }

    /// What the bytes so far do.
    pub(super) fn fold(&self) -> Fold {
        Fold(self.0.map(|reader| reader.state))
    }

    /// The byte before the next one.
    pub(super) fn before(&self) -> u8 {
        self.0[0].before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const QUOTING: Quoting = Quoting { delimiter: b',', newlines: true };

    /// Where rows end, found byte by byte.
    fn row_ends(text: &[u8]) -> Vec<usize> {
        let (mut ends, mut state, mut before) = (Vec::new(), State::Outside, b'\n');
        for (at, byte) in text.iter().enumerate() {
            state = match (state, byte) {
                (State::Inside, b'"') => State::Closed,
                (State::Inside, _) => State::Inside,
                (State::Closed, b'"') => State::Inside,
                (_, b'"') if before == b',' || before == b'\n' => State::Inside,
                _ => State::Outside,
            };
            if *byte == b'\n' && state == State::Outside {
                ends.push(at + 1);
            }
            before = *byte;
        }
        ends
    }

    #[test]
    fn newlines_between_quotes_end_no_row() {
        assert_eq!(row_ends(b"a,\"b\nc\"\nd\n"), [8, 10]);
        assert_eq!(row_ends(b"5\" pipe,x\ny\n"), [10, 12]);
        assert_eq!(row_ends(b"\"a\"\"\n\"\n"), [7]);
    }

    fn texts() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(proptest::sample::select(b"ab\"\",\n\r".to_vec()), 0..60)
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same_row_ends(text in texts(), cut in 0usize..60) {
            let (mut ends, mut at, mut reader) = (Vec::new(), 0, Reader::at_row(QUOTING));
            let cut = cut.min(text.len());
            for piece in [&text[..cut], &text[cut..]] {
                let mut rest = piece;
                while let Some(end) = reader.row_end(rest) {
                    at += end;
                    ends.push(at);
                    rest = &rest[end..];
                }
                at += rest.len();
            }
            prop_assert_eq!(ends, row_ends(&text));
        }

        #[test]
        fn a_fold_says_what_reading_from_each_state_would(text in texts(), cut in 0usize..60, before in 0usize..4) {
            let before = b"a,\n\""[before];
            let (head, tail) = text.split_at(cut.min(text.len()));
            let mut folder = Folder::new(QUOTING, before);
            folder.pass(head);
            folder.pass(tail);
            for state in State::ALL {
                let mut reader = Reader::at(QUOTING, state, before);
                reader.pass(&text);
                prop_assert_eq!(folder.fold().apply(state), reader.state());
            }
        }
    }
}
