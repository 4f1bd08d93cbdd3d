//! `submit`: plain tasks, each a job of one processor and one shard.
//!
//! A task is a chain of the processor behind an `items-load` that holds its input; with `--out`, what it makes is
//! written by a `jsonl-write`. The tasks of one command run in this process, and it ends when they have.

mod build;
mod run;
mod tasks;

pub(super) use run::{SubmitArgs, submit};
