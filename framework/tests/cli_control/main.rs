//! The control socket of a process that runs a job, and what stands in for it when none does.

mod offline;
mod refused;
mod running;
mod stage;
mod tasks;
mod wire;
