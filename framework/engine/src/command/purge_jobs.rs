//! A client removes finished jobs.

use crate::{
    decide::Decide,
    effect::JobPurged,
    id::JobId,
    output::{Answer, Output, RequestId},
};

/// Removes finished jobs from memory. All or none: a job that is unknown or unfinished refuses the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeJobs {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The jobs.
    pub jobs: Vec<JobId>,
}

impl PurgeJobs {
    pub(crate) fn apply(mut self, cx: &mut Decide<'_>) {
        self.jobs.sort_unstable();
        self.jobs.dedup();
        let refused =
            self.jobs.iter().find_map(|id| cx.expect_phase(*id, "purged", |p| p.is_terminal()).err());
        if let Some(refusal) = refused {
            return cx.reply(self.request, Err(refusal));
        }
        for job in &self.jobs {
            cx.purge(*job);
        }
        cx.reply(self.request, Ok(Answer::Purged { jobs: self.jobs.len() as u32 }));
    }
}

impl Decide<'_> {
    /// Removes an ended job from memory.
    pub(crate) fn purge(&mut self, job: JobId) {
        self.emit(JobPurged { job: job.into(), at: self.now.0 });
        self.output(Output::JobPurged { job });
    }
}
