//! One terminal's connection: reads a line, answers it, until the terminal goes away.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    sync::PoisonError,
    time::Duration,
};

use super::{Answer, ControlError, Request, act::carry_out, error::code, request::Response, server::Shared};

/// The longest request, in bytes: a thousand changes fit.
const MAX_REQUEST_BYTES: u64 = 1 << 20;

/// How long a connection may be silent before it is ended.
const SILENCE: Duration = Duration::from_secs(30);

/// How long an answer may take to leave; a terminal that does not read is given up.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// How often a watched job is shown at least.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// Serves a connection until it ends.
pub(super) fn serve(shared: &Shared, stream: &UnixStream) {
    let limited =
        stream.set_read_timeout(Some(SILENCE)).and_then(|()| stream.set_write_timeout(Some(ANSWER_WAIT)));
    if limited.is_err() {
        return;
    }
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(MAX_REQUEST_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if line.last() != Some(&b'\n') {
            let whole = line.len() as u64 == MAX_REQUEST_BYTES;
            let why =
                if whole { format!("longer than {MAX_REQUEST_BYTES} bytes") } else { "cut off".to_owned() };
            let error = ControlError::usage(code::BAD_REQUEST, format!("the request is {why}"));
            respond(stream, &Response::Error(error));
            return;
        }
        let goes_on = match serde_json::from_slice::<Request>(&line) {
            Ok(Request::Watch { job }) => {
                watch(shared, stream, job);
                false
            }
            Ok(request) => respond(stream, &answer(shared, request)),
            Err(error) => {
                let message = format!("the line is not a request: {error}");
                let error = ControlError::usage(code::BAD_REQUEST, message);
                respond(
                    stream,
                    &Response::Error(error.hint("use the same version of the program at both ends")),
                )
            }
        };
        if !goes_on {
            return;
        }
    }
}

fn answer(shared: &Shared, request: Request) -> Response {
    let _changing = matches!(request, Request::Set { .. })
        .then(|| shared.changing.lock().unwrap_or_else(PoisonError::into_inner));
    carry_out(&shared.inbox, &shared.registry, request).into()
}

/// Shows a job whenever it changes, and often enough in between, until it has ended or the process does.
fn watch(shared: &Shared, stream: &UnixStream, job: String) {
    let mut job = job;
    loop {
        let closing = shared.is_closing();
        let shown = carry_out(&shared.inbox, &shared.registry, Request::Watch { job: job.clone() });
        let goes_on = match &shown {
            Ok(Answer::Status(status)) => {
                if let Some(status) = status.first() {
                    // From now on this job, whatever other ids begin the same way.
                    job = status.job.to_string();
                }
                status.iter().any(|s| !s.phase.is_terminal())
            }
            _ => false,
        };
        if !respond(stream, &shown.into()) || !goes_on || closing {
            return;
        }
        shared.watch.changed(WATCH_EVERY);
    }
}

/// Sends a line; whether it left.
pub(super) fn respond(stream: &UnixStream, response: &Response) -> bool {
    // Views are maps of texts to values: there is nothing that JSON could refuse.
    let Ok(mut line) = serde_json::to_vec(response) else { return false };
    line.push(b'\n');
    let mut stream = stream;
    stream.write_all(&line).is_ok()
}
