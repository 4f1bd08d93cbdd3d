//! How a processor fails: an error says at its birth whether trying again can help.

use std::{error::Error as StdError, fmt, io, time::Duration};

/// What the framework does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Trying again may help: the attempt ends, and another starts after a back-off.
    Retryable,
    /// Trying again cannot help: the task fails.
    Fatal,
    /// The other side asks for less: another attempt after the given time, without using up retries.
    Throttled {
        /// How long the other side asked us to wait.
        retry_after: Option<Duration>,
    },
    /// This item is bad and the next may be good: the item is skipped if the node allows it.
    Skip,
}

/// An error of a processor, with its [`Class`].
///
/// Like other catch-all errors it does not implement [`std::error::Error`] itself, so that `?` can turn every error
/// that does into one, with a class that fits: time-outs and broken connections are retryable, the rest is fatal.
pub struct Error(Box<Inner>);

struct Inner {
    class: Class,
    message: String,
    code: Option<&'static str>,
    help: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of a processor's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a class, with a message that fits after "failed to …".
    pub fn new(class: Class, message: impl fmt::Display) -> Self {
        Self(Box::new(Inner { class, message: message.to_string(), code: None, help: None, source: None }))
    }

    /// Trying again may help.
    pub fn retryable(message: impl fmt::Display) -> Self {
        Self::new(Class::Retryable, message)
    }

    /// Trying again cannot help.
    pub fn fatal(message: impl fmt::Display) -> Self {
        Self::new(Class::Fatal, message)
    }

    /// The other side asks for less.
    pub fn throttled(message: impl fmt::Display, retry_after: Option<Duration>) -> Self {
        Self::new(Class::Throttled { retry_after }, message)
    }

    /// This item is bad.
    pub fn skip(message: impl fmt::Display) -> Self {
        Self::new(Class::Skip, message)
    }

    /// The same error with a sentence before it that says what was being done.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Self {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// The same error with another class.
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.0.class = class;
        self
    }

    /// The same error with the code of its page, such as `dyeline::csv::missing_file`.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// The same error with a sentence that says what to do, shown below it.
    #[must_use]
    pub fn with_help(mut self, help: impl fmt::Display) -> Self {
        self.0.help = Some(help.to_string());
        self
    }

    /// The class.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// The code of its page, if it has one.
    pub fn code(&self) -> Option<&'static str> {
        self.0.code
    }

    /// What to do, if it says so.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The error this one was made from, if any.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let class = classify(&error);
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(e) = cause {
            message = format!("{message}: {e}");
            cause = e.source();
        }
        Self(Box::new(Inner { class, message, code: None, help: None, source: Some(Box::new(error)) }))
    }
}

/// The class of an error we did not make ourselves: what it is known to be for, else what its first I/O error says,
/// else fatal.
fn classify(error: &(dyn StdError + 'static)) -> Class {
    let mut at = Some(error);
    while let Some(e) = at {
        #[cfg(feature = "http")]
        if let Some(class) = crate::lanes::class_of(e) {
            return class;
        }
        if let Some(io) = e.downcast_ref::<io::Error>() {
            return classify_io(io.kind());
        }
        at = e.source();
    }
    Class::Fatal
}

fn classify_io(kind: io::ErrorKind) -> Class {
    use io::ErrorKind as K;
    match kind {
        K::ConnectionRefused
        | K::ConnectionReset
        | K::ConnectionAborted
        | K::NotConnected
        | K::BrokenPipe
        | K::TimedOut
        | K::WouldBlock
        | K::Interrupted
        | K::HostUnreachable
        | K::NetworkUnreachable
        | K::NetworkDown
        | K::ResourceBusy
        | K::StorageFull
        | K::QuotaExceeded => Class::Retryable,
        _ => Class::Fatal,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.class, self.0.message)
    }
}

/// Sets the class, or adds what was being done, on the way up.
pub trait ResultExt<T> {
    /// Says what was being done.
    fn context(self, what: impl fmt::Display) -> Result<T>;
    /// Says that trying again may help.
    fn retryable(self) -> Result<T>;
    /// Says that trying again cannot help.
    fn fatal(self) -> Result<T>;
    /// Says that this item is bad and the next may be good.
    fn or_skip(self) -> Result<T>;
}

impl<T, E: Into<Error>> ResultExt<T> for std::result::Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|e| e.into().context(what))
    }
    fn retryable(self) -> Result<T> {
        self.map_err(|e| e.into().with_class(Class::Retryable))
    }
    fn fatal(self) -> Result<T> {
        self.map_err(|e| e.into().with_class(Class::Fatal))
    }
    fn or_skip(self) -> Result<T> {
        self.map_err(|e| e.into().with_class(Class::Skip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_picks_the_class() {
        let class = |kind: io::ErrorKind| Error::from(io::Error::from(kind)).class();
        assert_eq!(class(io::ErrorKind::ConnectionReset), Class::Retryable);
        assert_eq!(class(io::ErrorKind::NotFound), Class::Fatal);
        let parse = "x".parse::<u32>().map_err(Error::from).unwrap_err();
        assert_eq!(parse.class(), Class::Fatal);
        let skipped = "x".parse::<u32>().or_skip().context("reading the age").unwrap_err();
        assert_eq!(skipped.class(), Class::Skip);
        assert_eq!(skipped.to_string(), "reading the age: invalid digit found in string");
    }
}
