//! Every limit of the engine, each with its reason. What is beyond one is refused with an error that names it.

/// Shards of one stage. A job of this size costs some 20 MB of memory and a second of dispatch.
pub const MAX_SHARDS: u32 = 100_000;
/// Stages of one plan; chains have up to 1,000 nodes, and a node makes at most two stages.
pub const MAX_STAGES: usize = 2_000;
/// Nodes of one chain.
pub const MAX_NODES: u32 = 1_000;
/// Tasks of one job over all its stages, so that one job cannot take the memory of the others.
pub const MAX_TASKS: u64 = 1_000_000;
/// Unfinished and retained jobs of a partition.
pub const MAX_JOBS: usize = 1_000_000;
/// Bytes of each text or byte string a job is submitted with: parameters, node parameters, fingerprints.
pub const MAX_SPEC_BYTES: usize = 4 << 20;
/// Bytes of a name: chain, version, dedup id, tenant, label.
pub const MAX_NAME_BYTES: usize = 256;
/// Labels of a job.
pub const MAX_LABELS: usize = 64;
/// Bytes of a shard's description; it is held in memory for each shard.
pub const MAX_SHARD_BYTES: usize = 64 << 10;
/// Bytes of a checkpoint. Larger state belongs into files that the checkpoint names.
pub const MAX_CHECKPOINT_BYTES: usize = 1 << 20;
/// Bytes of one artifact: it names files, it does not hold them.
pub const MAX_ARTIFACT_BYTES: usize = 256 << 10;
/// Artifacts in one report.
pub const MAX_REPORT_ARTIFACTS: usize = 10_000;
/// Artifacts of one task over all its checkpoints.
pub const MAX_TASK_ARTIFACTS: usize = 1_000_000;
/// Bytes of a task's result.
pub const MAX_RESULT_BYTES: usize = 256 << 10;
/// Bytes of an error's text that are kept; the rest is in the worker's log.
pub const MAX_ERROR_BYTES: usize = 2 << 10;
/// Failures of a job that are remembered, the last ones.
pub const MAX_FAILURES: usize = 20;
/// History notes of a job that are remembered, the last ones.
pub const MAX_NOTES: usize = 200;
/// Bytes of a history note or of a reason.
pub const MAX_NOTE_BYTES: usize = 4 << 10;
/// Places of one task that were given up and not yet passed by a checkpoint.
pub const MAX_EXHAUSTED: usize = 10_000;
/// Lost workers in a row, without a checkpoint between, after which a task is failed: it may be what kills them.
pub const MAX_LOST_IN_A_ROW: u32 = 20;
/// Throttled attempts in a row, without a checkpoint between, that do not count as retries. At a back-off of 30 s
/// that is about eight hours of a service saying "not now".
pub const MAX_THROTTLED_IN_A_ROW: u32 = 1_000;
/// Attempts in a row without a checkpoint, whatever their places: a task that fails somewhere else each time must
/// end as well.
pub const MAX_FRUITLESS_IN_A_ROW: u32 = 2_000;
/// The longest wait that a throttled error may ask for.
pub const MAX_RETRY_AFTER_MS: u64 = 3_600_000;
/// The longest time-out of an attempt.
pub const MAX_TIMEOUT_MS: u64 = 24 * 3_600_000;
/// Connected workers.
pub const MAX_WORKERS: usize = 10_000;
/// Credit one worker may hold, so that a wrong grant cannot drain a queue into one process.
pub const MAX_CREDIT: u32 = 10_000;
/// Shards in one effect, and tasks in one record of a snapshot: keeps each below some 64 MB at the worst.
pub const SHARDS_PER_EFFECT: usize = 1_000;
/// Timers fired by one tick; the others fire with the next, so that replies do not wait behind them.
pub const TIMERS_PER_TICK: usize = 1_000;
/// How long the dedup id of a succeeded job is remembered after the job itself was purged.
pub const DEDUP_RETAIN_MS: u64 = 7 * 24 * 3_600_000;
/// How long a finished job stays in memory when it does not say: a day.
pub const DEFAULT_RETAIN_MS: u64 = 24 * 3_600_000;
/// Milliseconds of waiting that are worth one step of priority, so that nothing is starved.
pub const AGEING_STEP_MS: u64 = 60_000;
/// What running an attempt costs when its policy does not say, in thousandths of a slot.
pub const DEFAULT_COST: u32 = 1_000;
