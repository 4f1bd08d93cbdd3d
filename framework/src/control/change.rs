//! Checks the changes of a running job against its plan and its processors, and carries them out: all, or none.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dyeline_engine::{
    Command, JobId, SetParams, SetPolicy,
    plan::{Plan, StageNode},
};
use dyeline_processors::contract::{ParamMap, ParamType, registry::Registry};
use dyeline_router::toml::suggestion;
use serde_json::Value;

use super::{Change, ControlError, error::code, policy::policy_change};
use crate::partition::Inbox;

/// Live parameters as they are logged: node → parameter → value.
type Live = BTreeMap<String, ParamMap>;

/// What a job is, as far as changes are checked against it.
struct Target {
    plan: Arc<Plan>,
    live: Live,
}

/// Carries out changes of one job. Every change is checked before the first is carried out.
pub(super) fn change(
    inbox: &Inbox,
    registry: &Registry,
    job: JobId,
    changes: &[Change],
    wait: Duration,
) -> Result<(), ControlError> {
    let read = inbox
        .read(move |state| state.job(job).map(|v| (Arc::clone(v.plan()), Arc::clone(&v.params().bytes))))?;
    let (plan, bytes) = read.ok_or_else(|| ControlError::no_job(job))?;
    let live: Live = if bytes.is_empty() { Ok(Live::new()) } else { serde_json::from_slice(&bytes) }
        .map_err(|e| bad(format!("the live parameters of job {job} cannot be read: {e}")))?;
    let mut target = Target { plan, live };
    let mut policies = Vec::new();
    let mut mistakes = Vec::new();
    let before = target.live.clone();
    for change in changes {
        match target.check(change, registry) {
            Ok(Some(policy)) => policies.push(policy),
            Ok(None) => {}
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if let Some(error) = together(mistakes) {
        return Err(error);
    }
    for change in policies {
        inbox.request(wait, move |request| {
            Command::SetPolicy(SetPolicy { request: Some(request), job, change })
        })?;
    }
    if target.live != before {
        let params: Arc<[u8]> = serde_json::to_vec(&target.live).map_err(|e| bad(e.to_string()))?.into();
        inbox.request(wait, move |request| {
            Command::SetParams(SetParams { request: Some(request), job, params })
        })?;
    }
    Ok(())
}

/// Several mistakes as one error: a command with five of them shows five.
fn together(mut mistakes: Vec<ControlError>) -> Option<ControlError> {
    if mistakes.len() < 2 {
        return mistakes.pop();
    }
    let with_hint = |m: &ControlError| m.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
    let lines: Vec<String> =
        mistakes.iter().map(|m| format!("\n  - {}{}", m.message, with_hint(m))).collect();
    Some(bad(format!("nothing was changed, since {} changes do not fit:{}", lines.len(), lines.concat())))
}

fn bad(message: impl Into<String>) -> ControlError {
    ControlError::usage(code::BAD_CHANGE, message)
}

impl Target {
    /// The policy that a change is, or the change noted in the live parameters.
    fn check(
        &mut self,
        change: &Change,
        registry: &Registry,
    ) -> Result<Option<dyeline_engine::PolicyChange>, ControlError> {
        if let Change::Param { node, param, value, folder } = change {
            let known = self.node(node)?;
            let name = known.name.clone();
            let value = live_value(known, param, value, folder.as_deref(), registry)?;
            self.live.entry(name).or_default().insert(param.clone(), value);
            return Ok(None);
        }
        policy_change(change, |name| self.node(name)).map(Some)
    }

    /// A node of the job.
    fn node(&self, name: &str) -> Result<&StageNode, ControlError> {
        let nodes = || self.plan.stages.iter().flat_map(|stage| &stage.nodes);
        nodes().find(|node| node.name == name).ok_or_else(|| {
            bad(format!("the job has no node `{name}`"))
                .hint(suggestion(name, nodes().map(|n| n.name.as_str())))
        })
    }
}

/// The value of a live parameter, checked against its type.
fn live_value(
    node: &StageNode,
    param: &str,
    text: &str,
    folder: Option<&str>,
    registry: &Registry,
) -> Result<Value, ControlError> {
    let processor = registry.processors.get(node.processor.as_str()).ok_or_else(|| {
        bad(format!("node `{}` is a `{}`, which this program does not have", node.name, node.processor))
            .hint("use the program that launched the job")
    })?;
    let params = (processor.params)();
    let live = || params.iter().filter(|p| p.live).map(|p| p.name);
    let Some(known) = params.iter().find(|p| p.name == param) else {
        let message = format!("`{}` of node `{}` has no parameter `{param}`", processor.name, node.name);
        return Err(bad(message).hint(suggestion(param, live())));
    };
    if !known.live {
        let names: Vec<String> = live().map(|name| format!("`{name}`")).collect();
        let hint = match names.len() {
            0 => "none of its parameters can; launch the chain again with another value".to_owned(),
            _ => format!("those that can: {}", names.join(", ")),
        };
        let message = format!("parameter `{param}` of node `{}` cannot change on a running job", node.name);
        return Err(bad(message).hint(hint));
    }
    typed(known, text, folder)
        .map_err(|why| bad(format!("parameter `{param}` of node `{}`: {why}", node.name)))
}

/// A typed text as the parameter's type reads it: as it is, else as JSON, for lists and tables.
fn typed(param: &ParamType, text: &str, folder: Option<&str>) -> Result<Value, String> {
    let plain = Value::String(text.to_owned());
    let value = match (param.check)(&plain) {
        Ok(()) => plain,
        Err(error) => match serde_json::from_str::<Value>(text) {
            Ok(json) => (param.check)(&json).map(|()| json).map_err(|e| e.to_string())?,
            Err(_) => return Err(error.to_string()),
        },
    };
    Ok(if param.path { absolute(value, folder) } else { value })
}

/// Paths typed at a terminal are relative to its current folder.
fn absolute(value: Value, folder: Option<&str>) -> Value {
    match (value, folder) {
        (Value::String(path), Some(folder)) => {
            Value::String(std::path::Path::new(folder).join(path).to_string_lossy().into_owned())
        }
        (Value::Array(paths), folder) => paths.into_iter().map(|path| absolute(path, folder)).collect(),
        (other, _) => other,
    }
}
