//! How a dye travels: headers of HTTP and gRPC, headers of Kafka messages, and W3C baggage for services we do not own.
//!
//! [`extract`] turns what came into a [`Lane`](crate::dye::Lane), [`inject`] stamps it on what goes out, [`strip`] takes
//! it off. A bad header never fails a request: it is left out, and counted in [`DyeStats`].
//!
//! | header | holds |
//! | --- | --- |
//! | `x-dye` | the dye |
//! | `x-dye-roll` | the roll, decimal |
//! | `x-dye-from` | who calls, `service/group` |
//! | `x-dye-mac` | at the edge only: who vouches for the dye |
//! | `baggage` | `dye=…` among the members of others |
//! | `traceparent`, `tracestate` | the trace, as W3C has it |

mod baggage;
mod carrier;
pub mod edge;
mod extract;
pub mod header;
mod host;
mod inject;
mod stats;

pub use baggage::{Baggage, Member, Property};
pub use carrier::{Carrier, CarrierMut};
pub use edge::Edge;
pub use extract::{Marks, extract, read};
pub use host::{BadHost, Hosts};
pub use inject::{inject, stamp_roll, strip};
pub use stats::{DyeStats, Event};
