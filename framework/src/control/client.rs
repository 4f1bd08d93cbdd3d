//! Asks the process that runs the jobs of a data directory.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

use super::{Answer, ControlError, Request, error::code, request::Response, socket};
use crate::{host::DataDir, view::JobStatus};

/// How long an answer may take. A process that is alive answers within milliseconds, unless its disk does not.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A connection to a running process.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
}

/// Connects to the process that runs the jobs of a data directory; `None` when none does.
pub fn connect(data: &DataDir) -> Option<Client> {
    let path = socket::socket_path(data.path()).ok()?;
    let stream = socket::dial(&path)?;
    stream.set_read_timeout(Some(ANSWER_WAIT)).ok()?;
    stream.set_write_timeout(Some(ANSWER_WAIT)).ok()?;
    Some(Client { reader: BufReader::new(stream) })
}

impl Client {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the process says, or that it did not answer.
    pub fn call(&mut self, request: &Request) -> Result<Answer, ControlError> {
        self.send(request)?;
        self.receive()?.ok_or_else(ending)
    }

    /// Shows a job to `each` whenever it changes, until it has ended, the process has, or `each` says no.
    ///
    /// # Errors
    /// What the process says, or that it did not answer.
    pub fn watch(&mut self, job: &str, each: &mut dyn FnMut(&JobStatus) -> bool) -> Result<(), ControlError> {
        self.send(&Request::Watch { job: job.to_owned() })?;
        while let Some(answer) = self.receive()? {
            let Answer::Status(shown) = answer else { return Err(unexpected()) };
            if !shown.iter().all(&mut *each) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn send(&mut self, request: &Request) -> Result<(), ControlError> {
        let mut line = serde_json::to_vec(request).map_err(|e| {
            ControlError::usage(code::BAD_REQUEST, format!("the request cannot be written: {e}"))
        })?;
        line.push(b'\n');
        self.reader.get_mut().write_all(&line).map_err(|e| unanswered(&e))
    }

    /// The next line; `None` when the process has closed the connection.
    fn receive(&mut self) -> Result<Option<Answer>, ControlError> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(0) => Ok(None),
            Ok(_) => match serde_json::from_slice::<Response>(&line) {
                Ok(response) => Result::from(response).map(Some),
                Err(_) => Err(unexpected()),
            },
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(unanswered(&error)),
        }
    }
}

fn unanswered(error: &io::Error) -> ControlError {
    let why = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => format!("within {} s", ANSWER_WAIT.as_secs()),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => return ending(),
        _ => format!(": {error}"),
    };
    ControlError::environment(code::UNANSWERED, format!("the process that runs the job did not answer {why}"))
        .hint("its disk may be slow, or it may be stopped; what was asked may still be carried out")
}

fn ending() -> ControlError {
    ControlError::from(crate::partition::Gone)
}

fn unexpected() -> ControlError {
    ControlError::environment(
        code::UNANSWERED,
        "the process that runs the job gave an answer that is not known here",
    )
    .hint("use the same version of the program at both ends")
}
