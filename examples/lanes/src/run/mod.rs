//! What happens without a command: the same users with no chain, with a chain among them, and with a chain in a lane.

mod child;
mod command;
mod cores;
mod figure;
mod fleet;
mod launch;
mod leg;
mod outage;
mod place;
mod quantile;
mod report;
mod table;
mod versions;

pub(crate) use child::adopt;
pub(crate) use command::Run;
pub(crate) use outage::Outage;
pub(crate) use versions::Versions;
