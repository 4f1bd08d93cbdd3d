//! Turns a change of policy as it is asked for into one that the engine carries out.

use std::{ops::RangeInclusive, time::Duration};

use dyeline_engine::{
    PolicyChange,
    limit::MAX_TIMEOUT_MS,
    plan::{Retry, Skip, StageNode},
};
use dyeline_router::toml::{format_count, format_duration};

use super::{Change, ControlError, error::code};
use crate::chain::{COSTS, PRIORITIES};

/// The engine's form of a change; a node is found by `node`.
pub(super) fn policy_change<'a>(
    change: &Change,
    node: impl Fn(&str) -> Result<&'a StageNode, ControlError>,
) -> Result<PolicyChange, ControlError> {
    let place = |name: &str| node(name).map(|n| n.node);
    match change {
        Change::Concurrency { limit: Some(0), node } => {
            let of = node.as_ref().map_or_else(String::new, |n| format!(" of node `{n}`"));
            let error = bad(format!("the concurrency{of} cannot be 0"));
            Err(error.hint("`pause` stops the job; `none` lifts the limit"))
        }
        Change::Concurrency { node: None, limit } => Ok(PolicyChange::JobConcurrency(*limit)),
        Change::Concurrency { node: Some(name), limit } => {
            Ok(PolicyChange::Concurrency { node: place(name)?, limit: *limit })
        }
        Change::Priority { priority } if !PRIORITIES.contains(&i64::from(*priority)) => {
            Err(bad(format!("the priority is {priority}; it has to be {}", limits(&PRIORITIES))))
        }
        Change::Priority { priority } => Ok(PolicyChange::Priority(*priority)),
        Change::Retry { node: name, max, backoff_ms } => {
            let known = node(name)?;
            let was = known.policy.retry.unwrap_or_default();
            let (least, most) = backoff_ms.map_or((was.backoff_min, was.backoff_max), |(least, most)| {
                (Duration::from_millis(least), Duration::from_millis(most))
            });
            if least > most {
                return Err(bad(format!("the back-off of node `{name}` ends before it starts")));
            }
            let retry = Retry { max: *max, backoff_min: least, backoff_max: most };
            Ok(PolicyChange::Retry { node: known.node, retry: Some(retry) })
        }
        Change::Skip { node: name, limit } => {
            Ok(PolicyChange::Skip { node: place(name)?, skip: limit.map(|limit| Skip { limit }) })
        }
        Change::Timeout { node: name, ms } => {
            let timeout = duration("time-out", name, *ms)?;
            Ok(PolicyChange::Timeout { node: place(name)?, timeout })
        }
        Change::Checkpoint { node: name, ms } => {
            let every = duration("time between checkpoints", name, *ms)?;
            Ok(PolicyChange::Checkpoint { node: place(name)?, every })
        }
        Change::Cost { node: name, cost: Some(cost) } if !COSTS.contains(&i64::from(*cost)) => {
            Err(bad(format!(
                "the cost of node `{name}` is {cost}; it has to be {} thousandths of a slot",
                limits(&COSTS)
            )))
        }
        Change::Cost { node: name, cost } => Ok(PolicyChange::Cost { node: place(name)?, cost: *cost }),
        Change::Param { .. } => Err(bad("a parameter is not a policy")),
    }
}

fn limits(of: &RangeInclusive<i64>) -> String {
    format!("from {} to {}", format_count(*of.start()), format_count(*of.end()))
}

fn duration(what: &str, node: &str, ms: Option<u64>) -> Result<Option<Duration>, ControlError> {
    match ms {
        Some(ms) if ms == 0 || ms > MAX_TIMEOUT_MS => {
            let most = format_duration(Duration::from_millis(MAX_TIMEOUT_MS));
            Err(bad(format!("the {what} of node `{node}` has to be from 1ms to {most}")))
        }
        ms => Ok(ms.map(Duration::from_millis)),
    }
}

fn bad(message: impl Into<String>) -> ControlError {
    ControlError::usage(code::BAD_CHANGE, message)
}
