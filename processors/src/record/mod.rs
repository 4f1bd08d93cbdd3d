//! Records in text and in binary form: what `#[derive(Record)]` builds on.
//!
//! ```text
//!   rows of text ──RowCursor (straight)──┐                      ┌── encode_text ──▶ rows of text
//!                └─Tokens + ColumnMap ───┴──▶  T: Record  ──────┴── encode ───────▶ binary form, hashes, partitions
//! ```
//!
//! [`RowCursor`] reads rows whose columns stand in the order of the fields, and gives up at anything unusual; what it
//! gives up is read again by [`Tokens`], which knows RFC 4180 in full and can say what is wrong.

mod columns;
mod cursor;
mod decoder;
mod digits;
mod error;
mod field;
pub(crate) mod ops;
mod read;
mod tokens;
mod values;
mod varint;

pub use columns::{BadColumns, ColumnMap};
pub use cursor::RowCursor;
pub use decoder::{Decoded, MAX_ROW_BYTES, RowReject, TextDecoder};
pub use error::{Fault, FieldError};
pub use field::{Field, hash_bytes};
pub use ops::Ops;
pub use read::read_csv;
pub use tokens::{Row, Tokens};

pub(crate) use cursor::POWERS;
pub(crate) use digits::{load8, parse8, short_number};
pub(crate) use varint::{decode_i128, decode_u64, encode_i128, encode_u64};
