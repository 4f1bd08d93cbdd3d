//! How file sinks make their output appear whole or not at all.
//!
//! ```text
//!   <path>/manifest.json                        names the parts of the job that finished last; replaced atomically
//!   <path>/<job>/part-<shard>-<row>-f<fence>.*  what one attempt wrote between two checkpoints; never changed again
//! ```
//! Readers follow the manifest and never list a folder: there may be parts of attempts that lost, and of jobs that
//! have not finished. The parts of the job before are removed once the new manifest is durable. A job without items
//! publishes a manifest without files.
//!
//! The items of the files, in the order of the manifest, are the same bytes however often the job was killed. Where one
//! file ends and the next begins is not: that depends on when checkpoints were taken. So each file stands for itself,
//! with a header of its own where the format has one.
//!
//! Read in this order: `part` (one file), `writer` (one attempt), `manifest` (what readers follow), `publish`
//! (the end of a job).

mod manifest;
mod part;
mod publish;
mod writer;

pub use manifest::{MANIFEST, Manifest, read_manifest};
pub use part::Part;
pub(super) use publish::{discard, prepare, publish};
pub(super) use writer::PartWriter;
