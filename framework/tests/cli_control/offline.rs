//! Commands when no process runs: the log is read, or owned for a moment.

use dyeline::{
    control::{Answer, Purge, Reach, Request, Selection, code},
    host::{DataDir, Host},
};
use dyeline_engine::JobPhase;

use crate::stage::{Stage, one, options};

fn status(reach: &Reach) -> dyeline::view::JobStatus {
    let Answer::Status(mut shown) = reach.call(&Request::Status { jobs: vec![] }).unwrap() else {
        panic!("a status")
    };
    assert_eq!(shown.len(), 1);
    shown.remove(0)
}

#[test]
fn an_interrupted_job_is_shown_paused_resumed_and_cancelled() {
    let stage = Stage::set();
    let before = stage.until("a checkpoint", |status| status.items() > 0);
    let select = stage.select();
    let (_folder, data, job) = stage.close();
    let reach = Reach::new(data, options());
    assert!(reach.process().is_none());
    let shown = status(&reach);
    assert_eq!((shown.job, shown.phase, shown.attended, shown.live), (job, JobPhase::Running, false, 0));
    assert!(shown.items() >= before.items(), "what was done is kept");

    let pause = Request::Pause { select: select.clone(), reason: "tonight".into() };
    assert_eq!(one(reach.call(&pause).unwrap()).state, JobPhase::Paused);
    assert_eq!(status(&reach).reason.as_deref(), Some("tonight"));
    assert_eq!(
        one(reach.call(&Request::Resume { select: select.clone() }).unwrap()).state,
        JobPhase::Running
    );
    assert_eq!(one(reach.call(&Request::Cancel { select }).unwrap()).state, JobPhase::Cancelled);
    let Answer::Purged(lines) = reach.call(&Request::Purge(Purge::default())).unwrap() else {
        panic!("a purge")
    };
    assert_eq!(lines.len(), 1);
    assert_eq!(reach.call(&Request::Jobs).unwrap(), Answer::Jobs(vec![]));
}

#[test]
fn looking_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let reach = Reach::new(DataDir::new(folder.path().join("data")), options());
    assert_eq!(reach.call(&Request::Jobs).unwrap(), Answer::Jobs(vec![]));
    let select = Selection { jobs: vec!["01ARZ".into()], chain: None };
    let error = reach.call(&Request::Cancel { select }).unwrap_err();
    assert_eq!(error.code, code::UNKNOWN_JOB);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_process_without_a_socket_is_named() {
    let stage = Stage::set();
    let (folder, data, job) = stage.close();
    let host = Host::open(data.clone(), options()).unwrap();
    let reach = Reach::new(data, options());
    assert!(!status(&reach).attended, "looking needs no lock");
    let select = Selection { jobs: vec![job.to_string()], chain: None };
    let error = reach.call(&Request::Cancel { select }).unwrap_err();
    assert_eq!((error.code.as_str(), error.exit), (code::HELD, 4));
    assert!(error.message.contains(&format!("process {}", std::process::id())), "{error}");
    host.close(std::time::Duration::ZERO).unwrap();
    drop(folder);
}
