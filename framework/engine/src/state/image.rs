//! The durable form of jobs and tasks in a snapshot.

use std::sync::Arc;

use super::record::{BuildRecord, SpecRecord};
use crate::effect::{JobRef, PlaceRecord};

/// Everything of a partition that is not a job.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PartitionImage {
    #[prost(uint32, tag = "1")]
    pub(crate) partition: u32,
    #[prost(uint64, tag = "2")]
    pub(crate) epoch: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) next_fence: u64,
}

/// One dedup id.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DedupImage {
    #[prost(string, tag = "1")]
    pub(crate) dedup: String,
    #[prost(message, required, tag = "2")]
    pub(crate) job: JobRef,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) until: Option<u64>,
    #[prost(bool, tag = "4")]
    pub(crate) succeeded: bool,
}

/// One job without its tasks.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct JobImage {
    #[prost(message, required, tag = "1")]
    pub(crate) job: JobRef,
    #[prost(message, required, tag = "2")]
    pub(crate) spec: SpecRecord,
    /// The plan with the policies in force, when they differ from those of the launch.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) plan: Option<Vec<u8>>,
    #[prost(uint32, tag = "4")]
    pub(crate) phase: u32,
    #[prost(bool, tag = "5")]
    pub(crate) held: bool,
    #[prost(string, optional, tag = "6")]
    pub(crate) pause_reason: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub(crate) fail_reason: Option<String>,
    #[prost(sint32, tag = "8")]
    pub(crate) priority: i32,
    #[prost(uint32, optional, tag = "9")]
    pub(crate) concurrency: Option<u32>,
    #[prost(uint32, tag = "10")]
    pub(crate) params_version: u32,
    #[prost(bytes = "vec", tag = "11")]
    pub(crate) params: Vec<u8>,
    #[prost(uint64, tag = "12")]
    pub(crate) created: u64,
    #[prost(uint64, optional, tag = "13")]
    pub(crate) started: Option<u64>,
    #[prost(uint64, optional, tag = "14")]
    pub(crate) ended: Option<u64>,
    #[prost(uint32, tag = "15")]
    pub(crate) run: u32,
    #[prost(message, repeated, tag = "16")]
    pub(crate) failures: Vec<FailureImage>,
    #[prost(message, repeated, tag = "17")]
    pub(crate) notes: Vec<NoteImage>,
    /// Stages whose shards are known: how many each has. `None` for the others.
    #[prost(message, repeated, tag = "18")]
    pub(crate) stages: Vec<StageImage>,
    /// The build that ran it last.
    #[prost(message, optional, tag = "19")]
    pub(crate) build: Option<BuildRecord>,
}

/// One stage without its tasks.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct StageImage {
    #[prost(uint32, optional, tag = "1")]
    pub(crate) shards: Option<u32>,
}

/// One remembered failure.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FailureImage {
    #[prost(uint32, tag = "1")]
    pub(crate) stage: u32,
    #[prost(uint32, tag = "2")]
    pub(crate) shard: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) attempt: u32,
    #[prost(uint64, tag = "4")]
    pub(crate) at: u64,
    #[prost(uint32, tag = "5")]
    pub(crate) class: u32,
    #[prost(uint32, optional, tag = "6")]
    pub(crate) node: Option<u32>,
    #[prost(message, optional, tag = "7")]
    pub(crate) place: Option<PlaceRecord>,
    #[prost(string, tag = "8")]
    pub(crate) code: String,
    #[prost(string, tag = "9")]
    pub(crate) text: String,
    #[prost(bool, tag = "10")]
    pub(crate) last: bool,
}

/// One line of history.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NoteImage {
    #[prost(uint64, tag = "1")]
    pub(crate) at: u64,
    #[prost(string, tag = "2")]
    pub(crate) text: String,
    /// The build before a change of it, if that was noted.
    #[prost(message, optional, tag = "3")]
    pub(crate) from: Option<BuildRecord>,
    /// The build after a change of it.
    #[prost(message, optional, tag = "4")]
    pub(crate) to: Option<BuildRecord>,
}

impl NoteImage {
    pub(crate) fn of(note: &Note) -> Self {
        Self {
            at: note.at.0,
            text: note.text.clone(),
            from: note.rebuilt.and_then(|r| r.from).map(Into::into),
            to: note.rebuilt.map(|r| r.to.into()),
        }
    }

    pub(crate) fn restore(self) -> Note {
        let from = self.from.map(Into::into);
        let rebuilt = self.to.map(|to| Rebuilt { from, to: to.into() });
        Note { at: Millis(self.at), text: self.text, rebuilt }
    }
}

/// Tasks of one stage, at most 1,000, shard after shard.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TasksImage {
    #[prost(message, required, tag = "1")]
    pub(crate) job: JobRef,
    #[prost(uint32, tag = "2")]
    pub(crate) stage: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) first: u32,
    #[prost(message, repeated, tag = "4")]
    pub(crate) tasks: Vec<TaskImage>,
}

/// One task.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TaskImage {
    #[prost(uint32, tag = "1")]
    pub(crate) phase: u32,
    #[prost(uint32, tag = "2")]
    pub(crate) attempt: u32,
    #[prost(uint32, tag = "3")]
    pub(crate) params_version: u32,
    #[prost(uint64, tag = "4")]
    pub(crate) fence: u64,
    #[prost(fixed64, tag = "5")]
    pub(crate) worker: u64,
    #[prost(uint64, tag = "6")]
    pub(crate) at: u64,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) counts: Vec<u8>,
    #[prost(message, optional, tag = "8")]
    pub(crate) extra: Option<ExtraImage>,
}

/// What most tasks do not have.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExtraImage {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) seq: Option<u64>,
    #[prost(uint64, tag = "2")]
    pub(crate) row: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) bytes: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) artifacts: Vec<crate::effect::ArtifactRecord>,
    #[prost(message, optional, tag = "5")]
    pub(crate) place: Option<PlaceRecord>,
    #[prost(uint32, tag = "6")]
    pub(crate) count: u32,
    #[prost(uint32, tag = "7")]
    pub(crate) lost: u32,
    #[prost(uint32, tag = "8")]
    pub(crate) throttled: u32,
    #[prost(uint32, tag = "9")]
    pub(crate) fruitless: u32,
    #[prost(message, repeated, tag = "10")]
    pub(crate) exhausted: Vec<PlaceRecord>,
    #[prost(bytes = "vec", optional, tag = "11")]
    pub(crate) result: Option<Vec<u8>>,
}

/// Shards a splitter found.
pub(crate) type FoundImage = crate::effect::ShardsFound;

use super::{Extra, Retries, Task};
use crate::{
    count::Tally,
    job::{Note, Rebuilt},
    report::{Artifact, Checkpoint},
    time::Millis,
    transition::TASK_PHASES,
};

impl TaskImage {
    pub(crate) fn of(task: &Task) -> Self {
        Self {
            phase: task.phase.index() as u32,
            attempt: task.attempt,
            params_version: task.params_version,
            fence: task.fence,
            worker: task.worker,
            at: task.at.0,
            counts: task.counts.as_bytes().to_vec(),
            extra: task.extra.as_deref().map(ExtraImage::of),
        }
    }

    pub(crate) fn restore(self) -> Option<Task> {
        Some(Task {
            phase: *TASK_PHASES.get(self.phase as usize)?,
            attempt: self.attempt,
            params_version: self.params_version,
            fence: self.fence,
            worker: self.worker,
            at: Millis(self.at),
            counts: Tally::from_bytes(&self.counts)?,
            extra: self.extra.map(|e| Box::new(e.restore())),
        })
    }
}

impl ExtraImage {
    fn of(extra: &Extra) -> Self {
        let checkpoint = extra.checkpoint.as_ref();
        let artifacts = extra.artifacts.iter();
        let artifact =
            |a: &Artifact| crate::effect::ArtifactRecord { output: a.output, bytes: a.bytes.to_vec() };
        Self {
            seq: checkpoint.map(|c| c.seq),
            row: checkpoint.map_or(0, |c| c.row),
            bytes: checkpoint.map(|c| c.bytes.to_vec()).unwrap_or_default(),
            artifacts: artifacts.map(artifact).collect(),
            place: extra.retries.place.map(PlaceRecord::from),
            count: extra.retries.count,
            lost: extra.retries.lost,
            throttled: extra.retries.throttled,
            fruitless: extra.retries.fruitless,
            exhausted: extra.exhausted.iter().map(|p| (*p).into()).collect(),
            result: extra.result.as_ref().map(|r| r.to_vec()),
        }
    }

    fn restore(self) -> Extra {
        let (row, bytes) = (self.row, self.bytes);
        let artifacts = self.artifacts.into_iter();
        Extra {
            checkpoint: self.seq.map(|seq| Checkpoint { seq, row, bytes: Arc::from(bytes) }),
            artifacts: artifacts.map(|a| Artifact { output: a.output, bytes: a.bytes.into() }).collect(),
            retries: Retries {
                place: self.place.map(Into::into),
                count: self.count,
                lost: self.lost,
                throttled: self.throttled,
                fruitless: self.fruitless,
            },
            exhausted: self.exhausted.into_iter().map(Into::into).collect(),
            result: self.result.map(Arc::from),
        }
    }
}
