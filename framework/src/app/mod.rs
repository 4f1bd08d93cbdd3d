//! A service in one program: its servers, its consumers and its processors, and which of them start in a group.
//!
//! An [`Application`] names them; [`start`] starts those that the rules select for a group, each with a [`Scope`] that
//! knows who it is and how to reach other services. A server's requests pass through the router's layer, which takes
//! the lane off them, refuses those of other lanes, and lets handlers run in the lane they came in.
//!
//! ```text
//!   Application ──▶ select (rules, group) ──▶ start ──▶ ready ──▶ stop: servers drain, consumers end
//! ```

mod admin;
mod application;
mod component;
mod error;
mod handles;
mod listener;
mod running;
mod scope;
mod settings;
mod start;
mod stop;

pub use application::Application;
pub use error::ServeError;
pub use handles::Handles;
pub use running::{End, Running, ServerAt};
pub use scope::Scope;
pub use settings::{RulesFor, ServeSettings};
pub use start::start;
