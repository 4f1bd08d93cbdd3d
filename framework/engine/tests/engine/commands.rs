//! Commands of clients, from what was before them to what follows them.

use std::time::Duration;

use dyeline_engine::{
    CancelJob, Class, Command, JobId, JobSpec, Millis, NoteHistory, PolicyChange, PurgeJobs, SetParams,
    TaskPhase,
    plan::{Plan, Role, ShardSource, Source},
};

use crate::scene::{
    JOB, REQUEST, Scene, again, all, cancel, check, pause, plain, policy, progress, purge, resume, same, set,
    stage, task,
};

#[test]
fn submit_job_opens_what_can_run_and_hands_it_out() {
    let mut s = Scene::new(plain(1), 0);
    let spec = JobSpec { plan: plain(2), ..JobSpec::default() };
    check(
        &s.submit(JobId(8), spec.clone()),
        "JobSubmitted StageOpened StageReleased | job pending, submitted",
    );
    check(
        &s.submit(JobId(8), spec.clone()),
        " | refused: job 00000000000000000000000008 is there already: submit with a new id",
    );
    check(
        &s.credit(2),
        "JobStarted TaskLeased JobStarted TaskLeased | job running, out 0/0#1, job running, out 0/0#1",
    );
    let wrong = JobId::new(0, 3, 1);
    assert!(s.submit(wrong, spec).contains("belongs to partition 3"));
    assert!(s.submit(JobId(9), JobSpec::default()).contains("a plan without stages runs nothing"));
    let large = JobSpec { plan: plain(100_001), ..JobSpec::default() };
    assert!(s.submit(JobId(9), large).contains("it has 100001 shards, and from 1 to 100000 are allowed"));
    let long = JobSpec { plan: plain(1), tenant: "t".repeat(300), ..JobSpec::default() };
    assert!(s.submit(JobId(9), long).contains("the tenant's name is 300, and the limit is 256"));
}

#[test]
fn submit_job_with_a_dedup_id_succeeds_once() {
    let mut s = Scene::new(plain(1), 1);
    let spec = JobSpec { plan: plain(1), dedup: Some("d".to_owned()), ..JobSpec::default() };
    check(
        &s.submit(JobId(8), spec.clone()),
        "JobSubmitted StageOpened StageReleased | job pending, submitted",
    );
    check(&s.submit(JobId(9), spec.clone()), " | existing 8");
    // A cancelled job gives its id to the next, and cannot come back.
    s.act(Command::CancelJob(CancelJob { request: None, job: JobId(8) }));
    check(
        &s.submit(JobId(9), spec.clone()),
        "JobSubmitted StageOpened StageReleased | job pending, submitted",
    );
    check(&s.submit(JobId(10), spec), " | existing 9");
}

#[test]
fn a_dedup_id_stays_with_the_job_that_succeeded_whatever_a_later_run_comes_to() {
    let mut s = Scene::new(plain(1), 0);
    s.act(cancel());
    s.act(purge(JOB));
    s.credit(9);
    let spec =
        JobSpec { plan: plain(1), dedup: Some("d".to_owned()), retain_ms: Some(50), ..JobSpec::default() };
    s.submit(JOB, spec.clone());
    s.complete(task(0, 0));
    s.act(again(false));
    s.fail(task(0, 0), Class::Fatal, None);
    check(&s.submit(JobId(8), spec.clone()), " | existing 7");
    check(&s.wait(50), "JobPurged | job purged");
    check(&s.submit(JobId(8), spec.clone()), " | existing 7");
    check(&s.wait(7 * 24 * 3_600_000), "DedupForgotten | ");
    assert!(s.submit(JobId(8), spec).contains("submitted"));
}

#[test]
fn a_job_that_is_due_later_waits() {
    let mut s = Scene::new(plain(1), 0);
    s.act(cancel());
    s.credit(1);
    let spec = JobSpec { plan: plain(1), due: Some(Millis(1_500)), ..JobSpec::default() };
    check(&s.submit(JobId(8), spec), "JobSubmitted StageOpened StageReleased | job pending, submitted");
    check(&s.wait(499), " | ");
    check(&s.wait(1), "JobReleased JobStarted TaskLeased | job running, out 0/0#1");
}

#[test]
fn pause_job_asks_for_the_next_checkpoint_and_hands_out_nothing() {
    let mut s = Scene::new(plain(2), 1);
    check(&s.act(pause("disk full")), "JobPaused | job paused, cancel 0/0 Pause, ok");
    check(&s.credit(5), " | ");
    assert_eq!(s.engine.state().job(JOB).unwrap().pause_reason(), Some("disk full"));
    check(&s.act(pause("disk full")), " | ok");
    check(&s.act(pause("by hand")), "JobPaused | job paused, ok");
    check(&s.hand_back(task(0, 0), Some(progress(1))), "AttemptHandedBack | ok");
    check(
        &s.act(resume()),
        "JobResumed TaskLeased TaskLeased | job running, ok, out 0/0#2 from 1, out 0/1#1",
    );
}

#[test]
fn a_paused_job_whose_attempts_complete_ends() {
    let mut s = Scene::new(plain(1), 1);
    s.act(pause(""));
    check(&s.complete(task(0, 0)), "TaskSucceeded JobEnded | stage 0 ended, job succeeded, ok");
    assert!(s.act(pause("")).contains("is succeeded, so it cannot be paused"));
}

#[test]
fn resume_job_of_a_job_that_never_ran_is_pending() {
    let mut s = Scene::new(plain(1), 0);
    s.act(pause(""));
    check(&s.act(resume()), "JobResumed | job pending, ok");
    check(&s.act(resume()), " | ok");
    s.act(cancel());
    assert!(s.act(resume()).contains("is cancelled, so it cannot be resumed"));
}

#[test]
fn cancel_job_waits_for_live_attempts_and_fences_off_the_stubborn() {
    let mut s = Scene::new(plain(3), 2);
    check(&s.act(cancel()), "JobCancelling | job cancelling, cancel 0/0 Cancel, cancel 0/1 Cancel, ok");
    check(&s.hand_back(task(0, 0), None), "AttemptHandedBack | ok");
    let fence = s.fence(task(0, 1));
    check(&s.wait(100), "AttemptHandedBack JobEnded | cancel 0/1 Fenced, job cancelled");
    assert!(s.complete_as(task(0, 1), fence, vec![]).contains("is no longer valid"));
    check(&s.act(cancel()), " | ok");
}

#[test]
fn retry_job_goes_on_from_the_last_checkpoint_of_what_failed() {
    let mut s = Scene::new(plain(2), 2);
    s.checkpoint(task(0, 0), 1);
    check(&s.fail(task(0, 0), Class::Fatal, None), "AttemptFailed JobFailing | job failing, ok");
    check(&s.complete(task(0, 1)), "TaskSucceeded JobEnded | stage 0 ended, job failed, ok");
    s.credit(1);
    check(&s.act(again(true)), "JobRetried TasksReset TaskLeased | job running, ok, out 0/0#2 from 1");
    check(&s.complete(task(0, 0)), "TaskSucceeded JobEnded | stage 0 ended, job succeeded, ok");
    assert!(s.act(again(true)).contains("nothing of job"));
    s.credit(2);
    check(
        &s.act(again(false)),
        "JobRetried TasksReset StageReleased TaskLeased TaskLeased | job running, ok, out 0/0#3, out 0/1#2",
    );
    let totals = s.engine.state().job(JOB).unwrap().totals()[0];
    assert_eq!((totals.read, totals.failed_of(Class::Fatal)), (0, 0), "what runs again is not counted twice");
}

#[test]
fn retry_job_of_a_tolerated_shard_runs_what_read_it_again() {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Loader, ShardSource::Fixed(2), Source::Nothing),
            stage(1, Role::Reducer, ShardSource::Fixed(1), all(0, 500_000)),
        ],
    };
    let mut s = Scene::new(plan, 9);
    check(&s.fail(task(0, 0), Class::Fatal, None), "AttemptFailed | ok");
    check(&s.complete(task(0, 1)), "TaskSucceeded StageReleased TaskLeased | stage 0 ended, ok, out 1/0#1");
    check(&s.complete(task(1, 0)), "TaskSucceeded JobEnded | stage 1 ended, job succeeded, ok");
    check(&s.act(again(true)), "JobRetried TasksReset TasksReset TaskLeased | job running, ok, out 0/0#2");
    assert_eq!(s.engine.state().job(JOB).unwrap().run(), 2);
    check(&s.complete(task(0, 0)), "TaskSucceeded StageReleased TaskLeased | stage 0 ended, ok, out 1/0#2");
    assert_eq!(s.engine.state().inputs_for(task(1, 0))[0].artifacts.len(), 2);
}

#[test]
fn retry_job_runs_what_failed_downstream_from_its_beginning() {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Loader, ShardSource::Fixed(2), Source::Nothing),
            stage(1, Role::Processor, ShardSource::Fixed(2), all(0, 500_000)),
            stage(2, Role::Reducer, ShardSource::Fixed(1), all(1, 500_000)),
        ],
    };
    let mut s = Scene::new(plan, 9);
    s.fail(task(0, 0), Class::Fatal, None);
    s.complete(task(0, 1));
    s.fail(task(1, 0), Class::Fatal, None);
    s.complete(task(1, 1));
    s.complete(task(2, 0));
    let reset = "JobRetried TasksReset TasksReset TasksReset TaskLeased";
    check(&s.act(again(true)), &format!("{reset} | job running, ok, out 0/0#2"));
    let waiting = [task(1, 0), task(1, 1), task(2, 0)].map(|id| s.engine.state().task(id).unwrap().phase());
    assert_eq!(waiting, [TaskPhase::Waiting; 3]);
}

#[test]
fn retry_job_keeps_the_shards_a_splitter_found() {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Splitter, ShardSource::Fixed(1), Source::Nothing),
            stage(1, Role::Loader, ShardSource::Split(0), Source::Shard),
            stage(2, Role::Processor, ShardSource::Same(1), same(1)),
        ],
    };
    let mut s = Scene::new(plan, 9);
    let opened = "ShardsFound TaskSucceeded StageOpened StageReleased StageOpened TaskLeased TaskLeased";
    check(&s.split(task(0, 0), 2), &format!("{opened} | stage 0 ended, ok, out 1/0#1, out 1/1#1"));
    check(&s.complete(task(1, 1)), "TaskSucceeded TaskReadied TaskLeased | ok, out 2/1#1");
    check(
        &s.fail(task(1, 0), Class::Fatal, None),
        "AttemptFailed JobFailing | job failing, stage 1 ended, ok",
    );
    check(&s.complete(task(2, 1)), "TaskSucceeded JobEnded | job failed, ok");
    let all_but_the_splitter = "JobRetried TasksReset TasksReset StageReleased TaskLeased TaskLeased";
    check(&s.act(again(false)), &format!("{all_but_the_splitter} | job running, ok, out 1/0#2, out 1/1#2"));
    assert_eq!(s.engine.state().task(task(2, 1)).unwrap().shard().unwrap().label, "1".into());
}

#[test]
fn set_params_tells_running_attempts() {
    let mut s = Scene::new(plain(2), 1);
    let params =
        || Command::SetParams(SetParams { request: REQUEST, job: JOB, params: [1u8].as_slice().into() });
    check(&s.act(params()), "ParamsSet | params 2 to 0/0, version 2");
    s.credit(1);
    let version = |s: &Scene, shard| s.engine.state().task(task(0, shard)).unwrap().params_version();
    assert_eq!((version(&s, 0), version(&s, 1)), (1, 2));
    s.act(cancel());
}

#[test]
fn set_policy_acts_at_once() {
    let mut s = Scene::new(plain(4), 9);
    s.act(cancel());
    let mut plan = plain(4);
    set(&mut plan, |p| p.concurrency = Some(1));
    let mut s = Scene::new(plan, 9);
    let limit = |limit| policy(PolicyChange::Concurrency { node: 0, limit });
    check(&s.act(limit(Some(3))), "PolicySet TaskLeased TaskLeased | ok, out 0/1#1, out 0/2#1");
    check(&s.act(limit(Some(1))), "PolicySet | ok");
    check(&s.complete(task(0, 0)), "TaskSucceeded | ok");
    check(&s.act(policy(PolicyChange::JobConcurrency(Some(2)))), "PolicySet | ok");
    check(&s.act(limit(None)), "PolicySet | ok");
    check(&s.complete(task(0, 1)), "TaskSucceeded TaskLeased | ok, out 0/3#1");
    assert!(s.act(limit(Some(0))).contains("a concurrency of 0 runs nothing"));
    assert!(s.act(policy(PolicyChange::Cost { node: 9, cost: None })).contains("has no node 9"));
    let timeout = Some(Duration::from_millis(50));
    check(&s.act(policy(PolicyChange::Timeout { node: 0, timeout })), "PolicySet | ok");
    check(&s.wait(50), " | cancel 0/2 TimedOut, cancel 0/3 TimedOut");
}

#[test]
fn purge_jobs_is_all_or_nothing() {
    let mut s = Scene::new(plain(1), 1);
    assert!(s.act(purge(JOB)).contains("is running, so it cannot be purged"));
    s.complete(task(0, 0));
    let both = Command::PurgeJobs(PurgeJobs { request: REQUEST, jobs: vec![JOB, JobId(1)] });
    assert!(s.act(both).contains("no job 00000000000000000000000001 is known"));
    check(&s.act(purge(JOB)), "JobPurged | job purged, 1 purged");
    assert_eq!(s.phase(), "purged");
}

#[test]
fn note_history_is_kept() {
    let mut s = Scene::new(plain(1), 0);
    let note = |job| Command::NoteHistory(NoteHistory { request: REQUEST, job, text: "é".repeat(4_000) });
    check(&s.act(note(JOB)), "HistoryNoted | ok");
    assert_eq!(s.engine.state().job(JOB).unwrap().notes()[0].text.len(), 4_096);
    assert!(s.act(note(JobId(1))).contains("refused: no job"));
}
