//! Commands of workers and of the clock.

use dyeline_engine::{
    AcquireOwnership, Build, Class, Command, Fence, GrantCredit, Heartbeat, Millis, Rebuilt, WorkerId,
    WorkerJoined, WorkerLeft,
};

use crate::{
    eventful::{FIRST, SECOND},
    scene::{JOB, REQUEST, Scene, WORKER, cancel, check, pause, plain, task},
};

#[test]
fn worker_joined_again_loses_what_it_no_longer_runs() {
    let mut s = Scene::new(plain(3), 2);
    let kept = (task(0, 1), s.fence(task(0, 1)));
    let running = vec![kept, (task(0, 2), Fence(99))];
    let (request, worker, group) = (REQUEST, WORKER, "g".to_owned());
    let join = Command::WorkerJoined(WorkerJoined { request, worker, group, slots: 2, build: None, running });
    check(&s.act(join), "AttemptFailed | cancel 0/2 Fenced, ok");
    assert_eq!(s.engine.credit(WORKER), 0);
    check(&s.credit(1), "TaskLeased | out 0/0#2");
}

#[test]
fn worker_left_drained_costs_nothing_and_lost_counts() {
    for (drained, effect) in [(true, "AttemptHandedBack"), (false, "AttemptFailed")] {
        let mut s = Scene::new(plain(1), 1);
        let left = |worker| Command::WorkerLeft(WorkerLeft { request: REQUEST, worker, drained });
        check(&s.act(left(WORKER)), &format!("{effect} | ok"));
        assert!(s.act(left(WorkerId(5))).contains("worker 5 has not joined"));
        let lost = s.engine.state().job(JOB).unwrap().totals()[0].failed_of(Class::Lost);
        assert_eq!(lost, u64::from(!drained));
    }
}

#[test]
fn a_task_that_kills_its_workers_is_given_up() {
    let mut s = Scene::new(plain(1), 0);
    for n in 0..=20 {
        let (worker, group) = (WorkerId(100 + n), "g".to_owned());
        s.act(Command::WorkerJoined(WorkerJoined {
            request: None,
            worker,
            group,
            slots: 1,
            build: None,
            running: vec![],
        }));
        s.act(Command::GrantCredit(GrantCredit { request: None, worker, credit: 1 }));
        assert_eq!(s.phase(), "running", "after {n} lost workers");
        s.act(Command::WorkerLeft(WorkerLeft { request: None, worker, drained: false }));
    }
    assert_eq!(s.phase(), "failed");
}

#[test]
fn grant_credit_of_nothing_takes_all_back() {
    let mut s = Scene::new(plain(1), 0);
    s.act(cancel());
    let grant = |worker, credit| Command::GrantCredit(GrantCredit { request: REQUEST, worker, credit });
    check(&s.act(grant(WORKER, u32::MAX)), " | ok");
    assert_eq!(s.engine.credit(WORKER), 10_000);
    check(&s.act(grant(WORKER, 0)), " | ok");
    assert_eq!(s.engine.credit(WORKER), 0);
    assert!(s.act(grant(WorkerId(5), 1)).contains("worker 5 has not joined"));
}

#[test]
fn heartbeat_renews_leases_and_repeats_what_was_asked() {
    let mut s = Scene::new(plain(1), 1);
    let fence = s.fence(task(0, 0));
    let beat = |fence| {
        let running = vec![(task(0, 0), fence)];
        Command::Heartbeat(Heartbeat { request: REQUEST, worker: WORKER, running })
    };
    s.now += 900;
    check(&s.act(beat(fence)), " | ok");
    check(&s.wait(900), " | ");
    check(&s.wait(100), "AttemptFailed | cancel 0/0 Fenced");
    check(&s.act(beat(fence)), " | cancel 0/0 Fenced, ok");
    s.credit(1);
    s.act(pause(""));
    let fence = s.fence(task(0, 0));
    check(&s.act(beat(fence)), " | cancel 0/0 Pause, ok");
}

#[test]
fn tick_fires_what_is_due_and_purges_what_was_kept_long_enough() {
    let mut s = Scene::new(plain(1), 1);
    s.complete(task(0, 0));
    assert_eq!(s.engine.next_timer(), Some(Millis(61_000)));
    check(&s.wait(59_999), " | ");
    check(&s.wait(1), "JobPurged | job purged");
    assert_eq!(s.engine.next_timer(), None);
}

#[test]
fn acquire_ownership_voids_every_lease_without_counting() {
    let mut s = Scene::new(plain(2), 2);
    let acquire = |epoch| Command::AcquireOwnership(AcquireOwnership { epoch });
    check(&s.act(acquire(3)), "OwnershipAcquired | cancel 0/0 Fenced, cancel 0/1 Fenced");
    check(&s.act(acquire(3)), " | ");
    assert_eq!(s.engine.state().job(JOB).unwrap().totals()[0].failed_of(Class::Lost), 0);
    s.credit(1);
    s.act(cancel());
    check(&s.act(acquire(4)), "OwnershipAcquired JobEnded | cancel 0/0 Fenced, job cancelled");
}

#[test]
fn a_job_that_goes_on_with_another_build_has_it_in_its_history_once() {
    let mut s = Scene::new(plain(4), 0);
    s.join(Some(FIRST));
    check(&s.credit(1), "JobStarted TaskLeased | job running, out 0/0#1");
    assert_eq!(s.engine.state().job(JOB).unwrap().build(), Some(FIRST));
    s.join(Some(SECOND));
    check(&s.credit(1), "HistoryNoted TaskLeased | out 0/0#2");
    // The same build, copied to another place, is the same build.
    s.join(Some(Build { at: Millis(5), ..SECOND }));
    check(&s.credit(2), "TaskLeased TaskLeased | out 0/0#3, out 0/1#1");
    s.join(None);
    check(&s.credit(1), "TaskLeased | out 0/0#4");
    let job = s.engine.state().job(JOB).unwrap();
    let rebuilt: Vec<_> = job.notes().iter().map(|n| n.rebuilt).collect();
    assert_eq!(rebuilt, [Some(Rebuilt { from: Some(FIRST), to: SECOND })]);
}
