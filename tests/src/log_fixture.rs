//! What the logs kept as fixtures hold, one for each version of the format.
#![expect(clippy::expect_used, reason = "a fixture is written by hand, once")]

use dyeline::log::{EmbeddedLog, EmbeddedOptions, PartitionLog, Position};

use crate::log_conformance::{Restored, commit};

/// Segments so small that a fixture has several.
pub const OPTIONS: EmbeddedOptions =
    EmbeddedOptions { segment_bytes: 4096, first_segment_bytes: 4096, spare_segments: 1, prepare: false };

/// A batch of the fixture.
pub fn batch(number: u64) -> Vec<u8> {
    format!("batch {number} {}", "dye".repeat(number as usize % 60)).into_bytes()
}

/// What every fixture holds.
pub fn expected() -> Restored {
    let batches = (45..60).map(|i| (i, batch(i))).collect();
    Restored { snapshot: Some((45, b"the state before batch 45".to_vec())), batches }
}

/// Writes the fixture to an empty log.
///
/// # Panics
/// If the disk fails.
pub fn write(log: &mut EmbeddedLog) {
    log.acquire().expect("the disk works");
    commit(log, &(0..30).map(batch).collect::<Vec<_>>());
    for i in 30..50 {
        commit(log, &[batch(i)]);
    }
    log.install_snapshot(Position(25), b"the state before batch 25").expect("the disk works");
    log.install_snapshot(Position(45), b"the state before batch 45").expect("the disk works");
    log.trim(Position(45)).expect("the disk works");
    log.acquire().expect("the disk works");
    commit(log, &(50..60).map(batch).collect::<Vec<_>>());
}
