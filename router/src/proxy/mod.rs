//! `dyeline route serve`: a reverse proxy that sends each request to the group its dye asks for, for services in any
//! language.
//!
//! Each thread runs on its own: listening sockets, clock, pools, counters. In it a request costs no lock, no timer and
//! no task: [`h1`] reads it and hands it to [`worker`], which asks the table, has [`forward`] change what changes on
//! the way, and lets [`tries`] and its [`attempt`]s send it, over [`h1`] or [`h2`] again, on a connection from [`pool`].

mod accept;
mod admin;
mod attempt;
mod body;
mod budget;
mod clock;
mod forward;
mod h1;
mod h2;
mod meters;
mod ongoing;
mod pool;
mod refusal;
mod route;
mod serve;
mod settings;
mod tries;
mod wire;
mod worker;

#[cfg(fuzzing)]
pub use h1::laws::hold as http1_laws;
pub use refusal::code;
pub use serve::{ServeError, Server, serve};
pub use settings::{Caller, Limits, Listener, PoolLimits, Retries, Settings, Timeouts};
