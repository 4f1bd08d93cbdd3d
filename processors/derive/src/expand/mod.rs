//! What the derives write. Paths go through `::dyeline`, which every crate that uses them depends on.

pub(crate) mod ports;
pub(crate) mod processor;
pub(crate) mod record;
pub(crate) mod state;
