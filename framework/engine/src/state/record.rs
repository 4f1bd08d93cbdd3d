//! The durable form of what a job is submitted with.

use std::sync::Arc;

use crate::{
    job::{Build, JobSpec},
    plan::Plan,
    time::Millis,
};

/// A job's specification in the log and in snapshots.
///
/// The plan is a JSON document: it is written once a job, its names survive changes of order, and a person who looks
/// into a log can read it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SpecRecord {
    /// The chain's name.
    #[prost(string, tag = "1")]
    pub chain: String,
    /// The chain's version.
    #[prost(string, tag = "2")]
    pub version: String,
    /// The parameters as typed.
    #[prost(string, tag = "3")]
    pub params_typed: String,
    /// The parameters as resolved.
    #[prost(string, tag = "4")]
    pub params_resolved: String,
    /// The dedup id.
    #[prost(string, optional, tag = "5")]
    pub dedup: Option<String>,
    /// The nodes' parameters.
    #[prost(bytes = "vec", tag = "6")]
    pub node_params: Vec<u8>,
    /// What the inputs looked like.
    #[prost(bytes = "vec", tag = "7")]
    pub fingerprints: Vec<u8>,
    /// The chain as written.
    #[prost(bytes = "vec", tag = "8")]
    pub chain_source: Vec<u8>,
    /// Where chance comes from.
    #[prost(fixed64, tag = "9")]
    pub seed: u64,
    /// The labels.
    #[prost(message, repeated, tag = "10")]
    pub labels: Vec<LabelRecord>,
    /// Who it belongs to.
    #[prost(string, tag = "11")]
    pub tenant: String,
    /// Larger goes first.
    #[prost(sint32, tag = "12")]
    pub priority: i32,
    /// Attempts that may run at once.
    #[prost(uint32, optional, tag = "13")]
    pub concurrency: Option<u32>,
    /// Nothing of it runs before this, in milliseconds.
    #[prost(uint64, optional, tag = "14")]
    pub due: Option<u64>,
    /// How long it stays in memory once it has ended.
    #[prost(uint64, optional, tag = "15")]
    pub retain_ms: Option<u64>,
    /// The live parameters at the start.
    #[prost(bytes = "vec", tag = "16")]
    pub live_params: Vec<u8>,
    /// The plan, a JSON document.
    #[prost(bytes = "vec", tag = "17")]
    pub plan: Vec<u8>,
}

/// One label.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LabelRecord {
    /// The key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A build of a program.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct BuildRecord {
    /// What tells it from others.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
    /// When it was built, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
}

impl From<Build> for BuildRecord {
    fn from(build: Build) -> Self {
        Self { id: build.id, at: build.at.0 }
    }
}

impl From<BuildRecord> for Build {
    fn from(record: BuildRecord) -> Self {
        Self { id: record.id, at: Millis(record.at) }
    }
}

/// A plan as it is logged. Plans hold text and numbers only, which always can be written.
pub(crate) fn encode_plan(plan: &Plan) -> Vec<u8> {
    serde_json::to_vec(plan).unwrap_or_default()
}

pub(crate) fn decode_plan(bytes: &[u8]) -> Result<Plan, String> {
    serde_json::from_slice(bytes).map_err(|e| format!("the plan cannot be read: {e}"))
}

pub(crate) fn encode_spec(spec: &JobSpec) -> SpecRecord {
    let labels = spec.labels.iter().map(|(k, v)| LabelRecord { key: k.clone(), value: v.clone() });
    SpecRecord {
        chain: spec.chain.clone(),
        version: spec.version.clone(),
        params_typed: spec.params_typed.clone(),
        params_resolved: spec.params_resolved.clone(),
        dedup: spec.dedup.clone(),
        node_params: spec.node_params.to_vec(),
        fingerprints: spec.fingerprints.to_vec(),
        chain_source: spec.chain_source.to_vec(),
        seed: spec.seed,
        labels: labels.collect(),
        tenant: spec.tenant.clone(),
        priority: spec.priority,
        concurrency: spec.concurrency,
        due: spec.due.map(|d| d.0),
        retain_ms: spec.retain_ms,
        live_params: spec.live_params.to_vec(),
        plan: encode_plan(&spec.plan),
    }
}

pub(crate) fn decode_spec(record: SpecRecord) -> Result<JobSpec, String> {
    let plan = decode_plan(&record.plan)?;
    Ok(JobSpec {
        chain: record.chain,
        version: record.version,
        params_typed: record.params_typed,
        params_resolved: record.params_resolved,
        dedup: record.dedup,
        node_params: Arc::from(record.node_params),
        fingerprints: Arc::from(record.fingerprints),
        chain_source: Arc::from(record.chain_source),
        seed: record.seed,
        labels: record.labels.into_iter().map(|l| (l.key, l.value)).collect(),
        tenant: record.tenant,
        priority: record.priority,
        concurrency: record.concurrency,
        due: record.due.map(Millis),
        retain_ms: record.retain_ms,
        live_params: Arc::from(record.live_params),
        plan,
    })
}
