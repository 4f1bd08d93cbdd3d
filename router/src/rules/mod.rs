//! Rules files: which services, groups, chains and hops exist, read with every mistake at once, checked, tested.
//!
//! [`Rules::read`] turns a text into [`Rules`], whose names all lead somewhere; [`check`] adds what is probably not
//! meant, and runs the file's own tests against its [`Table`](crate::table::Table). It does not route.

mod address;
pub mod code;
mod lint;
mod model;
mod read;

pub use address::{Address, Scheme};
pub use lint::check;
pub use model::{
    Balance, ChainRule, DEFAULT_GROUP, DyeRules, Edge, GroupRule, HealthRule, HopRule, Members, Mode, Placed,
    RollBy, Rules, ServiceGroup, ServiceRule, Share, Start, StartKind, Step, TOPIC, TestRule,
};
pub use read::{MAX_FILE_BYTES, limit};
