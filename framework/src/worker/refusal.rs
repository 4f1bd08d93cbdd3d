//! What is said of a report that the engine refused, and of a checkpoint that it would refuse.

use dyeline_engine::{Refusal, limit::MAX_CHECKPOINT_BYTES};
use dyeline_processors::Error;

/// A refusal as the failure of its attempt tells it: what, and what to do. Stage and shard stand beside it.
pub(crate) fn refusal_text(why: &Refusal) -> String {
    match why {
        Refusal::TooLarge { what, .. } => format!("{why}{}", advice(what)),
        // The worker counts and names only what it was handed out.
        _ => format!("{why}: this is a bug, and the report was not taken"),
    }
}

/// What makes something smaller, by what the engine calls it.
fn advice(what: &str) -> &'static str {
    match what {
        "the checkpoint" => ": keep less in the cursor and in `#[state]` fields",
        "an artifact" => {
            ": it names the files of one checkpoint; take checkpoints more often, with `checkpoint`"
        }
        "the number of artifacts in a report" => ": write fewer files in one checkpoint",
        "the number of artifacts of a task" => {
            ": take checkpoints less often, with `checkpoint`, or make more shards"
        }
        "the number of shards" | "the number of the job's tasks" => {
            ": have the splitter make fewer and larger shards"
        }
        "a shard's description" => {
            ": put less into the splitter's shard type, such as the name of a list instead of it"
        }
        "the result" => ": return the place of what was published instead of it",
        _ => "",
    }
}

/// Refuses a checkpoint before the engine does, while it is known what takes the room.
pub(crate) fn check_size(bytes: usize, largest: usize) -> Result<(), Error> {
    if bytes <= MAX_CHECKPOINT_BYTES {
        return Ok(());
    }
    Err(Error::fatal(format!(
        "what the node remembers takes {largest} of a checkpoint's {bytes} bytes, and the limit is \
         {MAX_CHECKPOINT_BYTES}{}",
        advice("the checkpoint")
    )))
}
