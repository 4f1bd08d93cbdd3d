//! One process of a service: what is done to every call that it makes, and to every one that it receives.
//!
//! [`Process::send`] decides where a call goes and stamps it, [`Process::receive`] reads what came and refuses what
//! does not belong. Both work on a URI and headers alone; the layers for HTTP clients and servers stand on them.

mod admission;
mod refusal;
mod route;
mod send;
mod settings;
mod table;

pub use refusal::Refusal;
pub use route::{Route, Routed, Ticket, Unrouted};
pub use send::{Ended, Sent};
pub use settings::Process;

#[cfg(test)]
mod tests;
