//! Reports of attempts.

use std::time::Duration;

use dyeline_engine::{
    Class, Command, CompleteAttempt, Fence, HandBack, Place, PolicyChange, Progress, ReportCheckpoint,
    limit::MAX_CHECKPOINT_BYTES,
    plan::{Plan, Role, ShardSource, Source},
};

use crate::scene::{
    ITEM, JOB, Scene, again, all, check, plain, policy, progress, retry, same, set, skipping, stage, task,
};

#[test]
fn report_checkpoint_moves_forward_only() {
    let mut s = Scene::new(plain(1), 1);
    check(&s.checkpoint(task(0, 0), 1), "TaskCheckpointed | ok");
    check(&s.checkpoint(task(0, 0), 1), " | ok");
    assert!(s.checkpoint(task(0, 0), 3).contains("checkpoint 3 of task"));
    check(&s.checkpoint(task(0, 0), 2), "TaskCheckpointed | ok");
    assert!(s.checkpoint(task(0, 0), 1).contains("does not follow checkpoint 2"));
    assert_eq!(s.engine.state().job(JOB).unwrap().totals()[0].read, 4);
    let mut plan = plain(1);
    plan.stages[0].atomic = true;
    let mut s = Scene::new(plan, 1);
    assert!(s.checkpoint(task(0, 0), 1).contains("is atomic and has no checkpoints"));
}

#[test]
fn complete_attempt_again_is_accepted_and_an_old_fence_is_not() {
    let mut s = Scene::new(plain(2), 1);
    let old = s.fence(task(0, 0));
    s.fail(task(0, 0), Class::Retryable, None);
    assert!(s.complete_as(task(0, 0), old, vec![]).contains("no longer valid"));
    s.credit(2);
    s.wait(10);
    assert!(s.complete_as(task(0, 0), old, vec![]).contains("no longer valid"));
    check(&s.complete(task(0, 0)), "TaskSucceeded | ok");
    check(&s.complete(task(0, 0)), " | ok");
    assert!(s.split(task(0, 1), 1).contains("is not of a splitter"));
}

#[test]
fn a_splitter_that_finds_nothing_lets_the_rest_run() {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Splitter, ShardSource::Fixed(1), Source::Nothing),
            stage(1, Role::Loader, ShardSource::Split(0), Source::Shard),
            stage(2, Role::Processor, ShardSource::Same(1), same(1)),
            stage(3, Role::Reducer, ShardSource::Fixed(1), all(2, 0)),
            stage(4, Role::Sink, ShardSource::Fixed(1), Source::Parts(3, 1)),
        ],
    };
    let mut s = Scene::new(plan, 9);
    let ended = "stage 0 ended, stage 1 ended, stage 2 ended";
    let got = s.split(task(0, 0), 0);
    check(
        &got,
        &format!("TaskSucceeded StageOpened StageOpened StageReleased TaskLeased | {ended}, ok, out 3/0#1"),
    );
    check(&s.complete(task(3, 0)), "TaskSucceeded StageReleased TaskLeased | stage 3 ended, ok, out 4/0#1");
    check(&s.complete(task(4, 0)), "TaskSucceeded JobEnded | stage 4 ended, job succeeded, ok");
}

#[test]
fn fail_attempt_counts_per_place() {
    let mut s = Scene::new(plain(1), 99);
    let (again, given_up) = (
        "AttemptFailed | ok",
        "AttemptFailed JobFailing JobEnded | job failing, stage 0 ended, job failed, ok",
    );
    let there = ITEM.map(|p| Place { row: 4, ..p });
    for place in [ITEM, ITEM, there, there, ITEM, ITEM] {
        check(&s.fail(task(0, 0), Class::Retryable, place), again);
        assert!(s.wait(10).contains("TaskReadied TaskLeased"));
    }
    s.checkpoint(task(0, 0), 1);
    for _ in 0..2 {
        check(&s.fail(task(0, 0), Class::Panic, ITEM), again);
        s.wait(10);
    }
    for _ in 0..5 {
        check(&s.fail(task(0, 0), Class::Throttled, ITEM), again);
        s.wait(20);
    }
    check(&s.fail(task(0, 0), Class::Retryable, ITEM), given_up);
    let job = s.engine.state().job(JOB).unwrap();
    assert_eq!(job.fail_reason(), Some("shard 0 of stage `n0` failed: it broke"));
    assert!(job.failures().back().unwrap().last);
}

#[test]
fn fail_attempt_gives_up_the_item_where_the_node_allows_it() {
    let mut s = Scene::new(skipping(5), 99);
    for _ in 0..2 {
        s.fail(task(0, 0), Class::Retryable, ITEM);
        s.wait(10);
    }
    check(&s.fail(task(0, 0), Class::Retryable, ITEM), "AttemptFailed TaskLeased | ok, out 0/0#4 giving up");
    s.checkpoint(task(0, 0), 1);
    assert!(s.engine.state().task(task(0, 0)).unwrap().exhausted().is_empty());
}

#[test]
fn a_node_that_gives_up_too_much_fails_the_job() {
    let mut s = Scene::new(skipping(1), 9);
    let mut report = progress(1);
    report.counts[0].counts.skipped = 2;
    check(
        &s.hand_back(task(0, 0), Some(report)),
        "AttemptHandedBack JobFailing JobEnded | job failing, job failed, ok",
    );
    let reason = s.engine.state().job(JOB).unwrap().fail_reason().map(str::to_owned);
    assert_eq!(reason.as_deref(), Some("node `n0` gave up 2 items, and its skip limit is 1"));
    assert!(s.act(again(true)).contains("raise the limit"));
    let skip = Some(dyeline_engine::plan::Skip { limit: 2 });
    check(&s.act(policy(PolicyChange::Skip { node: 0, skip })), "PolicySet | ok");
    check(&s.act(again(true)), "JobRetried TaskLeased | job running, ok, out 0/0#2 from 1");
}

#[test]
fn hand_back_of_a_timed_out_attempt_counts_as_timed_out() {
    let mut plan = plain(1);
    set(&mut plan, |p| p.timeout = Some(Duration::from_millis(30)));
    let mut s = Scene::new(plan, 9);
    check(&s.wait(30), " | cancel 0/0 TimedOut");
    check(&s.hand_back(task(0, 0), Some(progress(1))), "TaskCheckpointed AttemptFailed | ok");
    s.wait(10);
    s.wait(30);
    check(&s.wait(100), "AttemptFailed | cancel 0/0 Fenced");
    assert_eq!(s.engine.state().job(JOB).unwrap().totals()[0].failed_of(Class::TimedOut), 2);
}

#[test]
fn a_barrier_fails_the_job_as_soon_as_too_many_shards_failed() {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Loader, ShardSource::Fixed(4), Source::Nothing),
            stage(1, Role::Reducer, ShardSource::Fixed(1), all(0, 250_000)),
        ],
    };
    let mut s = Scene::new(plan, 2);
    check(&s.fail(task(0, 0), Class::Fatal, None), "AttemptFailed | ok");
    check(
        &s.fail(task(0, 1), Class::Fatal, None),
        "AttemptFailed JobFailing JobEnded | job failing, job failed, ok",
    );
    let reason = s.engine.state().job(JOB).unwrap().fail_reason().map(str::to_owned);
    assert_eq!(
        reason.as_deref(),
        Some("2 of 4 shards of stage `n0` failed, and its barrier tolerates 25%: it broke")
    );
    let limit = Some(retry(9));
    check(&s.act(policy(PolicyChange::Retry { node: 0, retry: limit })), "PolicySet | ok");
}

#[test]
fn a_refused_report_that_nobody_waits_for_is_told_to_its_worker() {
    let mut s = Scene::new(plain(1), 1);
    let (id, fence) = (task(0, 0), s.fence(task(0, 0)));
    let report = |seq, fence| {
        let progress = progress(seq);
        Command::ReportCheckpoint(ReportCheckpoint { request: None, task: id, fence, progress })
    };
    check(&s.act(report(1, fence)), "TaskCheckpointed | ");
    let refused = format!(" | refuse 0/0: checkpoint 3 of task {id} does not follow checkpoint 1");
    check(&s.act(report(3, fence)), &refused);
    let too_large = " | refuse 0/0: the checkpoint is 1048577, and the limit is 1048576";
    let progress = Progress { bytes: vec![0; MAX_CHECKPOINT_BYTES + 1], ..progress(2) };
    let back = HandBack { request: None, task: id, fence, progress: Some(progress.clone()) };
    check(&s.act(Command::HandBack(back)), too_large);
    let (request, shards, result) = (None, vec![], vec![]);
    let complete = CompleteAttempt { request, task: id, fence, progress, shards, result };
    check(&s.act(Command::CompleteAttempt(complete)), too_large);
    // One that lost its right hears so from the answer to its next heartbeat.
    check(&s.act(report(2, Fence(fence.0 + 1))), " | ");
}
