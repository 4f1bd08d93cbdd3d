//! Calls that go nowhere: why, and the rule to write.

use thiserror::Error;

use super::code;

/// Why a call goes nowhere. Its text says what to do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoRoute {
    /// The rules have no such service or topic.
    #[error("{file} has no {}; write `[{}]`, and its groups", shown(to), table_of(to))]
    UnknownService {
        /// The rules file.
        file: String,
        /// What was called.
        to: String,
    },
    /// The chain is strict, and nothing is written for this hop.
    #[error(
        "the chain `{chain}` is strict, and {file} has no rule for the hop `{hop}`; write `{key} = \"<group>\"` below \
         `[chains.{}.hops]`",
        table_key(chain)
    )]
    NoRule {
        /// The rules file.
        file: String,
        /// The chain or iteration.
        chain: String,
        /// The hop, with its caller if it is known.
        hop: String,
        /// The key of the rule to write.
        key: String,
    },
    /// The call is outside of every lane, and the service has neither the caller's group nor the default group.
    #[error(
        "{} has neither the caller's group {}nor the default group `{default}`; write `{default} = \"…\"` below `[{}]` \
         of {file}",
        shown(to), own.as_ref().map(|own| format!("`{own}` ")).unwrap_or_default(), table_of(to)
    )]
    NoGroup {
        /// The rules file.
        file: String,
        /// What was called.
        to: String,
        /// The caller's own group, if it is known.
        own: Option<String>,
        /// The default group.
        default: String,
    },
}

impl NoRoute {
    /// Its code, such as `dyeline::route::no_rule`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownService { .. } => code::UNKNOWN_SERVICE,
            Self::NoRule { .. } => code::NO_RULE,
            Self::NoGroup { .. } => code::NO_GROUP,
        }
    }
}

/// ``service `ledger` `` or ``topic `posted` ``.
fn shown(to: &str) -> String {
    match to.strip_prefix(crate::rules::TOPIC) {
        Some(topic) => format!("topic `{topic}`"),
        None => format!("service `{to}`"),
    }
}

/// `services.ledger` or `topics.posted`.
fn table_of(to: &str) -> String {
    match to.strip_prefix(crate::rules::TOPIC) {
        Some(topic) => format!("topics.{topic}"),
        None => format!("services.{to}"),
    }
}

/// A key of TOML, in quotes where it needs them.
pub(super) fn table_key(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { name.to_owned() } else { format!("\"{name}\"") }
}
