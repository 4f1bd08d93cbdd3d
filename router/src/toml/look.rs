//! How mistakes are shown: with colours on a terminal, plainly in a log.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Mistake, Mistakes, Severity};

/// Columns of a plain rendering: wide, since logs do not wrap.
const PLAIN_WIDTH: usize = 110;

/// For whom mistakes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A person at a terminal.
    Terminal {
        /// Its columns.
        width: usize,
        /// Whether colours are wanted.
        color: bool,
    },
    /// A log, a file, a test: ASCII without colours, the same on every machine.
    Plain,
}

impl Look {
    /// All mistakes, and a last line that counts them when there are several.
    pub(super) fn render(self, mistakes: &Mistakes) -> String {
        let handler = self.handler();
        let mut text = String::new();
        for mistake in mistakes.iter() {
            if !text.is_empty() {
                text.push('\n');
            }
            // Writing to a string does not fail.
            let _ = handler.render_report(&mut text, &Shown::new(mistake));
        }
        let (errors, all) = (mistakes.errors(), mistakes.len());
        let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        match (errors, all - errors) {
            (0 | 1, 0) | (0, 1) => {}
            (e, 0) => text.push_str(&format!("\n{}\n", count(e, "mistake"))),
            (0, w) => text.push_str(&format!("\n{}\n", count(w, "warning"))),
            (e, w) => text.push_str(&format!("\n{}, {}\n", count(e, "mistake"), count(w, "warning"))),
        }
        text
    }

    fn handler(self) -> GraphicalReportHandler {
        let (theme, width) = match self {
            Self::Terminal { width, color: true } => (GraphicalTheme::unicode(), width),
            Self::Terminal { width, color: false } => (GraphicalTheme::unicode_nocolor(), width),
            Self::Plain => (GraphicalTheme::none(), PLAIN_WIDTH),
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(width.max(40))
            .with_links(false)
            .with_context_lines(1)
            .without_syntax_highlighting()
    }
}

/// A mistake in the form that miette draws.
#[derive(Debug)]
struct Shown<'a> {
    mistake: &'a Mistake,
    source: Option<NamedSource<String>>,
}

impl<'a> Shown<'a> {
    fn new(mistake: &'a Mistake) -> Self {
        let source =
            mistake.place().map(|place| NamedSource::new(place.file(), place.source().text().to_owned()));
        Self { mistake, source }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mistake.message())
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.mistake.code()))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.mistake.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.mistake.help_text().map(|help| Box::new(help) as Box<dyn fmt::Display + 'b>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.mistake.place()?;
        let first =
            LabeledSpan::new_primary_with_span(Some(self.mistake.place_label().to_owned()), place.span());
        // A place in another file cannot be drawn into this one.
        let others = self.mistake.others().iter().filter(|(other, _)| other.file() == place.file());
        let others =
            others.map(|(other, label)| LabeledSpan::new_with_span(Some(label.clone()), other.span()));
        Some(Box::new(std::iter::once(first).chain(others)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml::{Source, code};

    fn mistakes() -> Mistakes {
        let source = Source::new("a.toml", "name = 3\n");
        let wrong = Mistake::error(code::WRONG_TYPE, "`name` has to be a string")
            .at(source.place(7..8))
            .help("write it");
        let mut mistakes = Mistakes::from(wrong);
        mistakes.push(Mistake::warning(code::UNKNOWN_KEY, "nothing reads this"));
        mistakes
    }

    #[test]
    fn a_terminal_has_colours_when_it_wants_them() {
        let colored = mistakes().render(Look::Terminal { width: 60, color: true });
        let bare = mistakes().render(Look::Terminal { width: 60, color: false });
        assert!(colored.contains("\u{1b}["), "{colored}");
        assert!(!bare.contains("\u{1b}[") && bare.contains('╭'), "{bare}");
        assert!(mistakes().render(Look::Plain).is_ascii());
    }

    #[test]
    fn mistakes_and_warnings_are_counted() {
        let mistakes = mistakes();
        assert_eq!((mistakes.errors(), mistakes.len()), (1, 2));
        assert!(mistakes.to_string().ends_with("\n1 mistake, 1 warning\n"), "{mistakes}");
    }
}
