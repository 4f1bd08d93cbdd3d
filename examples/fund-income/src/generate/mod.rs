//! Made-up holdings and real prices: the input of the example's chains, the same on every machine for the same seed.

mod command;
mod positions;
mod prices;

pub(crate) use command::Generate;
