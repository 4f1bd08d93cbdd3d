//! Comparing sums: what the engine says of a job, and what the model saw reported.

use std::collections::BTreeMap;

use dyeline_engine::{
    Engine, JobPhase, NodeCounts, TaskPhase, WorkerId,
    invariant::{COUNTS, NO_STALL, ONE_END, RECOVERY},
};

use super::{Broken, Model, broken};

impl Model {
    /// Compares a state that holds exactly what is durable.
    pub(crate) fn compare(&self, engine: &Engine) -> Result<(), Broken> {
        let mut seen = 0;
        for view in engine.state().jobs() {
            seen += 1;
            let Some(job) = self.jobs.get(&view.id()) else {
                return broken(RECOVERY, format!("job {} came from nowhere", view.id()));
            };
            if view.phase() != job.phase || view.run() != job.run {
                return broken(RECOVERY, format!("job {} is {}, not {}", view.id(), view.phase(), job.phase));
            }
            let totals = view.totals().iter().enumerate().map(|(node, counts)| (node as u32, *counts));
            let totals: BTreeMap<u32, NodeCounts> =
                totals.filter(|(_, c)| *c != NodeCounts::default()).collect();
            if totals != job.totals() {
                return broken(
                    COUNTS,
                    format!("job {} counts {totals:?}, not {:?}", view.id(), job.totals()),
                );
            }
            for (stage, tasks) in job.stages.iter().enumerate() {
                for (shard, task) in tasks.iter().flatten().enumerate() {
                    let phase = view.task(stage as u32, shard as u32).map(|t| t.phase());
                    if phase != Some(task.phase) {
                        return broken(
                            RECOVERY,
                            format!("task {stage}/{shard} is {phase:?}, not {}", task.phase),
                        );
                    }
                }
            }
        }
        if seen != self.jobs.len() {
            return broken(RECOVERY, format!("{seen} jobs are there, of {}", self.jobs.len()));
        }
        let lost = self.promised.iter().find(|id| !self.jobs.contains_key(id) && !self.purged.contains(id));
        lost.map_or(Ok(()), |id| broken(ONE_END, format!("job {id} was promised and is gone")))
    }

    /// After a batch: no group may have both a ready task that is free to go and a worker with credit.
    pub(crate) fn no_stall(engine: &Engine, workers: &[(WorkerId, &str)]) -> Result<(), Broken> {
        let idle = workers.iter().filter(|(id, _)| engine.credit(*id) > 0);
        let idle: Vec<_> = idle.map(|(_, group)| *group).collect();
        if idle.is_empty() {
            return Ok(());
        }
        let free = |limit: Option<u32>, live: u32| limit.is_none_or(|limit| live < limit);
        for job in engine.state().jobs() {
            let open = matches!(job.phase(), JobPhase::Pending | JobPhase::Running) && !job.held();
            if !open || !free(job.concurrency(), job.live()) {
                continue;
            }
            for (ix, stage) in job.stages().iter().enumerate() {
                let limit = job.plan().stages[ix].policy.concurrency;
                let ready = stage.tasks[TaskPhase::Ready.index()] > 0;
                if ready && free(limit, stage.live) && idle.contains(&stage.group) {
                    return broken(
                        NO_STALL,
                        format!("stage {ix} of job {} waits beside an idle worker", job.id()),
                    );
                }
            }
        }
        Ok(())
    }
}
