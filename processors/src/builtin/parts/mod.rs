//! How file sinks make their output appear whole or not at all.
//!
//! ```text
//!   <path>/manifest.json                                names the parts of the job that finished last
//!   <path>/<job>/part-<shard>-f<fence>.*                what a shard wrote, if no checkpoint fell in between
//!   <path>/<job>/fragment-<shard>-<number>-f<fence>.*   what it wrote between two checkpoints otherwise; then the
//!                                                       file above is the first fragment, and
//!   <path>/<job>/part-<shard>-joined-f<fence>.*         holds all of them
//! ```
//! Each file is written by one attempt and never changed again; the manifest is replaced atomically. Readers follow it
//! and never list a folder: there may be files of attempts that lost, and of jobs that have not finished. Fragments, and
//! the parts of the job before, are removed once the new manifest is durable. A shard that wrote nothing has no part, a
//! job that wrote nothing a manifest without files.
//!
//! ```text
//!   shard ── checkpoint ─▶ fragment ── checkpoint ─▶ fragment ── end ─▶ fragment ─┐
//!                             └──────────────────────────┴──────── joined ────────┴─▶ part ── publish ─▶ manifest
//! ```
//! So a job gives one file for each shard, byte for byte the same however often it was killed and wherever its
//! checkpoints fell; only the names tell which attempt wrote it.
//!
//! Read in this order: `part` (one file), `file` (one file while it is written), `writer` (one attempt at a shard),
//! `join` (the shard's end), `manifest` (what readers follow), `publish` (the end of a job), `sink` (what the formats
//! have in common).

mod file;
mod join;
mod manifest;
mod part;
mod publish;
mod sink;
mod writer;

pub use manifest::{MANIFEST, Manifest, read_manifest};
pub use part::Part;
pub(super) use sink::{RowFormat, build, path_param};
