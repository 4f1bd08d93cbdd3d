//! The embedded log: one folder, no other service, safe through any crash.
//!
//! ```text
//!  <data>/log/
//!    lock                              who owns the log: a file lock, and the process id as text
//!    epoch                             the owner's epoch, and how far the log reached when it began
//!    segment-00000000000000000007      sealed: full, only read
//!    segment-00000000000000000008      the last one: groups are appended
//!    spare-00000000000000000002        written in full before, waiting to become a segment
//!    snapshots/
//!      snapshot-00000000000000041230   the state before batch 41230; the last two are kept
//! ```
//!
//! **Groups.** Whatever was submitted while the last write was under way becomes one *group*: one frame, one write, one
//! `fdatasync`. A frame is whole or not at all, because one checksum covers it, and at most one group is under way.
//! So a bad frame with nothing valid behind it is a write that never finished, and is cut off; a bad frame with a valid
//! one behind it had been acknowledged, and is damage.
//!
//! ```text
//!  segment   ┌────────────────┬───────┬───────┬── ─ ─ ──┬──────┬───────────┐
//!            │ header, 512 B  │ group │ group │         │ seal │  unused   │
//!            └────────────────┴───────┴───────┴── ─ ─ ──┴──────┴───────────┘
//!  header     0 magic "DYELOG\r\n"   8 version u32   16 number u64   24 position of the first batch u64
//!            32 size in bytes u64   40 salt u64   48 epoch u64   60 crc32c of bytes 0..60       (little endian)
//!  frame      0 magic "DYFR"   4 crc32c of salt and payload   8 payload bytes u32   12 kind u16 (1 group, 2 seal)
//!            16 segment number u64   24 epoch u64   32 position of the first batch u64   40 batches u32
//!            44 crc32c of salt and bytes 0..44   48 payload: for each batch its length u32 and its bytes
//!            padded with zeros to 8 bytes; after it, eight zero bytes that the next frame overwrites
//! ```
//!
//! **Segments** are written in full before use, and reused after a trim, so that a commit changes no metadata of the
//! file system. What a reused segment held before is never read as valid: its number and salt differ.
//!
//! **Rolling over** makes the new segment durable under its name first, then seals the old one. A seal therefore
//! promises that the next segment exists, and one that was taken away is noticed. The seal itself may be lost.
//!
//! **Recovery** reads the newest whole snapshot, the header of each segment and the frames of the last. It writes the
//! last frame again and syncs it: a former process may have ended between its write and its sync, or after a sync that
//! failed, and what is restored must not be lost later. The segments before the last are checked while they are read.
//!
//! A failed sync is never tried again on the same pages; the log then refuses everything until it is acquired anew.

mod appender;
mod cursor;
mod folder;
mod format;
mod log;
mod recovery;
mod segment;
mod shared;
mod snapshots;
mod tail;
mod writer;

pub use log::{EmbeddedLog, EmbeddedOptions};

/// The largest batch, in bytes. A batch is one engine step of effects, which are kilobytes; the limit keeps a mistake
/// from taking the memory of every later restore.
pub const MAX_BATCH_BYTES: usize = 64 << 20;
