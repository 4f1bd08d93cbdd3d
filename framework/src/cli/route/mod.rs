//! `route`: what a rules file says, checked, explained, and turned into what a mesh understands.

mod args;
mod check;
mod dispatch;
mod explain;
mod export;
#[cfg(feature = "proxy")]
mod serve;

pub(super) use args::RouteCommand;
pub(super) use dispatch::route;
