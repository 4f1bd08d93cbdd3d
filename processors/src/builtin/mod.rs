//! The processors every program has: splitters, the CSV reader and writer, JSON Lines, dead letters.
//!
//! Read in this order: [`shards`] (what the splitters hand to loaders), [`csv`] (files by byte range), [`parts`]
//! (how sinks make their output appear whole or not at all), then the smaller ones.

pub mod csv;
mod dead_letter;
mod items_load;
mod json;
mod jsonl_write;
mod params;
pub mod parts;
mod plain_split;
mod range_load;
mod row_text;
pub mod shards;

pub use dead_letter::DeadLetterRecord;
pub use range_load::Number;
