//! CSV files: cut by byte range on record boundaries, read and written as records.
//!
//! Read in this order: `input` (opening a file, with clear errors), `quotes` (which newlines end a row),
//! `header`, `scan` (the state of quotes at many places of a file, in parallel), `cut` (where shards begin),
//! `key` (cuts at key boundaries only), `rows`
//! (a range in chunks), then the three processors: `split`, `load`, `write`.

mod cut;
mod header;
mod input;
mod key;
mod load;
mod quotes;
mod rows;
mod scan;
mod split;
mod write;

pub use load::row_number_at;
pub(super) use quotes::{Quoting, Reader};
