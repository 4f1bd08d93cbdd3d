//! A client changes the live parameters of a job.

use std::sync::Arc;

use crate::{
    decide::Decide,
    effect::ParamsSet,
    id::JobId,
    limit::MAX_SPEC_BYTES,
    output::{Answer, Output, Refusal, RequestId},
};

/// Sets a job's live parameters, all of them. Running attempts are told; each attempt logs the version it started
/// with. Answered by [`ParamsSet`](crate::Answer::ParamsSet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetParams {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// Bytes that only workers understand.
    pub params: Arc<[u8]>,
}

impl SetParams {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let request = self.request;
        let result = self.set(cx);
        cx.reply(request, result);
    }

    fn set(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let job = cx.expect_phase(self.job, "changed", |p| !p.is_terminal())?;
        if self.params.len() > MAX_SPEC_BYTES {
            let (got, limit) = (self.params.len() as u64, MAX_SPEC_BYTES as u64);
            return Err(Refusal::TooLarge { what: "the live parameters", got, limit });
        }
        let version = job.params.version + 1;
        cx.emit(ParamsSet { job: self.job.into(), version, params: self.params.to_vec() });
        let params = cx.job(self.job)?.params.clone();
        for (task, fence, worker) in cx.state.live_of(self.job) {
            cx.output(Output::LiveParams { worker, task, fence, params: params.clone() });
        }
        Ok(Answer::ParamsSet { version })
    }
}
