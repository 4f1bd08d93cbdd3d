//! Makes a job of each task: the chain once, the items for each.

use std::{collections::BTreeMap, path::Path};

use dyeline_engine::{
    JobSpec,
    plan::{Plan, Role},
};
use dyeline_processors::contract::registry::Registry;
use dyeline_router::{rules::Rules, toml::suggestion};
use serde_json::{Value, json};

use super::tasks::{Task, together};
use crate::{
    chain::{self, Catalog, Chain, Given, PortItems, ProcessorSpec, Resolved},
    cli::{Failure, failure::code},
    job::Work,
    launch::{check_allowed, in_lane},
};

/// The node that holds a task's items.
const INPUT: &str = "input";
/// The node that writes what a task makes.
const RESULT: &str = "result";

/// What every task of a command has in common.
pub(super) struct Shape {
    resolved: Resolved,
    plan: Plan,
    params: Vec<(String, String)>,
}

impl Shape {
    /// The chain around a processor.
    pub(super) fn new(
        processor: &str,
        record: Option<&str>,
        params: &[(String, String)],
        out: Option<&Path>,
        (given, rules): (&Given, Option<&Rules>),
    ) -> Result<Self, Failure> {
        let catalog = Catalog::registered();
        let spec = catalog.processor(processor).ok_or_else(|| {
            let message = format!("there is no processor `{processor}`");
            let names = catalog.processors().map(|p| p.name.as_str());
            Failure::usage(code::TASK, message).hint(suggestion(processor, names))
        })?;
        let record = input_record(spec, record)?;
        let mut builder = Chain::builder(format!("task-{processor}"))
            .folder(&given.folder)
            .node(INPUT, "items-load")
            .record(record)
            .param("items", Value::Array(Vec::new()))
            .node(processor, processor)
            .after(INPUT);
        for (name, value) in params {
            builder = builder.param(name, param_value(spec, name, value));
        }
        match (out, spec.outputs.is_empty()) {
            (Some(_), true) => {
                let message =
                    format!("`{processor}` makes no items, so there is nothing to write to `--out`");
                return Err(Failure::usage(code::TASK, message));
            }
            (Some(out), false) => {
                let path = out.to_string_lossy().replace('{', "{{").replace('}', "}}");
                builder = builder.node(RESULT, "jsonl-write").after(processor).param("path", path);
            }
            (None, _) => {}
        }
        let chain = builder.build(&catalog)?;
        let resolved = chain.resolve(&in_lane(given, rules, chain.name(), chain.version()))?;
        let plan = chain::plan(&chain, &resolved)?;
        if let Some(rules) = rules {
            check_allowed(&plan, rules)?;
        }
        Ok(Self { resolved, plan, params: params.to_vec() })
    }

    /// The jobs of the tasks. Every task is built once, so that all that do not fit are told before any work.
    pub(super) fn jobs(
        &self,
        tasks: Vec<Task>,
        registry: &Registry,
    ) -> Result<Vec<(Task, JobSpec)>, Failure> {
        let mut jobs = Vec::with_capacity(tasks.len());
        let mut mistakes = Vec::new();
        for task in tasks {
            match self.job(&task, registry) {
                Ok(spec) => jobs.push((task, spec)),
                Err(why) => mistakes.push(format!("{}: {why}", task.place)),
            }
        }
        if mistakes.is_empty() { Ok(jobs) } else { Err(together(mistakes)) }
    }

    fn job(&self, task: &Task, registry: &Registry) -> Result<JobSpec, String> {
        let resolved = &self.resolved;
        let input = resolved.graph.nodes.iter().position(|node| node.name == INPUT);
        let mut params: Vec<_> =
            resolved.node_params.iter().map(|p| p.clone().into_iter().collect()).collect();
        if let Some(of_input) = input.and_then(|at| params.get_mut(at)) {
            let of_input: &mut BTreeMap<String, Value> = of_input;
            of_input.insert("items".into(), Value::Array(task.items.clone()));
        }
        let records = resolved.node_settings.iter().map(|settings| settings.record.clone()).collect();
        let work = Work::new(resolved.graph.clone(), params, records);
        for node in self.plan.stages.iter().flat_map(|stage| &stage.nodes) {
            work.build(node, &BTreeMap::new(), registry).map_err(|error| error.to_string())?;
        }
        let shown: BTreeMap<&str, &str> = self.params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let params = json!({ "input": task.items, "params": shown }).to_string();
        Ok(JobSpec {
            chain: resolved.chain.clone(),
            params_typed: params.clone(),
            params_resolved: params,
            dedup: task.id.clone(),
            node_params: work.encode().map_err(|error| error.to_string())?.into(),
            chain_source: resolved.canonical.as_bytes().into(),
            seed: resolved.hash,
            plan: self.plan.clone(),
            ..JobSpec::default()
        })
    }
}

/// The record of a task's items: what the processor takes, or what `--record` names where it takes any.
fn input_record<'a>(spec: &'a ProcessorSpec, named: Option<&'a str>) -> Result<&'a str, Failure> {
    let wrong = |why: String| Err(Failure::usage(code::TASK, why));
    if !matches!(spec.role, Role::Processor | Role::Sink) {
        let name = &spec.name;
        return wrong(format!(
            "`{name}` is neither a processor nor a sink, so it is no task of its own: use it in a chain"
        ));
    }
    let [port] = &spec.inputs[..] else {
        return wrong(format!(
            "`{}` joins {} inputs, so it is no task of its own: use it in a chain",
            spec.name,
            spec.inputs.len()
        ));
    };
    match (&port.items, named) {
        (PortItems::Record(record), None) => Ok(&record.name),
        (PortItems::Record(record), Some(named)) if named == record.name => Ok(named),
        (PortItems::Record(record), Some(named)) => {
            wrong(format!("`{}` takes items of `{}`, not of `{named}`", spec.name, record.name))
        }
        (_, Some(named)) => Ok(named),
        (_, None) => Err(Failure::usage(code::TASK, format!("`{}` takes items of any record", spec.name))
            .hint("name the record of the input with `--record NAME`")),
    }
}

/// A parameter as it was typed: as it is where that fits, else as JSON, for lists and tables. Braces are no
/// placeholders here.
fn param_value(spec: &ProcessorSpec, name: &str, text: &str) -> Value {
    let plain = Value::String(text.to_owned());
    let known = spec.params.iter().find(|param| param.name == name);
    let fits = known.is_none_or(|param| (param.check)(&plain).is_ok());
    if !fits && let Ok(json) = serde_json::from_str::<Value>(text) {
        return json;
    }
    Value::String(text.replace('{', "{{").replace('}', "}}"))
}
