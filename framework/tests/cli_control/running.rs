//! Commands from another terminal act on a job that runs.

use std::time::Instant;

use dyeline::control::{Answer, Change, Purge, Reach, Request};
use dyeline_engine::JobPhase;

use crate::stage::{PROMISED, Stage, ask, one, options, phase_after};

#[test]
fn pause_resume_and_cancel_act_within_a_second() {
    let stage = Stage::set();
    let mut terminal = stage.terminal();
    let began = Instant::now();
    let pause = Request::Pause { select: stage.select(), reason: "lunch".into() };
    assert_eq!(phase_after(&mut terminal, &pause), JobPhase::Paused);
    let paused = stage.until("running attempts hand back", |status| status.live == 0);
    assert!(began.elapsed() < PROMISED, "the pause took {:?}", began.elapsed());
    assert_eq!((paused.phase, paused.reason.as_deref()), (JobPhase::Paused, Some("lunch")));
    assert!(paused.items() > 0, "what was done is kept: {paused:#?}");

    assert_eq!(phase_after(&mut terminal, &Request::Resume { select: stage.select() }), JobPhase::Running);
    stage.until("it goes on", |status| status.live > 0 && status.items() > paused.items());

    let began = Instant::now();
    phase_after(&mut terminal, &Request::Cancel { select: stage.select() });
    stage.until("it ends", |status| status.phase == JobPhase::Cancelled);
    assert!(began.elapsed() < PROMISED, "the cancellation took {:?}", began.elapsed());
    stage.close();
}

#[test]
fn limits_and_policies_change_while_it_runs() {
    let stage = Stage::set();
    let mut terminal = stage.terminal();
    let node = || "numbers".to_owned();
    let changes = vec![
        Change::Concurrency { node: None, limit: Some(1) },
        Change::Priority { priority: 3 },
        Change::Retry { node: node(), max: 9, backoff_ms: Some((10, 20)) },
        Change::Skip { node: "keep".into(), limit: Some(5) },
        Change::Timeout { node: node(), ms: Some(3_600_000) },
        Change::Checkpoint { node: node(), ms: Some(25) },
        Change::Cost { node: node(), cost: Some(1_500) },
        Change::Concurrency { node: Some(node()), limit: Some(2) },
    ];
    let outcome = one(ask(&mut terminal, &Request::Set { select: stage.select(), changes }));
    assert_eq!(outcome.error, None);
    let status = stage.status();
    assert_eq!((status.concurrency, status.priority), (Some(1), 3));
    let job = stage.job;
    let policy = stage.host.inbox().read(move |state| {
        let plan = state.job(job).unwrap().plan();
        let nodes = plan.stages.iter().flat_map(|s| &s.nodes);
        nodes.map(|n| (n.name.clone(), n.policy.clone())).collect::<std::collections::BTreeMap<_, _>>()
    });
    let policy = policy.unwrap();
    let (numbers, retry) = (&policy["numbers"], policy["numbers"].retry.unwrap());
    assert_eq!((retry.max, retry.backoff_min.as_millis(), retry.backoff_max.as_millis()), (9, 10, 20));
    assert_eq!((numbers.concurrency, numbers.cost), (Some(2), Some(1_500)));
    assert_eq!(numbers.timeout.unwrap().as_secs(), 3_600);
    assert_eq!(policy["keep"].skip.unwrap().limit, 5);
    stage.close();
}

#[test]
fn a_live_parameter_reaches_running_attempts() {
    let stage = Stage::set();
    let mut terminal = stage.terminal();
    let kept = |status: &dyeline::view::JobStatus| status.nodes.get("keep").unwrap().emitted;
    assert_eq!(kept(&stage.until("a checkpoint", |s| s.items() > 0)), 0, "nothing is kept at first");
    let every = |value: &str| Change::Param {
        node: "keep".into(),
        param: "every".into(),
        value: value.into(),
        folder: None,
    };
    let set = Request::Set { select: stage.select(), changes: vec![every("1000")] };
    assert_eq!(one(ask(&mut terminal, &set)).error, None);
    let status = stage.until("numbers are kept", |status| kept(status) > 0);
    assert_eq!(status.live_params["keep"]["every"], "1000");
    let again: u64 = status.nodes.iter().map(|(_, node)| node.retried).sum();
    assert_eq!(again, 0, "by the same attempts");
    assert_eq!(status.params_version, 2);
    stage.close();
}

#[test]
fn watch_shows_every_change_until_the_end() {
    let stage = Stage::set();
    let mut seen = Vec::new();
    let (mut watching, mut terminal) = (stage.terminal(), stage.terminal());
    let (pause, resume, cancel) = (
        Request::Pause { select: stage.select(), reason: String::new() },
        Request::Resume { select: stage.select() },
        Request::Cancel { select: stage.select() },
    );
    let script = [(JobPhase::Running, pause), (JobPhase::Paused, resume), (JobPhase::Running, cancel)];
    let mut script = script.iter();
    let mut next = script.next();
    let watched = watching.watch(&stage.job.to_string(), &mut |status| {
        seen.push(status.phase);
        if let Some((when, request)) = next.filter(|(when, _)| *when == status.phase) {
            assert_eq!(*when, status.phase);
            one(terminal.call(request).unwrap());
            next = script.next();
        }
        true
    });
    watched.unwrap();
    seen.dedup();
    let must = [JobPhase::Running, JobPhase::Paused, JobPhase::Running, JobPhase::Cancelled];
    let without_passing: Vec<_> = seen.into_iter().filter(|phase| *phase != JobPhase::Cancelling).collect();
    assert_eq!(without_passing, must);
    stage.close();
}

#[test]
fn a_watch_ends_with_the_process() {
    let stage = Stage::set();
    let (job, mut watching) = (stage.job.to_string(), stage.terminal());
    let (sent, seen) = crossbeam_channel::unbounded();
    let watch =
        std::thread::spawn(move || watching.watch(&job, &mut |status| sent.send(status.phase).is_ok()));
    seen.recv_timeout(PROMISED).unwrap();
    stage.close();
    watch.join().unwrap().unwrap();
    assert!(seen.iter().all(|phase| phase == JobPhase::Running), "it can be resumed");
}

#[test]
fn jobs_are_listed_noted_and_forgotten() {
    let stage = Stage::set();
    let reach = Reach::new(stage.data(), options());
    let Answer::Jobs(lines) = reach.call(&Request::Jobs).unwrap() else { panic!("jobs") };
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].job, lines[0].chain.as_str(), lines[0].attended), (stage.job, "endless", true));

    reach.call(&Request::Note { select: stage.select(), text: "seen".into() }).unwrap();
    assert_eq!(stage.status().history.last().unwrap().text, "seen");

    let refused =
        reach.call(&Request::Purge(Purge { jobs: stage.select().jobs, ..Purge::default() })).unwrap_err();
    assert_eq!(refused.code, dyeline::control::code::REFUSED, "it has not ended: {refused}");
    reach.call(&Request::Cancel { select: stage.select() }).unwrap();
    stage.until("it ends", |status| status.phase == JobPhase::Cancelled);
    let dry = Purge { dry_run: true, ..Purge::default() };
    let Answer::Purged(lines) = reach.call(&Request::Purge(dry)).unwrap() else { panic!("a purge") };
    assert_eq!(lines.len(), 1);
    let young = Purge { older_than_ms: Some(3_600_000), ..Purge::default() };
    assert_eq!(reach.call(&Request::Purge(young)).unwrap(), Answer::Purged(vec![]));
    let Answer::Purged(lines) = reach.call(&Request::Purge(Purge::default())).unwrap() else {
        panic!("a purge")
    };
    assert_eq!(lines.len(), 1);
    assert_eq!(reach.call(&Request::Jobs).unwrap(), Answer::Jobs(vec![]));
    stage.close();
}
