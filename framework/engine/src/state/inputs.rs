//! What a task reads: the artifacts of its producers.

use std::sync::Arc;

use super::{Job, State};
use crate::{
    id::{ShardIx, StageIx, TaskId},
    output::Input,
    plan::{Source, Stage},
    transition::TaskPhase,
};

impl State {
    /// What the producers of a task left, one entry for each input of its stage's source, in its order.
    ///
    /// Inputs that read whole stages are gathered once and shared, so that a thousand tasks that read a thousand
    /// shards each cost a thousand pointers. Shards that failed (and were tolerated) are left out whole.
    #[must_use]
    pub fn inputs_for(&self, id: TaskId) -> Vec<Input> {
        self.jobs.get(&id.job).map(|job| job.inputs_for(id.stage, id.shard)).unwrap_or_default()
    }
}

impl Job {
    pub(crate) fn inputs_for(&self, stage: StageIx, shard: ShardIx) -> Vec<Input> {
        let Some(Stage { source, .. }) = self.plan.stages.get(stage as usize) else { return Vec::new() };
        match source {
            Source::Nothing | Source::Shard => Vec::new(),
            Source::Parts(from, output) => {
                vec![Input { stage: *from, output: *output, port: 0, artifacts: self.whole(*from, *output) }]
            }
            Source::Spool(inputs) => inputs
                .iter()
                .map(|input| {
                    let artifacts = if input.all {
                        self.whole(input.stage, input.output)
                    } else {
                        Arc::new(self.left_by(input.stage, input.output, shard).collect())
                    };
                    Input { stage: input.stage, output: input.output, port: input.input, artifacts }
                })
                .collect(),
        }
    }

    fn whole(&self, stage: StageIx, output: u32) -> Arc<Vec<(ShardIx, Arc<[u8]>)>> {
        let s = &self.stages[stage as usize];
        let gather =
            || Arc::new((0..s.tasks.len() as ShardIx).flat_map(|i| self.left_by(stage, output, i)).collect());
        match s.gathered.get(&output) {
            Some(cell) if s.ended() => cell.get_or_init(gather).clone(),
            _ => gather(),
        }
    }

    fn left_by(
        &self,
        stage: StageIx,
        output: u32,
        shard: ShardIx,
    ) -> impl Iterator<Item = (ShardIx, Arc<[u8]>)> + '_ {
        self.stages[stage as usize]
            .tasks
            .get(shard as usize)
            .filter(|task| task.phase == TaskPhase::Succeeded)
            .into_iter()
            .flat_map(move |task| task.artifacts().iter().filter(move |a| a.output == output))
            .map(move |artifact| (shard, artifact.bytes.clone()))
    }
}
