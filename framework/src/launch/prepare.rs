//! Everything that can be checked before any work: the chain, its parameters, its inputs and outputs.

use std::{path::PathBuf, sync::Arc, time::Instant};

use dyeline_engine::{
    JobSpec,
    plan::{Plan, Role, StageNode},
};
use dyeline_processors::{
    contract::{
        Context, Node, ParamMap,
        context::{Attempt, StopFlag},
        registry::Registry,
    },
    disk::Disk,
};
use dyeline_router::rules::Rules;

use super::{Fingerprints, LaunchError, allowed, folders::Folders, identity::Identity};
use crate::{
    chain::{self, Catalog, Chain, Given, Resolved},
    job::Work,
};

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct LaunchRequest {
    /// The chain file.
    pub file: PathBuf,
    /// Parameters, the group, the time relative ones resolve against.
    pub given: Given,
    /// Preview: the most items of the first shard.
    pub limit: Option<u64>,
    /// An id that succeeds once.
    pub id: Option<String>,
    /// The rules that say where stages run, and what may run there.
    pub rules: Option<Arc<Rules>>,
}

/// A launch that passed every check that needs no data directory.
#[derive(Debug)]
pub struct Prepared {
    /// What makes it the same as another launch.
    pub identity: Identity,
    /// The job, if a new one is to be submitted.
    pub spec: JobSpec,
    /// What the chain file should rather not say.
    pub warnings: dyeline_router::toml::Mistakes,
}

/// Checks all that can be checked before any work.
pub fn prepare(
    request: &LaunchRequest,
    registry: &Registry,
    disk: &Arc<dyn Disk>,
) -> Result<Prepared, LaunchError> {
    let chain = Chain::load(&request.file, &Catalog::registered()).map_err(LaunchError::Chain)?;
    let given = in_lane(&request.given, request.rules.as_deref(), chain.name(), chain.version());
    let resolved = chain.resolve(&given).map_err(LaunchError::Chain)?;
    let plan = chain::plan(&chain, &resolved).map_err(LaunchError::Chain)?;
    if let Some(rules) = &request.rules {
        allowed::check(&plan, rules).map_err(LaunchError::Chain)?;
    }
    let mut work = work_of(&resolved);
    work.limit = request.limit;
    let inputs = check_nodes(&resolved.chain, &work, &plan, registry, disk)?;
    let identity = Identity {
        chain: resolved.chain.clone(),
        version: resolved.version.clone().unwrap_or_default(),
        typed: resolved.params_typed.clone(),
        resolved: resolved.params_resolved.clone(),
        canonical: resolved.canonical.clone(),
        inputs,
        limit: request.limit,
        id: request.id.clone(),
    };
    let spec = spec_of(&identity, &resolved, &work, plan)?;
    Ok(Prepared { identity, spec, warnings: resolved.warnings })
}

/// What a chain is given, with the group that rules name for its stages.
pub(crate) fn in_lane(given: &Given, rules: Option<&Rules>, chain: &str, version: Option<&str>) -> Given {
    let iteration = version.map_or_else(|| chain.to_owned(), |version| format!("{chain}@{version}"));
    let named = rules.and_then(|rules| rules.chains_of(&iteration).find_map(|rule| rule.workers.as_ref()));
    Given { workers: named.map(|group| group.value.clone()), ..given.clone() }
}

fn work_of(resolved: &Resolved) -> Work {
    let params = resolved.node_params.iter().map(|p| p.clone().into_iter().collect::<ParamMap>()).collect();
    let records = resolved.node_settings.iter().map(|s| s.record.clone()).collect();
    Work::new(resolved.graph.clone(), params, records)
}

fn spec_of(
    identity: &Identity,
    resolved: &Resolved,
    work: &Work,
    plan: Plan,
) -> Result<JobSpec, LaunchError> {
    Ok(JobSpec {
        chain: identity.chain.clone(),
        version: identity.version.clone(),
        params_typed: identity.typed.clone(),
        params_resolved: identity.resolved.clone(),
        dedup: identity.id.clone(),
        node_params: work.encode()?.into(),
        fingerprints: identity.inputs.encode().into(),
        chain_source: identity.canonical.as_bytes().into(),
        seed: resolved.hash,
        labels: resolved.labels.clone().into_iter().collect(),
        priority: resolved.priority.unwrap_or(0),
        concurrency: resolved.concurrency,
        retain_ms: resolved.retain.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        plan,
        ..JobSpec::default()
    })
}

/// Builds every node once: parameters fit, inputs are there, outputs can be written. Returns the inputs' fingerprints.
fn check_nodes(
    chain: &str,
    work: &Work,
    plan: &Plan,
    registry: &Registry,
    disk: &Arc<dyn Disk>,
) -> Result<Fingerprints, LaunchError> {
    let mut inputs = Fingerprints::default();
    let mut folders = Folders::default();
    let nodes = plan.stages.iter().flat_map(|s| &s.nodes);
    for node in nodes.filter(|n| !n.merge) {
        let built = work.build(node, &std::collections::BTreeMap::new(), registry)?;
        let cx = outside(chain, node, work, disk, String::new());
        let (checked, read) = match built {
            Node::Split(mut split) => (split.check(&cx), split.inputs()),
            Node::Load(mut load) => (load.check(&cx), load.inputs()),
            Node::Process(_) => (Ok(()), Vec::new()),
            Node::Sink(mut sink) => {
                sink.prepare(&cx).map_err(|e| refused(node, &e))?;
                if let Some((_, folder)) = sink.folder() {
                    folders.take(node, folder)?;
                }
                continue;
            }
        };
        checked.map_err(|e| refused(node, &e))?;
        for path in read {
            check_input(&path).map_err(|message| place(node, message))?;
            inputs.take(&path);
        }
        fingerprint_params(node, work, registry, &mut inputs);
    }
    Ok(inputs)
}

fn place(node: &StageNode, message: String) -> LaunchError {
    LaunchError::Place { node: node.name.clone(), message, code: None, help: None }
}

/// What a processor says against its place, with its code and its help.
fn refused(node: &StageNode, error: &dyeline_processors::Error) -> LaunchError {
    let help = error.help().map(str::to_owned);
    LaunchError::Place { node: node.name.clone(), message: error.to_string(), code: error.code(), help }
}

/// A file that is to be read must be there and be a file.
fn check_input(path: &std::path::Path) -> Result<(), String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("the input {shown} does not exist"))
        }
        Err(e) => Err(format!("the input {shown} cannot be read: {e}")),
        Ok(meta) if meta.is_dir() => Err(format!("the input {shown} is a folder, not a file")),
        Ok(_) => {
            std::fs::File::open(path).map(drop).map_err(|e| format!("the input {shown} cannot be read: {e}"))
        }
    }
}

/// Files that a node's parameters name are inputs too, whoever reads them.
fn fingerprint_params(node: &StageNode, work: &Work, registry: &Registry, inputs: &mut Fingerprints) {
    if node.role == Role::Sink {
        return;
    }
    let Some(processor) = registry.processors.get(node.processor.as_str()) else { return };
    let Some(params) = work.params.get(node.node as usize) else { return };
    for param in (processor.params)().iter().filter(|p| p.path) {
        match params.get(param.name) {
            Some(serde_json::Value::String(path)) => inputs.take(path.as_ref()),
            Some(serde_json::Value::Array(paths)) => {
                for path in paths.iter().filter_map(|p| p.as_str()) {
                    inputs.take(path.as_ref());
                }
            }
            _ => {}
        }
    }
}

/// A context for what runs outside of any attempt; `job` is empty for a check before there is one.
pub(super) fn outside(
    chain: &str,
    node: &StageNode,
    work: &Work,
    disk: &Arc<dyn Disk>,
    job: String,
) -> Context {
    Context::new(Attempt {
        job,
        chain: chain.to_owned(),
        version: None,
        node: node.name.clone(),
        shard: 0,
        attempt: 0,
        fence: 0,
        stop: StopFlag::default(),
        deadline: None::<Instant>,
        disk: Arc::clone(disk),
        spool: PathBuf::new(),
        chunk_rows: work.chunk_rows,
        futures: None,
    })
}
