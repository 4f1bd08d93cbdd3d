//! What leaves the engine, compared with what is durable.

use std::sync::Arc;

use dyeline_engine::{
    Answer, HandOut, Output, Reply, ShardIx, TaskPhase,
    invariant::{DURABLE_FIRST, FORWARD, ONE_REPLY},
    plan::Source,
};

use super::{Broken, MJob, Model, broken};

impl Model {
    /// Checks an output at the moment it leaves.
    pub(crate) fn leaves(&mut self, output: &Output) -> Result<(), Broken> {
        match output {
            Output::HandOut(hand_out) => self.handed_out(hand_out),
            Output::Reply(reply) => self.replied(reply),
            Output::JobChanged { job, .. } | Output::StageEnded { job, .. } => {
                if self.jobs.contains_key(job) || self.purged.contains(job) {
                    return Ok(());
                }
                broken(DURABLE_FIRST, format!("news of job {job} left before it was durable"))
            }
            Output::JobPurged { job } if !self.purged.contains(job) => {
                broken(DURABLE_FIRST, format!("job {job} was told purged before that was durable"))
            }
            Output::JobPurged { .. }
            | Output::CancelAttempt { .. }
            | Output::ReportRefused { .. }
            | Output::LiveParams { .. } => Ok(()),
        }
    }

    fn handed_out(&self, out: &HandOut) -> Result<(), Broken> {
        let id = out.task;
        if out.fence.0 > self.last_fence {
            return broken(DURABLE_FIRST, format!("task {id} was handed out before its lease was durable"));
        }
        // It may have ended since, by a later effect of the same batch.
        if self.live.get(&id).is_none_or(|(fence, _)| *fence != out.fence.0) {
            return Ok(());
        }
        let Some(job) = self.jobs.get(&id.job) else {
            return broken(DURABLE_FIRST, format!("task {id} was handed out, and its job is not there"));
        };
        let task = job.stages[id.stage as usize].as_ref().and_then(|t| t.get(id.shard as usize));
        let Some(task) = task else {
            return broken(DURABLE_FIRST, format!("task {id} was handed out, and is not there"));
        };
        let seq = out.checkpoint.as_ref().map_or(0, |c| c.seq);
        if seq != task.seq {
            return broken(
                FORWARD,
                format!("task {id} goes on from checkpoint {seq}, and {} was accepted", task.seq),
            );
        }
        if out.exhausted != task.exhausted {
            return broken(
                FORWARD,
                format!("task {id} gives up {:?}, not {:?}", out.exhausted, task.exhausted),
            );
        }
        let inputs: Vec<_> = out.inputs.iter().map(|i| i.artifacts.clone()).collect();
        if inputs != expected_inputs(job, id.stage, id.shard) {
            return broken(FORWARD, format!("task {id} was handed other inputs than its producers left"));
        }
        Ok(())
    }

    fn replied(&mut self, reply: &Reply) -> Result<(), Broken> {
        if !self.answered.insert(reply.request) {
            return broken(ONE_REPLY, format!("request {:?} was answered twice", reply.request));
        }
        if let Ok(Answer::Submitted { job, existing }) = reply.result {
            if !self.jobs.contains_key(&job) && !self.purged.contains(&job) {
                return broken(
                    DURABLE_FIRST,
                    format!("job {job} was promised before it was durable ({existing})"),
                );
            }
            self.promised.insert(job);
        }
        Ok(())
    }
}

/// The artifacts of one input.
type Left = Arc<Vec<(ShardIx, Arc<[u8]>)>>;

/// What the producers of a task left, by what the model saw them report.
fn expected_inputs(job: &MJob, stage: u32, shard: ShardIx) -> Vec<Left> {
    let left = |from: u32, output: u32, only: Option<ShardIx>| {
        let tasks = job.stages[from as usize].iter().flatten().enumerate();
        let tasks = tasks.filter(|(ix, t)| {
            t.phase == TaskPhase::Succeeded && only.is_none_or(|only| only as usize == *ix)
        });
        let artifacts = tasks.flat_map(|(ix, task)| {
            let mine = task.artifacts.iter().filter(|(o, _)| *o == output);
            mine.map(move |(_, bytes)| (ix as ShardIx, Arc::from(bytes.as_slice())))
        });
        Arc::new(artifacts.collect::<Vec<_>>())
    };
    match &job.plan.stages[stage as usize].source {
        Source::Nothing | Source::Shard => Vec::new(),
        Source::Parts(from, output) => vec![left(*from, *output, None)],
        Source::Spool(inputs) => {
            inputs.iter().map(|i| left(i.stage, i.output, (!i.all).then_some(shard))).collect()
        }
    }
}
