//! A client submits a job.

use crate::{
    decide::Decide,
    effect::JobSubmitted,
    id::JobId,
    job::JobSpec,
    limit::{MAX_JOBS, MAX_LABELS, MAX_NAME_BYTES, MAX_SPEC_BYTES},
    output::{Answer, Refusal, RequestId},
    sound::plan_fault,
    state::encode_spec,
    transition::JobPhase,
};

/// Submits a job. Answered by [`Submitted`](crate::Answer::Submitted), once it is durable.
///
/// With a dedup id that an unfinished or succeeded job has, nothing is submitted and the answer names that job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The new job's id; its partition must be this engine's.
    pub job: JobId,
    /// What to run.
    pub spec: JobSpec,
}

impl SubmitJob {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let request = self.request;
        let result = self.submit(cx);
        cx.reply(request, result);
    }

    fn submit(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let job = self.job;
        check_sizes(&self.spec)?;
        if job.partition() != cx.state.partition {
            let (has, own) = (job.partition(), cx.state.partition);
            return Err(Refusal::Invalid(format!(
                "job {job} belongs to partition {has}, and this is partition {own}"
            )));
        }
        if let Some(existing) = self.spec.dedup.as_deref().and_then(|dedup| owner(cx, dedup)) {
            return Ok(Answer::Submitted { job: existing, existing: true });
        }
        if cx.state.jobs.contains_key(&job) {
            return Err(Refusal::JobExists(job));
        }
        if cx.state.jobs.len() >= MAX_JOBS {
            return Err(Refusal::TooLarge {
                what: "the number of jobs",
                got: MAX_JOBS as u64 + 1,
                limit: MAX_JOBS as u64,
            });
        }
        if let Some(what) = plan_fault(&self.spec.plan) {
            return Err(Refusal::Invalid(what));
        }
        let spec = encode_spec(&self.spec);
        cx.emit(Box::new(JobSubmitted { job: job.into(), at: cx.now.0, spec }));
        cx.job_changed(job);
        cx.sweep(job);
        Ok(Answer::Submitted { job, existing: false })
    }
}

/// The job that stands for a dedup id: one that may still succeed, or has.
fn owner(cx: &Decide<'_>, dedup: &str) -> Option<JobId> {
    let owner = cx.state.dedup.get(dedup)?;
    let gone = matches!(
        cx.state.jobs.get(&owner.job).map(|j| j.phase),
        Some(JobPhase::Failed | JobPhase::Cancelled)
    );
    (owner.succeeded || !gone).then_some(owner.job)
}

fn check_sizes(spec: &JobSpec) -> Result<(), Refusal> {
    let texts = [
        ("the typed parameters", spec.params_typed.len()),
        ("the resolved parameters", spec.params_resolved.len()),
        ("the nodes' parameters", spec.node_params.len()),
        ("the fingerprints", spec.fingerprints.len()),
        ("the chain's source", spec.chain_source.len()),
        ("the live parameters", spec.live_params.len()),
    ];
    let labels = spec.labels.iter().map(|(key, value)| ("a label", key.len() + value.len()));
    let names = [
        ("the chain's name", spec.chain.len()),
        ("the chain's version", spec.version.len()),
        ("the tenant's name", spec.tenant.len()),
        ("the dedup id", spec.dedup.as_ref().map_or(0, String::len)),
    ];
    let texts = texts.into_iter().map(|(what, got)| (what, got, MAX_SPEC_BYTES));
    let names = names.into_iter().chain(labels).map(|(what, got)| (what, got, MAX_NAME_BYTES));
    let count = [("the number of labels", spec.labels.len(), MAX_LABELS)];
    match texts.chain(names).chain(count).find(|(_, got, limit)| got > limit) {
        Some((what, got, limit)) => Err(Refusal::TooLarge { what, got: got as u64, limit: limit as u64 }),
        None if spec.concurrency == Some(0) => {
            Err(Refusal::Invalid("a concurrency of 0 runs nothing: pause the job instead".to_owned()))
        }
        None => Ok(()),
    }
}
