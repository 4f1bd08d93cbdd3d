//! What is wrong with a file: a list, not the first thing found.

use std::fmt;

use super::{Look, Place};

/// Whether a mistake stops the file from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used; something in it is probably not meant.
    Warning,
}

/// One thing that is wrong: what, where, and what to do.
#[derive(Clone, Debug)]
pub struct Mistake {
    code: &'static str,
    severity: Severity,
    message: String,
    place: Option<Place>,
    label: String,
    others: Vec<(Place, String)>,
    help: Option<String>,
}

impl Mistake {
    /// A mistake that stops the file from being used. The message is a lowercase fragment.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            label: String::from("here"),
            others: Vec::new(),
            help: None,
        }
    }

    /// Something that is probably not meant.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }

    /// What stands beside the place, instead of `here`.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// A second place that matters, with what to say of it.
    #[must_use]
    pub fn also(mut self, place: impl Into<Option<Place>>, label: impl Into<String>) -> Self {
        if let Some(place) = place.into() {
            self.others.push((place, label.into()));
        }
        self
    }

    /// What to do about it; an empty text is none.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        if !help.is_empty() {
            self.help = Some(match self.help {
                Some(before) => format!("{before}; {help}"),
                None => help,
            });
        }
        self
    }

    /// Which kind of mistake it is, such as `dyeline::toml::syntax`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Whether it stops the file from being used.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it is, when it is in a text.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// What stands beside the place.
    pub fn place_label(&self) -> &str {
        &self.label
    }

    /// Further places, each with what to say of it.
    pub fn others(&self) -> &[(Place, String)] {
        &self.others
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// Everything that is wrong, in the order in which it stands in the file.
#[derive(Clone, Debug, Default)]
pub struct Mistakes {
    list: Vec<Mistake>,
}

impl Mistakes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, mistake: Mistake) {
        self.list.push(mistake);
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Keeps only those that `wanted` says yes to.
    pub fn retain(&mut self, wanted: impl FnMut(&Mistake) -> bool) {
        self.list.retain(wanted);
    }

    /// Whether there is nothing to say, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are, warnings included.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// How many of them stop the file from being used.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|m| m.severity == Severity::Error).count()
    }

    /// All of them, sorted by place; those without a place come last, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        let mut sorted: Vec<&Mistake> = self.list.iter().collect();
        sorted.sort_by_key(|m| match &m.place {
            Some(place) => (false, place.file().to_owned(), place.span().start),
            None => (true, String::new(), 0),
        });
        sorted.into_iter()
    }

    /// `Err` with everything when anything is an error; otherwise the value and the warnings.
    ///
    /// # Errors
    /// The list itself.
    pub fn or<T>(self, value: Option<T>) -> Result<(T, Self), Self> {
        match value {
            Some(value) if self.errors() == 0 => Ok((value, self)),
            _ => Err(self),
        }
    }

    /// All of them for a reader.
    pub fn render(&self, look: Look) -> String {
        look.render(self)
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self { list: vec![mistake] }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Look::Plain))
    }
}

impl std::error::Error for Mistakes {}
