//! The effect of taking over a partition.

use crate::{
    state::{EvolveError, State},
    transition::TaskPhase,
};

/// An owner took over, and voided every lease. What ran is ready again; nothing is counted.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct OwnershipAcquired {
    /// The owner's generation.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
}

impl OwnershipAcquired {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        state.epoch = self.epoch;
        let tasks: Vec<_> = state.live.keys().copied().collect();
        for id in tasks {
            state.leave_live(id);
            let stage = state.stage_mut("OwnershipAcquired", id.job, id.stage)?;
            stage.set_phase("OwnershipAcquired", id.shard, TaskPhase::Ready)?;
            state.requeue_after(id.job, id.stage);
        }
        Ok(())
    }
}
