//! The simulation: an engine, its log, its workers and its clients in one thread, with virtual time and a seed.
//!
//! `run` plays one seed: random plans, random commands, lost, delayed and repeated messages, crashes around every
//! commit, slow and failing commits, lost workers and jumps of the clock. The `model` is a second opinion: it knows
//! the logged effects and what workers and clients said, shares no code with the engine's state, and checks each
//! effect and each output. After the last event everything heals, and every job must end.

mod client;
mod coverage;
mod log;
mod model;
mod network;
mod plan;
mod rng;
mod run;
mod worker;
mod world;

pub use coverage::{Coverage, expected};
pub use dyeline_engine::Fault;
pub use rng::Rng;
pub use run::{Finding, Options, Summary, run};
