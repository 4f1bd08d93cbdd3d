//! Why an application does not serve.

use std::{io, net::SocketAddr};

use dyeline_router::toml::Mistakes;

/// The codes of these errors; each has a page under `docs/errors/`.
pub mod code {
    /// Two components of one kind and name.
    pub const DUPLICATE: &str = "dyeline::app::duplicate";
    /// A name that rules cannot have.
    pub const BAD_NAME: &str = "dyeline::app::bad_name";
    /// A listener for a server that the group does not start.
    pub const UNKNOWN_SERVER: &str = "dyeline::app::unknown_server";
    /// An address that cannot be listened on.
    pub const LISTEN: &str = "dyeline::app::listen";
    /// A consumer that ended with an error.
    pub const CONSUMER: &str = "dyeline::app::consumer";
    /// The machine does not give what is needed.
    pub const ENVIRONMENT: &str = "dyeline::app::environment";
}

/// Why an application does not serve, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The rules are wrong, or do not fit this program.
    #[error("{0}")]
    Rules(Mistakes),
    /// Two components are called the same.
    #[error("the application has two of `{0}`")]
    Duplicate(String),
    /// A component or the service has a name that rules cannot have.
    #[error("`{name}` cannot be the name of a {what}")]
    BadName {
        /// What it is the name of.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A listener was given for a server that does not start.
    #[error("there is no server `{name}` in group `{group}` to listen for")]
    UnknownServer {
        /// The name given.
        name: String,
        /// The group.
        group: String,
        /// Servers that do start.
        servers: Vec<String>,
    },
    /// An address cannot be listened on.
    #[error("listen on {address} for `{name}`: {source}")]
    Listen {
        /// The server.
        name: String,
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A consumer ended with an error.
    #[error("consumer `{name}` ended: {error}")]
    Consumer {
        /// Its name.
        name: String,
        /// Why.
        error: String,
    },
    /// The machine does not give what is needed.
    #[error("start {what}: {source}")]
    Start {
        /// What does not start.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl ServeError {
    /// The error's code, whose page is in `docs/errors/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rules(_) => crate::groups::code::SELECTS_NOTHING,
            Self::Duplicate(_) => code::DUPLICATE,
            Self::BadName { .. } => code::BAD_NAME,
            Self::UnknownServer { .. } => code::UNKNOWN_SERVER,
            Self::Listen { .. } => code::LISTEN,
            Self::Consumer { .. } => code::CONSUMER,
            Self::Start { .. } => code::ENVIRONMENT,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Rules(_) => String::new(),
            Self::Duplicate(_) => "components of one kind have a name each; rename one".into(),
            Self::BadName { .. } => "use small letters, digits and `-`, at most 63 of them".into(),
            Self::UnknownServer { name, servers, .. } => {
                dyeline_router::toml::suggestion(name, servers.iter().map(String::as_str))
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another process listens there: choose another port, or leave the flag out for a free one"
                    .into()
            }
            Self::Listen { .. } => "choose an address of this machine that may be listened on".into(),
            Self::Consumer { .. } => "mend the cause and start the process again".into(),
            Self::Start { .. } => "see the cause; limits of the user or the container may be too low".into(),
        }
    }

    /// The documented exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Consumer { .. } => 1,
            Self::Listen { .. } | Self::Start { .. } => 4,
            _ => 2,
        }
    }
}
