//! Writing the state out in chunks, and reading it back.
//!
//! ```text
//! snapshot = magic "DYES", version:u8 (1), record…      records as in a batch, with kinds of their own
//! record   = partition, dedup…, (job, found…, tasks…)…, end (the digest)
//! ```

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::{
    Dedup, Job, State,
    image::{
        DedupImage, FailureImage, FoundImage, JobImage, NoteImage, PartitionImage, StageImage, TaskImage,
        TasksImage,
    },
    record::{decode_plan, encode_plan},
};
use crate::{
    effect::{DecodeError, Record, ShardRecord, read_record, write_record},
    failure::{Class, Failure},
    id::{Fence, JobId, TaskId, WorkerId},
    job::LiveParams,
    limit::{MAX_SHARDS, SHARDS_PER_EFFECT},
    report::Shard,
    time::Millis,
    timer::Timer,
    transition::{JobPhase, TaskPhase},
};

const MAGIC: &[u8; 5] = b"DYES\x01";
const PARTITION: u8 = 100;
const DEDUP: u8 = 101;
const JOB: u8 = 102;
const FOUND: u8 = 103;
const TASKS: u8 = 104;
const END: u8 = 105;

/// Why a snapshot could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are not a snapshot, or one of a newer version.
    #[error("the bytes are not a snapshot of version 1")]
    NotASnapshot,
    /// A record cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A record does not fit those before it.
    #[error("the snapshot does not fit together: {0}")]
    Misfit(String),
    /// The end is missing, or its digest differs from what was read.
    #[error("the snapshot is cut short, or its digest does not match")]
    Digest,
}

/// The end of a snapshot.
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct EndImage {
    /// xxh3-64 of all bytes before this record.
    #[prost(fixed64, tag = "1")]
    digest: u64,
}

impl State {
    /// Writes the state out, chunk after chunk, none larger than one job's description or 1,000 of its tasks. The
    /// chunks make the snapshot when put together.
    pub fn write_snapshot(&self, write: &mut dyn FnMut(&[u8])) {
        let mut hash = Xxh3::new();
        self.write_records(&mut |chunk| {
            hash.update(chunk);
            write(chunk);
        });
        let mut end = Vec::new();
        write_record(END, 1, &EndImage { digest: hash.digest() }, &mut end);
        write(&end);
    }

    /// A number that is the same for the same durable state: xxh3-64 of its snapshot. Takes as long as a snapshot.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        self.write_records(&mut |chunk| hash.update(chunk));
        hash.digest()
    }

    fn write_records(&self, write: &mut dyn FnMut(&[u8])) {
        let mut chunk = MAGIC.to_vec();
        let (partition, epoch, next_fence) = (u32::from(self.partition), self.epoch, self.next_fence);
        write_record(PARTITION, 1, &PartitionImage { partition, epoch, next_fence }, &mut chunk);
        for (dedup, owner) in &self.dedup {
            let until = owner.until.map(|t| t.0);
            let image = DedupImage {
                dedup: dedup.to_string(),
                job: owner.job.into(),
                until,
                succeeded: owner.succeeded,
            };
            write_record(DEDUP, 1, &image, &mut chunk);
            flush(&mut chunk, 64 << 10, write);
        }
        for job in self.jobs.values() {
            write_job(job, &mut chunk, write);
        }
        flush(&mut chunk, 0, write);
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// When the bytes are not a whole snapshot of a known version.
    pub fn read_snapshot(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::NotASnapshot)?;
        let mut state = Self::new(0);
        loop {
            let before = bytes.len() - rest.len();
            let record = read_record(&mut rest)?;
            if record.kind == END {
                let end: EndImage = read(&record)?;
                let digest = xxhash_rust::xxh3::xxh3_64(&bytes[..before]);
                if end.digest != digest || !rest.is_empty() {
                    return Err(SnapshotError::Digest);
                }
                state.derive();
                return Ok(state);
            }
            state.read_record(&record)?;
            if rest.is_empty() {
                return Err(SnapshotError::Digest);
            }
        }
    }

    fn read_record(&mut self, record: &Record<'_>) -> Result<(), SnapshotError> {
        match record.kind {
            PARTITION => {
                let image: PartitionImage = read(record)?;
                self.partition = image.partition as u16;
                self.epoch = image.epoch;
                self.next_fence = image.next_fence;
            }
            DEDUP => {
                let image: DedupImage = read(record)?;
                let (job, until) = (image.job.id(), image.until.map(Millis));
                let owner = Dedup { job, until, succeeded: image.succeeded };
                self.dedup.insert(image.dedup.into(), owner);
            }
            JOB => {
                let job = restore_job(read(record)?)?;
                self.jobs.insert(job.id, job);
            }
            FOUND => {
                let image: FoundImage = read(record)?;
                let stage = self.stage_for(image.job.id(), image.stage)?;
                let shards = image.shards.into_iter();
                stage
                    .found
                    .extend(shards.map(|s| Arc::new(Shard { bytes: s.bytes.into(), label: s.label.into() })));
            }
            TASKS => {
                let image: TasksImage = read(record)?;
                let stage = self.stage_for(image.job.id(), image.stage)?;
                for (i, image_of) in image.tasks.into_iter().enumerate() {
                    let slot = stage.tasks.get_mut(image.first as usize + i);
                    let (Some(slot), Some(task)) = (slot, image_of.restore()) else {
                        return Err(SnapshotError::Misfit(format!("tasks of stage {}", image.stage)));
                    };
                    *slot = task;
                }
            }
            kind => return Err(DecodeError::Unknown { kind, version: record.version }.into()),
        }
        Ok(())
    }

    fn stage_for(&mut self, job: JobId, stage: u32) -> Result<&mut super::Stage, SnapshotError> {
        self.jobs
            .get_mut(&job)
            .and_then(|j| j.stages.get_mut(stage as usize))
            .ok_or_else(|| SnapshotError::Misfit(format!("stage {stage} of job {job}")))
    }

    /// Makes everything that follows from what is durable.
    fn derive(&mut self) {
        for (name, owner) in &self.dedup {
            if let Some(until) = owner.until {
                self.timers.set(until, Timer::Dedup(name.clone()));
            }
        }
        let ids: Vec<JobId> = self.jobs.keys().copied().collect();
        for id in ids {
            self.derive_job(id);
            self.requeue_all(id);
        }
    }

    fn derive_job(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if let Some(at) = job.retained_until() {
            self.timers.set(at, Timer::Retain(id));
        }
        if let (true, Some(due)) = (job.held, job.spec.due) {
            self.timers.set(due, Timer::Due(id));
        }
        let mut leased = Vec::new();
        for (ix, stage) in job.stages.iter_mut().enumerate() {
            stage.by_phase = [0; 7];
            for (shard, task) in stage.tasks.iter().enumerate() {
                let task_id = TaskId { job: id, stage: ix as u32, shard: shard as u32 };
                stage.by_phase[task.phase.index()] += 1;
                match task.phase {
                    TaskPhase::Ready => drop(stage.ready.insert(task_id.shard)),
                    TaskPhase::Backoff => self.timers.set(task.at, Timer::Backoff(task_id)),
                    TaskPhase::Leased => {
                        leased.push((task_id, Fence(task.fence), WorkerId(task.worker), task.at));
                    }
                    _ => {}
                }
                for node in task.counts.iter() {
                    if let Some(total) = job.totals.get_mut(node.node as usize) {
                        total.add(&node.counts);
                    }
                }
            }
        }
        for (task, fence, worker, at) in leased {
            self.enter_live(task, fence, worker, at);
        }
    }
}

fn read<M: prost::Message + Default>(record: &Record<'_>) -> Result<M, SnapshotError> {
    if record.version != 1 {
        return Err(DecodeError::Unknown { kind: record.kind, version: record.version }.into());
    }
    let body = |e: prost::DecodeError| DecodeError::Body { effect: "snapshot", what: e.to_string() };
    M::decode(record.body).map_err(|e| body(e).into())
}

fn flush(chunk: &mut Vec<u8>, above: usize, write: &mut dyn FnMut(&[u8])) {
    if chunk.len() > above {
        write(chunk);
        chunk.clear();
    }
}

fn write_job(job: &Job, chunk: &mut Vec<u8>, write: &mut dyn FnMut(&[u8])) {
    write_record(JOB, 1, &job_image(job), chunk);
    flush(chunk, 64 << 10, write);
    for (ix, stage) in job.stages.iter().enumerate() {
        let (job, ix) = (job.id.into(), ix as u32);
        for (part, shards) in stage.found.chunks(SHARDS_PER_EFFECT).enumerate() {
            let shards =
                shards.iter().map(|s| ShardRecord { bytes: s.bytes.to_vec(), label: s.label.to_string() });
            let first = (part * SHARDS_PER_EFFECT) as u32;
            write_record(FOUND, 1, &FoundImage { job, stage: ix, first, shards: shards.collect() }, chunk);
            flush(chunk, 64 << 10, write);
        }
        for (part, tasks) in stage.tasks.chunks(SHARDS_PER_EFFECT).enumerate() {
            let tasks = tasks.iter().map(TaskImage::of).collect();
            let first = (part * SHARDS_PER_EFFECT) as u32;
            write_record(TASKS, 1, &TasksImage { job, stage: ix, first, tasks }, chunk);
            flush(chunk, 64 << 10, write);
        }
    }
}

fn job_image(job: &Job) -> JobImage {
    let failures = job.failures.iter().map(|f| FailureImage {
        stage: f.task.stage,
        shard: f.task.shard,
        attempt: f.attempt,
        at: f.at.0,
        class: f.class.index() as u32,
        node: f.node,
        place: f.place.map(Into::into),
        code: f.code.clone(),
        text: f.text.clone(),
        last: f.last,
    });
    let stages = job.stages.iter().map(|s| StageImage { shards: s.opened.then_some(s.tasks.len() as u32) });
    JobImage {
        job: job.id.into(),
        spec: super::encode_spec(&job.spec),
        plan: (*job.plan != job.spec.plan).then(|| encode_plan(&job.plan)),
        phase: job.phase.number(),
        held: job.held,
        pause_reason: job.pause_reason.clone(),
        fail_reason: job.fail_reason.clone(),
        priority: job.priority,
        concurrency: job.concurrency,
        params_version: job.params.version,
        params: job.params.bytes.to_vec(),
        created: job.created.0,
        started: job.started.map(|t| t.0),
        ended: job.ended.map(|t| t.0),
        run: job.run,
        failures: failures.collect(),
        notes: job.notes.iter().map(NoteImage::of).collect(),
        stages: stages.collect(),
        build: job.build.map(Into::into),
    }
}

fn restore_job(image: JobImage) -> Result<Job, SnapshotError> {
    let id = image.job.id();
    let misfit = |what: String| SnapshotError::Misfit(format!("job {id}: {what}"));
    let spec = super::decode_spec(image.spec).map_err(&misfit)?;
    if let Some(what) = crate::sound::plan_fault(&spec.plan) {
        return Err(misfit(what));
    }
    let mut job = Job::new(id, Arc::new(spec), Millis(image.created));
    if let Some(plan) = image.plan {
        let plan = decode_plan(&plan).map_err(&misfit)?;
        if crate::sound::plan_fault(&plan).is_some() || plan.stages.len() != job.stages.len() {
            return Err(misfit("its plan is another than it was submitted with".to_owned()));
        }
        job.plan = Arc::new(plan);
    }
    job.phase = JobPhase::from_number(image.phase).ok_or_else(|| misfit(format!("phase {}", image.phase)))?;
    job.held = image.held;
    job.pause_reason = image.pause_reason;
    job.fail_reason = image.fail_reason;
    job.priority = image.priority;
    job.concurrency = image.concurrency;
    job.params = LiveParams { version: image.params_version, bytes: image.params.into() };
    job.started = image.started.map(Millis);
    job.ended = image.ended.map(Millis);
    job.run = image.run;
    job.notes = image.notes.into_iter().map(NoteImage::restore).collect();
    job.build = image.build.map(Into::into);
    for f in image.failures {
        let class = Class::from_index(f.class).ok_or_else(|| misfit(format!("class {}", f.class)))?;
        job.failures.push_back(Failure {
            task: TaskId { job: id, stage: f.stage, shard: f.shard },
            attempt: f.attempt,
            at: Millis(f.at),
            class,
            node: f.node,
            place: f.place.map(Into::into),
            code: f.code,
            text: f.text,
            last: f.last,
        });
    }
    if image.stages.len() != job.stages.len() {
        return Err(misfit(format!("{} stages", image.stages.len())));
    }
    for (stage, image) in job.stages.iter_mut().zip(&image.stages) {
        let Some(shards) = image.shards.filter(|n| *n <= MAX_SHARDS) else { continue };
        stage.opened = true;
        stage.tasks = vec![super::Task::default(); shards as usize];
    }
    Ok(job)
}
