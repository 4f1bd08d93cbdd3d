//! The rules that a command runs under: read once, followed while it runs.

use std::{path::Path, sync::Arc};

use dyeline_router::{
    propagate::Hosts,
    reload::{Live, POLL_EVERY, Seen, Watch},
    rules::Rules,
};

use super::{Console, Exit, Failure, failure::code};
use crate::worker::Lanes;

/// A rules file in use. It is followed until this is dropped.
#[derive(Debug)]
pub(super) struct RulesInUse {
    /// The file as it was at the start.
    pub rules: Arc<Rules>,
    /// Where dyes may go, if the file says so.
    pub hosts: Option<Hosts>,
    /// The table in use.
    pub live: Arc<Live>,
    /// Follows the file.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "follows the file until it is dropped"))]
    pub watch: Watch,
}

impl RulesInUse {
    /// Reads a file, checks it, runs its tests, and follows it from then on.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn open(path: &Path, console: &Console) -> Result<Self, Failure> {
        let rules = Arc::new(Rules::load(path)?);
        let (live, warnings) = Live::open(path)?;
        if !warnings.is_empty() {
            console.tell(&warnings.render(console.err.look()));
        }
        let live = Arc::new(live);
        let hosts = hosts(&rules)?;
        let console = *console;
        let watch = Watch::start(Arc::clone(&live), POLL_EVERY, move |seen| tell(&console, &seen));
        let watch = watch.map_err(|error| {
            let message = format!("start the thread that follows the rules: {error}");
            Failure::new(Exit::Environment, code::RULES, message)
        })?;
        Ok(Self { rules, hosts, live, watch })
    }
}

/// The hosts that `only_to` names.
fn hosts(rules: &Rules) -> Result<Option<Hosts>, Failure> {
    let patterns = &rules.dye.only_to;
    if patterns.is_empty() {
        return Ok(None);
    }
    let read = Hosts::parse(patterns.iter().map(|pattern| pattern.value.as_str()));
    read.map(Some).map_err(|bad| {
        let texts: Vec<String> = bad.iter().map(ToString::to_string).collect();
        Failure::usage(code::RULES, format!("`only_to` of the rules: {}", texts.join("; ")))
    })
}

/// How the attempts of a process call services under these rules.
pub(super) fn lanes(rules: Option<&RulesInUse>) -> Lanes {
    Lanes::new(rules.map(|rules| Arc::clone(&rules.live)), rules.and_then(|rules| rules.hosts.clone()))
}

fn tell(console: &Console, seen: &Seen) {
    match seen {
        Seen::Swapped(swap) => {
            tracing::info!(version = swap.version, "the rules changed and are in use");
            if !swap.warnings.is_empty() {
                console.tell(&swap.warnings.render(console.err.look()));
            }
        }
        Seen::Refused(mistakes) => {
            let text = mistakes.render(console.err.look());
            // Told even when quiet: somebody believes that these rules are in use.
            eprintln!("{}\nthe changed rules are refused; those from before stay in use", text.trim_end());
        }
    }
}
