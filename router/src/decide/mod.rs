//! Where a call goes: one decision, its reasons, and whole paths.
//!
//! [`Table::decide`](crate::table::Table::decide) and [`Table::explain`](crate::table::Table::explain) are one function
//! with two recorders, so that the explanation is of the decision that is made.

mod ask;
mod belongs;
mod chance;
pub mod code;
mod decision;
mod error;
mod explain;
mod path;
mod reason;
mod roll;
mod route;
mod vitals;

pub use ask::Ask;
pub use belongs::Belongs;
pub use chance::chance;
pub use decision::{Decision, Leak};
pub use error::NoRoute;
pub use explain::Explanation;
pub use path::{ExplainedHop, ExplainedPath, Question};
pub use reason::{Reason, RolledShare};
pub use roll::{hop_roll, job_roll};

pub(crate) use decision::Choice;
pub(crate) use vitals::Downed;
