//! The path of a job: every hop that its chain has rules for, or one call, explained.

use std::fmt;

use super::{Ask, Downed, Explanation, job_roll, route::hop};
use crate::{
    rules::{Balance, Mode, Rules},
    table::Table,
};

/// What is asked of the rules: a job, and which of its calls.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The chain or iteration.
    pub iteration: String,
    /// The job.
    pub job: Option<String>,
    /// The roll, if it does not follow from the job.
    pub roll: Option<u64>,
    /// One call, its caller and its target; all hops that have rules, if none is named.
    pub call: Option<(Option<String>, String)>,
    /// The group of whoever makes the first call; that of the chain's workers, if none is named.
    pub group: Option<String>,
    /// Groups that have no healthy endpoint: service (or `topic:…`) and group.
    pub down: Vec<(String, String)>,
}

/// The hops of a job, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedPath {
    /// Every hop, in the order of the file.
    pub path: Vec<ExplainedHop>,
    /// The group of the chain's own stages.
    pub lane: String,
    /// What becomes of hops without a rule.
    pub mode: Mode,
}

/// One hop, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedHop {
    /// The hop: `risk`, `ledger -> risk`.
    pub hop: String,
    /// The service, or `topic:…`.
    pub service: String,
    /// The group, if the call goes anywhere.
    pub group: Option<String>,
    /// Where the group is: the address that the job prefers, all addresses that share its calls, or the topic.
    pub endpoint: Option<String>,
    /// What weights were rolled with, if a rule decided.
    pub roll: Option<u64>,
    /// Why, in order.
    pub reasons: Vec<String>,
    /// Why the call goes nowhere, if it does not.
    pub error: Option<String>,
}

impl Table {
    /// The path of a job. `rules` are those that the table was made of.
    pub fn explain_path(&self, rules: &Rules, question: &Question) -> ExplainedPath {
        let mut down = Downed::default();
        for (service, group) in &question.down {
            down.add(self, service, group);
        }
        let calls = match &question.call {
            Some(call) => vec![call.clone()],
            None => calls_of(rules, &question.iteration),
        };
        let lane = question.group.as_deref().unwrap_or(self.workers(&question.iteration)).to_owned();
        let mut path: Vec<ExplainedHop> = Vec::with_capacity(calls.len());
        for (from, to) in &calls {
            // The caller is in the group that a hop to it goes to.
            let reached = path.iter().rev().find(|hop| Some(&hop.service) == from.as_ref());
            let group = reached.and_then(|hop| hop.group.clone()).unwrap_or_else(|| lane.clone());
            let ask = question.ask(from.as_deref(), &group, to);
            path.push(explained(&ask, &self.explain_with(&ask, &down)));
        }
        let mode = rules.chains_of(&question.iteration).find_map(|chain| chain.mode).unwrap_or_default();
        ExplainedPath { path, lane: self.workers(&question.iteration).to_owned(), mode }
    }
}

impl Question {
    fn ask<'a>(&'a self, from: Option<&'a str>, group: &'a str, to: &'a str) -> Ask<'a> {
        let chance = self.roll.or_else(|| self.job.as_deref().map(job_roll)).unwrap_or_default();
        Ask {
            iteration: Some(&self.iteration),
            job: self.job.as_deref(),
            roll: self.roll,
            from,
            group: Some(group),
            to,
            chance,
        }
    }
}

/// The hops that rules are written for, the iteration's before the chain's, each once.
fn calls_of(rules: &Rules, iteration: &str) -> Vec<(Option<String>, String)> {
    let mut calls: Vec<(Option<String>, String)> = Vec::new();
    for rule in rules.chains_of(iteration).flat_map(|chain| &chain.hops) {
        let call = (rule.from.clone(), rule.to.clone());
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    // Those of the chain's own stages first: they say in which group the callers of the others are.
    calls.sort_by_key(|(from, _)| from.is_some());
    calls
}

fn explained(ask: &Ask<'_>, explanation: &Explanation<'_>) -> ExplainedHop {
    let decision = explanation.decision.as_ref();
    ExplainedHop {
        hop: hop(ask),
        service: ask.to.to_owned(),
        group: decision.ok().map(|decision| decision.group().to_owned()),
        endpoint: decision.ok().map(|decision| endpoint(ask, decision)),
        roll: decision.ok().and_then(super::Decision::roll),
        reasons: explanation.reasons.iter().map(ToString::to_string).collect(),
        error: decision.err().map(ToString::to_string),
    }
}

fn endpoint(ask: &Ask<'_>, decision: &super::Decision<'_>) -> String {
    if let Some(topic) = decision.topic() {
        return topic.to_owned();
    }
    if decision.balance() == Balance::Rendezvous
        && let Some(pick) = decision.pick(ask)
    {
        return pick.address().to_string();
    }
    let endpoints = decision.cluster().endpoints().iter();
    endpoints.map(|endpoint| endpoint.address().to_string()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for ExplainedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.mode == Mode::Strict { "strict" } else { "permissive" };
        writeln!(f, "stages in `{}`, {mode}", self.lane)?;
        for hop in &self.path {
            match (&hop.group, &hop.endpoint) {
                (Some(group), Some(endpoint)) => writeln!(f, "{} → {group}  ({endpoint})", hop.hop)?,
                _ => writeln!(f, "{} → nowhere", hop.hop)?,
            }
            for reason in hop.reasons.iter().chain(&hop.error) {
                writeln!(f, "  {reason}")?;
            }
        }
        Ok(())
    }
}
