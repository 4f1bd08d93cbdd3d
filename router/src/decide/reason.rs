//! Why a call goes where it goes, step by step.

use std::fmt;

use crate::rules::RollBy;

/// One step of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A rule holds.
    Rule {
        /// The rules file.
        file: String,
        /// The line of the rule.
        line: u32,
        /// The hop, as the rule is about it.
        hop: String,
        /// The chain or iteration it is written for.
        chain: String,
    },
    /// The iteration has no rule for this hop, so that its chain's count.
    NotOfIteration {
        /// The iteration.
        iteration: String,
        /// The chain.
        chain: String,
    },
    /// Weights were rolled.
    Rolled {
        /// With what.
        by: RollBy,
        /// The roll.
        roll: u64,
        /// The sum of the weights.
        sum: u32,
        /// The groups and their ranges, in the order of their names.
        shares: Vec<RolledShare>,
        /// The group it falls on.
        group: String,
    },
    /// The rule names one group.
    OnlyGroup {
        /// The group.
        group: String,
    },
    /// A group has no healthy endpoint.
    Down {
        /// The group.
        group: String,
    },
    /// The next fallback that is written is taken.
    FellBack {
        /// The group.
        group: String,
    },
    /// No fallback has a healthy endpoint either, so that the call stays.
    NoFallback {
        /// The group that was meant.
        group: String,
    },
    /// The call has no dye.
    Undyed,
    /// The dye is of a chain without rules.
    UnknownChain {
        /// The iteration of the dye.
        iteration: String,
    },
    /// The chain has no rule for this hop, and is permissive.
    Permissive {
        /// The chain.
        chain: String,
    },
    /// The service has the caller's own group.
    OwnGroup {
        /// The group.
        group: String,
    },
    /// The service does not have the caller's own group.
    NotOwnGroup {
        /// The group.
        group: String,
    },
    /// The call goes to the default group.
    DefaultGroup {
        /// The group.
        group: String,
    },
}

/// A group in a roll: its rolls, from and below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledShare {
    /// The group.
    pub group: String,
    /// The first roll that falls on it.
    pub from: u32,
    /// The first roll that does not any more.
    pub below: u32,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule { file, line, hop, chain } => {
                write!(f, "{file}:{line}: the hop `{hop}` of chain `{chain}`")
            }
            Self::NotOfIteration { iteration, chain } => {
                write!(f, "`{iteration}` says nothing of this hop, so the rules of `{chain}` hold")
            }
            Self::Rolled { by, roll, sum, shares, group } => rolled(f, *by, *roll, *sum, shares, group),
            Self::OnlyGroup { group } => write!(f, "its only group is `{group}`"),
            Self::Down { group } => write!(f, "`{group}` has no healthy endpoint"),
            Self::FellBack { group } => write!(f, "`if_down` names `{group}`, which has one"),
            Self::NoFallback { group } => {
                write!(f, "no fallback has a healthy endpoint, so it stays with `{group}`")
            }
            Self::Undyed => f.write_str("the call has no dye"),
            Self::UnknownChain { iteration } => write!(f, "there are no rules for the dye `{iteration}`"),
            Self::Permissive { chain } => {
                write!(f, "the chain `{chain}` has no rule for this hop, and is permissive")
            }
            Self::OwnGroup { group } => write!(f, "the service has the caller's own group, `{group}`"),
            Self::NotOwnGroup { group } => {
                write!(f, "the service does not have the caller's own group, `{group}`")
            }
            Self::DefaultGroup { group } => write!(f, "the default group is `{group}`"),
        }
    }
}

fn rolled(
    f: &mut fmt::Formatter<'_>,
    by: RollBy,
    roll: u64,
    sum: u32,
    shares: &[RolledShare],
    group: &str,
) -> fmt::Result {
    let by = match by {
        RollBy::Job => "the roll of the job",
        RollBy::Hop => "the roll of the hop",
        RollBy::Call => "the roll of the call",
    };
    write!(f, "{by} is {roll}, and {roll} % {sum} = {}:", roll % u64::from(sum.max(1)))?;
    for share in shares {
        write!(f, " {}–{} `{}`,", share.from, share.below - 1, share.group)?;
    }
    write!(f, " so it is `{group}`")
}
