//! The way to a partition's owner, for clients, workers and the clock.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use dyeline_engine::{Answer, Command, Refusal, RequestId, State};

use super::full::Stall;

/// A request waits so long for a log without room before it is given up: a moment's want is none.
const STALLED_WAIT: Duration = Duration::from_secs(1);

/// How often a request that waits looks whether the log has room.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What waits for the owner.
pub(super) enum Message {
    /// A command whose sender waits for nothing.
    Command(Command),
    /// A command with a reply.
    Request { make: Box<dyn FnOnce(RequestId) -> Command + Send>, reply: Sender<Result<Answer, Refusal>> },
    /// A look at the state.
    Read(Box<dyn FnOnce(&State) + Send>),
    /// No more work: end once all that was applied is durable.
    End,
}

/// Sends to a partition's owner. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    messages: Sender<Message>,
    stall: Arc<Stall>,
}

/// The owner has ended; why, the one who started it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the partition is closed")]
pub struct Gone;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It was not carried out, and changed nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The owner has ended.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The log has no room.
    #[error("{0}; the request may still be carried out once there is room")]
    Full(String),
    /// It took too long; it may still be carried out.
    #[error("no answer within {} s: the log's disk may be slow; the request may still be carried out", .0.as_secs())]
    Slow(Duration),
}

impl Inbox {
    /// An inbox and its reading end. What waits in it is bounded by those who send: workers report once for each
    /// credit and checkpoint, clients wait for their reply.
    pub(super) fn new(stall: Arc<Stall>) -> (Self, Receiver<Message>) {
        let (messages, receiver) = unbounded();
        (Self { messages, stall }, receiver)
    }

    /// Where the log lacks room and how much, while the owner waits for it; `None` while there is enough.
    pub fn stalled(&self) -> Option<String> {
        self.stall.get().map(|(_, why)| why)
    }

    /// Sends a command and does not wait.
    pub fn send(&self, command: Command) -> Result<(), Gone> {
        self.messages.send(Message::Command(command)).map_err(|_| Gone)
    }

    /// Sends a command and waits for its durable outcome.
    pub fn request(
        &self,
        wait: Duration,
        make: impl FnOnce(RequestId) -> Command + Send + 'static,
    ) -> Result<Answer, RequestError> {
        let (reply, answer) = bounded(1);
        self.messages.send(Message::Request { make: Box::new(make), reply }).map_err(|_| Gone)?;
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match answer.recv_timeout(left.min(LOOK_EVERY)) {
                Ok(result) => return Ok(result?),
                Err(RecvTimeoutError::Disconnected) => return Err(Gone.into()),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(RequestError::Slow(wait)),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some((_, why)) = self.stall.get().filter(|(since, _)| since.elapsed() >= STALLED_WAIT) {
                return Err(RequestError::Full(why));
            }
        }
    }

    /// Looks at the state, on the owner's thread: `look` must be short.
    pub fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (reply, answer) = bounded(1);
        let read = move |state: &State| {
            // Who asked may have stopped waiting.
            let _ = reply.send(look(state));
        };
        self.messages.send(Message::Read(Box::new(read))).map_err(|_| Gone)?;
        answer.recv().map_err(|_| Gone)
    }

    /// Asks the owner to end.
    pub fn end(&self) {
        // If it has ended already, that is what was asked for.
        let _ = self.messages.send(Message::End);
    }
}
