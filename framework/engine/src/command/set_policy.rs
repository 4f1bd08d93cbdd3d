//! A client changes a policy of a job.

use crate::{
    decide::Decide,
    effect::policy_record,
    id::JobId,
    output::{Answer, Refusal, RequestId},
    plan::NodePolicy,
    policy::PolicyChange,
    sound::policy_fault,
};

/// Changes one policy of an unfinished job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPolicy {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// What changes.
    pub change: PolicyChange,
}

impl SetPolicy {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let request = self.request;
        let result = self.set(cx);
        cx.reply(request, result);
    }

    fn set(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let job =
            cx.expect_phase(self.job, "changed", |p| !p.is_terminal() || p == crate::JobPhase::Failed)?;
        let known = |node: u32| job.plan.stages.iter().flat_map(|s| &s.nodes).any(|n| n.node == node);
        if let Some(node) = self.change.node().filter(|node| !known(*node)) {
            return Err(Refusal::Invalid(format!("job {} has no node {node}", self.job)));
        }
        if let Some(what) = policy_fault(&alone(&self.change)) {
            return Err(Refusal::Invalid(what));
        }
        cx.emit(policy_record(self.job.into(), &self.change));
        cx.check_skip_limit(self.job);
        cx.attempt_ended(self.job);
        Ok(Answer::Done)
    }
}

/// The change as the only thing a policy says, to be checked like any policy.
fn alone(change: &PolicyChange) -> NodePolicy {
    let mut policy = NodePolicy::default();
    match *change {
        PolicyChange::JobConcurrency(limit) | PolicyChange::Concurrency { limit, .. } => {
            policy.concurrency = limit;
        }
        PolicyChange::Retry { retry, .. } => policy.retry = retry,
        PolicyChange::Timeout { timeout, .. } => policy.timeout = timeout,
        PolicyChange::Priority(_)
        | PolicyChange::Skip { .. }
        | PolicyChange::Checkpoint { .. }
        | PolicyChange::Cost { .. } => {}
    }
    policy
}
