//! A worker reports a task done.

use crate::{
    command::report_checkpoint::gave_up,
    decide::Decide,
    effect::{ShardRecord, ShardsFound, TaskSucceeded},
    id::{Fence, TaskId},
    limit::{MAX_NAME_BYTES, MAX_RESULT_BYTES, MAX_SHARD_BYTES, MAX_SHARDS, MAX_TASKS, SHARDS_PER_EFFECT},
    output::{Answer, Refusal, RequestId},
    report::{Progress, Shard},
    transition::TaskPhase,
};

/// An attempt is done. Reported again with the same fence, it is accepted and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteAttempt {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// What was done since the last checkpoint; its number follows like that of a checkpoint.
    pub progress: Progress,
    /// What a splitter found; empty for every other role. Logged, and never asked for again.
    pub shards: Vec<Shard>,
    /// Bytes for the shell, such as the manifest that a publisher wrote. May be empty.
    pub result: Vec<u8>,
}

impl CompleteAttempt {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let (request, task, fence) = (self.request, self.task, self.fence);
        let result = self.complete(cx);
        cx.reply_to_report(request, task, fence, result);
    }

    fn complete(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let id = self.task;
        let repeated = |t: &crate::state::Task| t.phase == TaskPhase::Succeeded && t.fence == self.fence.0;
        if cx.state.task_ref(id).is_some_and(repeated) {
            return Ok(Answer::Accepted);
        }
        cx.valid_task(id, self.fence)?;
        cx.check_progress(id, &self.progress, true)?;
        self.check_result(cx)?;
        for (part, shards) in self.shards.chunks(SHARDS_PER_EFFECT).enumerate() {
            let shards =
                shards.iter().map(|s| ShardRecord { bytes: s.bytes.to_vec(), label: s.label.to_string() });
            let first = (part * SHARDS_PER_EFFECT) as u32;
            let shards = shards.collect();
            cx.emit(ShardsFound { job: id.job.into(), stage: id.stage, first, shards });
        }
        let check = gave_up(&self.progress.counts);
        let mut progress = self.progress;
        progress.bytes = Vec::new();
        let at = cx.now.0;
        cx.emit(TaskSucceeded { task: id.into(), at, progress: progress.into(), result: self.result });
        if check {
            cx.check_skip_limit(id.job);
        }
        cx.task_ended(id);
        Ok(Answer::Accepted)
    }

    fn check_result(&self, cx: &Decide<'_>) -> Result<(), Refusal> {
        let id = self.task;
        if !self.shards.is_empty() && !cx.job(id.job)?.splits(id.stage) {
            return Err(Refusal::Invalid(format!("task {id} is not of a splitter and cannot find shards")));
        }
        let bytes = self.shards.iter().map(|s| s.bytes.len()).max().unwrap_or(0);
        let label = self.shards.iter().map(|s| s.label.len()).max().unwrap_or(0);
        let sizes = [
            ("the number of shards", self.shards.len(), MAX_SHARDS as usize),
            ("a shard's description", bytes, MAX_SHARD_BYTES),
            ("a shard's label", label, MAX_NAME_BYTES),
            ("the result", self.result.len(), MAX_RESULT_BYTES),
        ];
        if let Some((what, got, limit)) = sizes.into_iter().find(|(_, got, limit)| got > limit) {
            return Err(Refusal::TooLarge { what, got: got as u64, limit: limit as u64 });
        }
        let too_many =
            |got| Refusal::TooLarge { what: "the number of the job's tasks", got, limit: MAX_TASKS };
        cx.tasks_with(id.job, id.stage, self.shards.len()).map_err(too_many)
    }
}
