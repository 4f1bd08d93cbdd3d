//! Scenes that leave a bit of everything in the log; the fixtures of the durable formats are made of them.

use dyeline_engine::{
    Build, Class, Command, Millis, NoteHistory, PauseJob, Place, PolicyChange, ReportCheckpoint, SetPolicy,
    TaskId,
    plan::{Plan, Role, ShardSource, Source},
};

use crate::scene::{JOB, REQUEST, Scene, all, plain, progress, set, stage, task};

/// A job in the middle of its life: tasks in every phase, checkpoints, artifacts, retries, notes, a changed policy.
pub fn eventful() -> Scene {
    let mut plan = Plan {
        stages: vec![
            stage(0, Role::Splitter, ShardSource::Fixed(1), Source::Nothing),
            stage(1, Role::Loader, ShardSource::Split(0), Source::Shard),
            stage(2, Role::Reducer, ShardSource::Fixed(2), all(1, 500_000)),
            stage(3, Role::Sink, ShardSource::Fixed(1), Source::Parts(2, 1)),
        ],
    };
    set(&mut plan, |p| p.cost = Some(700));
    let mut s = Scene::new(plan, 5);
    s.split(task(0, 0), 5);
    s.checkpoint_of(task(1, 0), 1);
    s.checkpoint_of(task(1, 0), 2);
    s.complete(task(1, 1));
    s.fail(task(1, 2), Class::Retryable, Some(Place { row: 4, node: 1, index: 2 }));
    s.fail(task(1, 3), Class::Fatal, None);
    s.act(Command::SetPolicy(SetPolicy {
        request: REQUEST,
        job: JOB,
        change: PolicyChange::JobConcurrency(Some(4)),
    }));
    s.act(Command::NoteHistory(NoteHistory { request: None, job: JOB, text: "gone on".to_owned() }));
    s.act(Command::PauseJob(PauseJob { request: None, job: JOB, reason: "disk full".to_owned() }));
    s
}

trait CheckpointOf {
    fn checkpoint_of(&mut self, id: TaskId, seq: u64);
}

impl CheckpointOf for Scene {
    /// A checkpoint that counts at the node of its stage.
    fn checkpoint_of(&mut self, id: TaskId, seq: u64) {
        let mut progress = progress(seq);
        progress.counts[0].node = id.stage;
        let fence = self.fence(id);
        let report = ReportCheckpoint { request: REQUEST, task: id, fence, progress };
        assert!(self.act(Command::ReportCheckpoint(report)).ends_with("ok"));
    }
}

/// The program that begins the job of [`rebuilt`].
pub const FIRST: Build = Build { id: 0x1111_2222_3333_4444, at: Millis(1_772_368_205_042) };
/// The one that goes on with it.
pub const SECOND: Build = Build { id: 0xaaaa_bbbb_cccc_dddd, at: Millis(1_772_454_605_042) };

/// A job that one build of the program began and another goes on with.
pub fn rebuilt() -> Scene {
    let mut s = Scene::new(plain(3), 0);
    s.join(Some(FIRST));
    s.credit(1);
    s.join(Some(SECOND));
    s.credit(2);
    s
}
