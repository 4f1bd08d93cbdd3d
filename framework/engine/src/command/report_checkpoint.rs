//! A worker reports a checkpoint.

use crate::{
    count::NodeDelta,
    decide::Decide,
    effect::TaskCheckpointed,
    fault::Fault,
    id::{Fence, TaskId},
    limit::{MAX_ARTIFACT_BYTES, MAX_CHECKPOINT_BYTES, MAX_REPORT_ARTIFACTS, MAX_TASK_ARTIFACTS},
    output::{Answer, Refusal, RequestId},
    plan::Stage,
    report::Progress,
};

/// A checkpoint of a running attempt. The same number reported again is accepted and changes nothing. Renews the
/// lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCheckpoint {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// What was done since the last one.
    pub progress: Progress,
}

impl ReportCheckpoint {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let (request, task, fence) = (self.request, self.task, self.fence);
        let result = self.report(cx);
        cx.reply_to_report(request, task, fence, result);
    }

    fn report(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let task = cx.valid_task(self.task, self.fence)?;
        let repeated = self.progress.seq == task.seq() && self.progress.seq > 0;
        if !repeated {
            cx.check_progress(self.task, &self.progress, false)?;
            cx.commit_checkpoint(self.task, self.progress);
        }
        cx.renew(self.task, self.fence);
        Ok(Answer::Accepted)
    }
}

impl Decide<'_> {
    /// Logs a checkpoint that was checked, and fails the job when it gave up too many items.
    pub(crate) fn commit_checkpoint(&mut self, task: TaskId, progress: Progress) {
        let gave_up = gave_up(&progress.counts);
        self.emit(TaskCheckpointed { task: task.into(), progress: progress.into() });
        if gave_up {
            self.check_skip_limit(task.job);
        }
    }

    /// Whether progress follows the last checkpoint, is within limits, and is about nodes and outputs of its stage.
    /// `done` allows an atomic stage to report.
    pub(crate) fn check_progress(&self, id: TaskId, progress: &Progress, done: bool) -> Result<(), Refusal> {
        let job = self.job(id.job)?;
        let stage = &job.plan.stages[id.stage as usize];
        let task = self.state.task_ref(id).ok_or(Refusal::UnknownTask(id))?;
        let last = task.seq();
        if progress.seq != last + 1 && !self.planted.has(Fault::CheckpointMovesBack) {
            return Err(Refusal::CheckpointOrder { task: id, last, got: progress.seq });
        }
        if stage.atomic && !done {
            let name = &stage.name;
            return Err(Refusal::Invalid(format!(
                "stage `{name}` is atomic and has no checkpoints: report its end only"
            )));
        }
        let largest = progress.artifacts.iter().map(|a| a.bytes.len()).max().unwrap_or(0);
        let all = task.artifacts().len() + progress.artifacts.len();
        let sizes = [
            ("the checkpoint", progress.bytes.len(), MAX_CHECKPOINT_BYTES),
            ("an artifact", largest, MAX_ARTIFACT_BYTES),
            ("the number of artifacts in a report", progress.artifacts.len(), MAX_REPORT_ARTIFACTS),
            ("the number of artifacts of a task", all, MAX_TASK_ARTIFACTS),
        ];
        if let Some((what, got, limit)) = sizes.into_iter().find(|(_, got, limit)| got > limit) {
            return Err(Refusal::TooLarge { what, got: got as u64, limit: limit as u64 });
        }
        strangers(stage, progress).map_or(Ok(()), |what| Err(Refusal::Invalid(what)))
    }
}

/// Nodes or outputs that a stage does not have.
fn strangers(stage: &Stage, progress: &Progress) -> Option<String> {
    let own = |delta: &&NodeDelta| !stage.nodes.iter().any(|n| n.node == delta.node);
    if let Some(delta) = progress.counts.iter().find(own) {
        return Some(format!("stage `{}` has no node {}", stage.name, delta.node));
    }
    let output = progress.artifacts.iter().find(|a| a.output as usize >= stage.outputs.len())?;
    Some(format!("stage `{}` has no output {}", stage.name, output.output))
}

/// Whether items were skipped or dead-lettered.
pub(crate) fn gave_up(counts: &[NodeDelta]) -> bool {
    counts.iter().any(|delta| delta.counts.given_up() > 0)
}
