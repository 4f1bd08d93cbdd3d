//! The shell took over the partition, and no former worker can be alive.

use std::collections::BTreeSet;

use crate::{
    decide::Decide,
    effect::OwnershipAcquired,
    id::JobId,
    output::{CancelReason, Output},
};

/// Voids every lease at once, without counting against anything. For the embedded mode, where the workers died with
/// the former owner; a coordinator of connected workers lets leases run on instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcquireOwnership {
    /// The owner's generation, from the log. An older one changes nothing.
    pub epoch: u64,
}

impl AcquireOwnership {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        if self.epoch <= cx.state.epoch {
            return;
        }
        let voided: Vec<_> =
            cx.state.live.iter().map(|(task, live)| (*task, live.fence, live.worker)).collect();
        cx.emit(OwnershipAcquired { epoch: self.epoch });
        let jobs: BTreeSet<JobId> = voided.iter().map(|(task, ..)| task.job).collect();
        for (task, fence, worker) in voided {
            cx.output(Output::CancelAttempt { worker, task, fence, why: CancelReason::Fenced });
        }
        for job in jobs {
            cx.attempt_ended(job);
        }
    }
}
