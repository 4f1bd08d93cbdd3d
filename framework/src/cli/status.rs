//! `status` and `watch`: jobs in full, once or as they run.

use super::{Exit, Failure, Progress, Session};
use crate::{
    control::{Answer, Request},
    view::{JobStatus, status_line, status_text, summary_text},
};

/// Shows the jobs that are named, or all unfinished ones.
pub(super) fn status(session: &Session, jobs: Vec<String>) -> Result<Exit, Failure> {
    let named = !jobs.is_empty();
    let Answer::Status(shown) = session.reach().call(&Request::Status { jobs })? else {
        return Ok(Exit::Done);
    };
    let console = &session.console;
    match &shown[..] {
        [one] if console.is_json() && named => console.print_json(one),
        all if console.is_json() => console.print_json(&serde_json::json!({ "jobs": all })),
        [] => {
            let data = session.settings.data.display();
            console.tell(&format!("no unfinished job in `{data}`; `jobs` lists those that have ended"));
        }
        [one] => console.print(&status_text(one, console.out.width)),
        all if named => {
            let texts: Vec<String> =
                all.iter().map(|status| status_text(status, console.out.width)).collect();
            console.print(&texts.join("\n"));
        }
        all => {
            let lines: Vec<String> = all.iter().map(|status| format!("{}\n", status_line(status))).collect();
            console.print(&lines.concat());
        }
    }
    Ok(Exit::Done)
}

/// Shows a job until it has ended: bars and a summary on a terminal, a line for each change elsewhere.
pub(super) fn watch(session: &Session, job: &str) -> Result<Exit, Failure> {
    let console = &session.console;
    let mut progress = Progress::new(console);
    let mut last: Option<JobStatus> = None;
    let mut last_line = String::new();
    session.reach().watch(job, &mut |status| {
        if console.is_json() {
            console.print_json(status);
        } else if console.err.terminal {
            progress.update(status);
        } else {
            let line = status_line(status);
            if line != last_line {
                console.print(&format!("{line}\n"));
                last_line = line;
            }
        }
        last = Some(status.clone());
        true
    })?;
    let Some(status) = last else { return Ok(Exit::Done) };
    let pace = progress.finish(&status);
    if console.err.terminal && !console.is_json() {
        console.print(&summary_text(&status, pace, console.out.width));
    }
    Ok(Exit::Done)
}
