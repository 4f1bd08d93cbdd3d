//! The three services: the facade asks the ledger, the ledger asks risk, and each does some work of its own.

mod answer;
mod command;
mod facade;
mod ledger;

mod risk;
mod tally;
mod work;

pub(crate) use command::Serve;
pub(crate) use tally::Counts;
pub(crate) use work::Work;
