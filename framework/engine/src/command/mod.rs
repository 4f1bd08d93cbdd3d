//! Commands: what clients, workers and the clock ask of the engine. One file each, one `apply` each.

mod acquire_ownership;
mod cancel_job;
mod complete_attempt;
mod fail_attempt;
mod grant_credit;
mod hand_back;
mod heartbeat;
mod note_history;
mod pause_job;
mod purge_jobs;
mod report_checkpoint;
mod resume_job;
mod retry_job;
mod set_params;
mod set_policy;
mod submit_job;
mod tick;
mod worker_joined;
mod worker_left;

pub use acquire_ownership::AcquireOwnership;
pub use cancel_job::CancelJob;
pub use complete_attempt::CompleteAttempt;
pub use fail_attempt::FailAttempt;
pub use grant_credit::GrantCredit;
pub use hand_back::HandBack;
pub use heartbeat::Heartbeat;
pub use note_history::NoteHistory;
pub use pause_job::PauseJob;
pub use purge_jobs::PurgeJobs;
pub use report_checkpoint::ReportCheckpoint;
pub use resume_job::ResumeJob;
pub use retry_job::RetryJob;
pub use set_params::SetParams;
pub use set_policy::SetPolicy;
pub use submit_job::SubmitJob;
pub use tick::Tick;
pub use worker_joined::WorkerJoined;
pub use worker_left::WorkerLeft;

/// Everything that can be asked of the engine: a closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// See [`SubmitJob`].
    SubmitJob(Box<SubmitJob>),
    /// See [`PauseJob`].
    PauseJob(PauseJob),
    /// See [`ResumeJob`].
    ResumeJob(ResumeJob),
    /// See [`CancelJob`].
    CancelJob(CancelJob),
    /// See [`RetryJob`].
    RetryJob(RetryJob),
    /// See [`SetParams`].
    SetParams(SetParams),
    /// See [`SetPolicy`].
    SetPolicy(SetPolicy),
    /// See [`PurgeJobs`].
    PurgeJobs(PurgeJobs),
    /// See [`NoteHistory`].
    NoteHistory(NoteHistory),
    /// See [`WorkerJoined`].
    WorkerJoined(WorkerJoined),
    /// See [`WorkerLeft`].
    WorkerLeft(WorkerLeft),
    /// See [`GrantCredit`].
    GrantCredit(GrantCredit),
    /// See [`Heartbeat`].
    Heartbeat(Heartbeat),
    /// See [`ReportCheckpoint`].
    ReportCheckpoint(ReportCheckpoint),
    /// See [`CompleteAttempt`].
    CompleteAttempt(CompleteAttempt),
    /// See [`FailAttempt`].
    FailAttempt(FailAttempt),
    /// See [`HandBack`].
    HandBack(HandBack),
    /// See [`Tick`].
    Tick(Tick),
    /// See [`AcquireOwnership`].
    AcquireOwnership(AcquireOwnership),
}
