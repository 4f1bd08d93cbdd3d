//! Handing out: while a group has ready tasks and a worker with credit.

use crate::{
    decide::Decide,
    effect::{HistoryNoted, JobStarted, TaskLeased},
    id::{Fence, JobId, StageIx, TaskId, WorkerId},
    invariant,
    job::Build,
    output::{HandOut, Output},
    transition::JobPhase,
};

impl Decide<'_> {
    /// Hands out all that can be: afterwards every group lacks ready tasks or credit.
    pub(crate) fn dispatch(&mut self) {
        loop {
            let first = |(group, worker): (&std::sync::Arc<str>, WorkerId)| {
                Some((worker, self.state.queue.first(group)?))
            };
            let next = self.workers.able().find_map(first);
            let Some((worker, (job, stage))) = next else { return };
            if !self.lease(worker, job, stage) {
                return;
            }
        }
    }

    /// Leases the first ready task of a stage to a worker.
    fn lease(&mut self, worker: WorkerId, job: JobId, stage: StageIx) -> bool {
        let Some(j) = self.state.jobs.get(&job) else { return false };
        let Some(shard) = j.stages[stage as usize].ready.first().copied() else { return false };
        debug_assert!(invariant::within_limits(j, stage), "{}", invariant::LIMIT.id);
        let params_version = j.params.version;
        self.note_build(j.phase, j.build, worker, job);
        let id = TaskId { job, stage, shard };
        let fence = self.state.next_fence + self.unseen.len() as u64;
        let at = self.now.0;
        self.emit(TaskLeased { task: id.into(), fence, worker: worker.0, at, params_version });
        self.workers.set_credit(worker, |credit| credit.saturating_sub(1));
        if let Some(hand_out) = self.hand_out(id, Fence(fence), worker) {
            self.output(Output::HandOut(Box::new(hand_out)));
        }
        self.batch.fault.is_none()
    }

    /// Starts a job with the build that runs it, and notes when another one goes on with it: the mended program that a
    /// failed job waited for.
    fn note_build(&mut self, phase: JobPhase, last: Option<Build>, worker: WorkerId, job: JobId) {
        let (build, at) = (self.workers.build(worker), self.now.0);
        if phase == JobPhase::Pending {
            self.emit(JobStarted { job: job.into(), at, build: build.map(Into::into) });
            self.job_changed(job);
        } else if let Some(build) = build.filter(|b| last.is_none_or(|last| last.id != b.id)) {
            let text = "goes on with another build of the program".to_owned();
            self.emit(HistoryNoted { job: job.into(), at, text, build: Some(build.into()) });
        }
    }

    fn hand_out(&self, id: TaskId, fence: Fence, worker: WorkerId) -> Option<HandOut> {
        let job = self.state.jobs.get(&id.job)?;
        let stage = job.stages.get(id.stage as usize)?;
        let task = stage.tasks.get(id.shard as usize)?;
        let shard = job.splitter(id.stage).and_then(|s| job.stages[s as usize].found.get(id.shard as usize));
        Some(HandOut {
            worker,
            task: id,
            fence,
            attempt: task.attempt,
            run: job.run,
            spec: job.spec.clone(),
            plan: job.plan.clone(),
            checkpoint: task.checkpoint().cloned(),
            left: task.artifacts().to_vec(),
            shard: shard.cloned(),
            shards: stage.tasks.len() as u32,
            inputs: job.inputs_for(id.stage, id.shard),
            exhausted: task.exhausted().to_vec(),
            params: job.params.clone(),
            lease_ms: self.settings.lease_ms,
            deadline: self.state.live.get(&id).and_then(|l| l.timeout_timer),
        })
    }
}
