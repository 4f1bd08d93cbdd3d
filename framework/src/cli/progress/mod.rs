//! How a running job is shown: bars on a terminal, a plain line every few seconds elsewhere, nothing when quiet.
//!
//! Whoever runs the job calls [`Progress::update`] whenever it looks at the job; nothing here has a thread, a timer or
//! anything to wait for.

mod bars;
mod lines;
mod meter;

use bars::Bars;
use lines::Lines;
use meter::Meter;

pub use show::Progress;

mod show;
