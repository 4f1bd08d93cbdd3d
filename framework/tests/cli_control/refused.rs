//! What is refused, with what to do instead.

use dyeline::control::{Change, Request, Selection};
use dyeline_engine::JobPhase;

use crate::stage::{Stage, one, submit};

fn shown(error: &dyeline::control::ControlError) -> String {
    let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    format!("[{} exit {}] {}{hint}", error.code, error.exit, error.message)
}

#[test]
fn changes_that_do_not_fit_are_refused_together_and_none_is_made() {
    let stage = Stage::set();
    let param = |node: &str, param: &str, value: &str| Change::Param {
        node: node.into(),
        param: param.into(),
        value: value.into(),
        folder: None,
    };
    let changes = vec![
        Change::Priority { priority: 7 },
        Change::Priority { priority: 1_001 },
        Change::Cost { node: "keep".into(), cost: Some(0) },
        Change::Concurrency { node: None, limit: Some(0) },
        Change::Skip { node: "kep".into(), limit: None },
        Change::Timeout { node: "keep".into(), ms: Some(90_000_000) },
        Change::Retry { node: "keep".into(), max: 1, backoff_ms: Some((20, 10)) },
        param("keep", "evry", "5"),
        param("keep", "fixed", "5"),
        param("write", "path", "x"),
        param("keep", "every", "many"),
    ];
    let set = Request::Set { select: stage.select(), changes };
    let error = one(stage.terminal().call(&set).unwrap()).error.unwrap();
    insta::assert_snapshot!(shown(&error));
    assert_eq!(stage.status().priority, 0);
    let alone = Request::Set { select: stage.select(), changes: vec![param("keep", "every", "many")] };
    let error = one(stage.terminal().call(&alone).unwrap()).error.unwrap();
    insta::assert_snapshot!(shown(&error));
    stage.close();
}

#[test]
fn jobs_that_are_not_there_or_not_told_apart_are_refused() {
    let stage = Stage::set();
    let second = submit(&stage.host, stage.folder.path(), 2);
    let mut terminal = stage.terminal();
    let mut pause = |text: &str| {
        let select = Selection { jobs: vec![text.to_owned()], chain: None };
        terminal.call(&Request::Pause { select, reason: String::new() })
    };
    let id = second.to_string();
    insta::assert_snapshot!(shown(&pause("7ZZZ").unwrap_err()));
    insta::assert_snapshot!(shown(&pause("00000000000000000000000000").unwrap_err()));
    insta::assert_snapshot!(shown(&pause(&id[..20]).unwrap_err()));
    insta::assert_snapshot!(shown(&pause("").unwrap_err()));
    assert_eq!(one(pause(&id.to_lowercase()).unwrap()).job, second);
    let of_chain = Selection { jobs: vec![], chain: Some("endles".into()) };
    let error = terminal.call(&Request::Cancel { select: of_chain }).unwrap_err();
    insta::assert_snapshot!(shown(&error));
    let all = Selection { jobs: vec![], chain: Some("endless".into()) };
    let cancelled = terminal.call(&Request::Cancel { select: all }).unwrap().outcomes();
    assert_eq!(cancelled.len(), 2);
    stage.close();
}

#[test]
fn what_the_state_of_a_job_does_not_allow_is_refused() {
    let stage = Stage::set();
    let mut terminal = stage.terminal();
    terminal.call(&Request::Cancel { select: stage.select() }).unwrap();
    stage.until("it ends", |status| status.phase == JobPhase::Cancelled);
    let pause = Request::Pause { select: stage.select(), reason: String::new() };
    for request in [pause, Request::Resume { select: stage.select() }] {
        let outcome = one(terminal.call(&request).unwrap());
        assert_eq!(outcome.state, JobPhase::Cancelled);
        let error = outcome.error.unwrap();
        assert_eq!((error.code.as_str(), error.exit), (dyeline::control::code::REFUSED, 2), "{request:?}");
    }
    stage.close();
}
