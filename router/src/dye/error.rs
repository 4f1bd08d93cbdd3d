//! Why a text is not a dye, or not a roll.

use miette::Diagnostic;
use thiserror::Error;

/// The most of a refused text that a message repeats: what comes from a network is not copied into logs whole.
const SHOWN_CHARS: usize = 48;

/// A text that should be a dye is none.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("`{text}` is not a dye: {why}")]
#[diagnostic(
    code(dyeline::dye::bad_dye),
    help(
        "write `chain`, `chain@version`, `chain:job` or `chain@version:job`, such as `fund-income@2:01J9Z`"
    )
)]
pub struct BadDye {
    text: String,
    why: &'static str,
}

impl BadDye {
    pub(super) fn new(text: &[u8], why: &'static str) -> Self {
        Self { text: shown(text), why }
    }

    /// What is wrong with it, as a fragment.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

/// A text that should be a roll is none.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("`{text}` is not a roll: {why}")]
#[diagnostic(
    code(dyeline::dye::bad_roll),
    help(
        "write a whole number from 0 to 18446744073709551615, in decimal, without a sign and without zeros before it"
    )
)]
pub struct BadRoll {
    text: String,
    why: &'static str,
}

impl BadRoll {
    pub(super) fn new(text: &[u8], why: &'static str) -> Self {
        Self { text: shown(text), why }
    }

    /// What is wrong with it, as a fragment.
    pub fn why(&self) -> &'static str {
        self.why
    }
}

/// The beginning of a refused text, with everything escaped that a terminal would act on.
fn shown(text: &[u8]) -> String {
    let escaped = text.escape_ascii().take(SHOWN_CHARS + 1).map(char::from).collect::<String>();
    if escaped.len() > SHOWN_CHARS { format!("{}…", &escaped[..SHOWN_CHARS]) } else { escaped }
}
