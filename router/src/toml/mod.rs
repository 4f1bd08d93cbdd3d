//! A reader of TOML that knows where everything stands, and reports every mistake of a file at once.
//!
//! [`parse`] turns a [`Source`] into a [`Table`] of [`Item`]s with places; [`Fields`] reads a table key by key and
//! reports what is missing, of the wrong type or unknown into a list of [`Mistakes`], which renders itself for a
//! terminal or a log.

pub mod code;
mod fields;
mod look;
mod mistake;
mod parse;
mod source;
mod suggest;
mod unit;
mod value;

pub use fields::Fields;
pub use look::Look;
pub use mistake::{Mistake, Mistakes, Severity};
pub use parse::parse;
pub use source::{Place, Source};
pub use suggest::{nearest, suggestion};
pub use unit::{format_count, format_duration, parse_duration, parse_duration_range, parse_share};
pub use value::{Entry, Item, Table, Value};
