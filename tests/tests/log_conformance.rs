//! The embedded log keeps the promises of its contract, on a disk in memory and on this machine's.

use std::sync::Arc;

use dyeline::log::{EmbeddedLog, EmbeddedOptions, PartitionLog};
use dyeline_processors::disk::os_disk;
use dyeline_tests::{
    disk::ForgetfulDisk,
    log_conformance::{self, Bench},
};

/// Segments so small that every check rolls over and reuses some.
const SMALL: EmbeddedOptions =
    EmbeddedOptions { segment_bytes: 8192, first_segment_bytes: 4096, spare_segments: 2, prepare: true };

struct InMemory {
    disk: ForgetfulDisk,
    options: EmbeddedOptions,
    crashes: u64,
}

impl Bench for InMemory {
    fn open(&mut self) -> Box<dyn PartitionLog> {
        Box::new(EmbeddedLog::new(Arc::new(self.disk.clone()), "/data/log", self.options))
    }

    fn kill(&mut self, owner: Box<dyn PartitionLog>) {
        self.crashes += 1;
        self.disk.crash(self.crashes);
        drop(owner);
    }
}

#[test]
fn on_a_disk_that_forgets() {
    for options in [SMALL, EmbeddedOptions { prepare: false, ..SMALL }, EmbeddedOptions::default()] {
        log_conformance::run(|_| InMemory { disk: ForgetfulDisk::new("/data"), options, crashes: 0 });
    }
}

struct OnDisk {
    folder: tempfile::TempDir,
    options: EmbeddedOptions,
}

impl Bench for OnDisk {
    fn open(&mut self) -> Box<dyn PartitionLog> {
        Box::new(EmbeddedLog::new(os_disk(), self.folder.path().join("log"), self.options))
    }

    fn kill(&mut self, owner: Box<dyn PartitionLog>) {
        drop(owner);
    }
}

#[test]
fn on_the_disk_of_this_machine() {
    for options in [SMALL, EmbeddedOptions::default()] {
        log_conformance::run(|_| OnDisk { folder: tempfile::tempdir().unwrap(), options });
    }
}
