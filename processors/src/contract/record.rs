//! What an item type must offer: a schema, text rows, a compact binary form, and keys.
//!
//! [`Record`] is derived. [`RecordOps`] is the same for code that knows the type only by name: its functions work on
//! whole chunks.

use std::{cmp::Ordering, fmt};

use super::{Chunk, Error};
use crate::record::{ColumnMap, FieldError, RowCursor, TextDecoder};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// `true` or `false`.
    Bool,
    /// A signed integer of this many bits.
    Int(u8),
    /// An unsigned integer of this many bits.
    Uint(u8),
    /// A binary float of this many bits.
    Float(u8),
    /// A decimal with this many places after the point.
    Decimal(u8),
    /// UTF-8 text.
    Text,
    /// A day of the calendar.
    Date,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int(bits) => write!(f, "i{bits}"),
            Self::Uint(bits) => write!(f, "u{bits}"),
            Self::Float(bits) => write!(f, "f{bits}"),
            Self::Decimal(scale) => write!(f, "Decimal<{scale}>"),
            Self::Text => f.write_str("String"),
            Self::Date => f.write_str("Date"),
        }
    }
}

/// One field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SchemaField {
    /// Its name, which is also its column's.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldType,
    /// Whether it may be empty (`Option`).
    pub optional: bool,
}

impl SchemaField {
    /// Whether equal values of this field and another are hashed equally, so that an exchange brings them to the same
    /// shard. They are where both have one binary form: integers of all widths with a sign, integers of all widths
    /// without one, and otherwise fields of the same type.
    pub fn meets(self, other: Self) -> bool {
        let same = match (self.kind, other.kind) {
            (FieldType::Int(_), FieldType::Int(_)) | (FieldType::Uint(_), FieldType::Uint(_)) => true,
            (a, b) => a == b,
        };
        same && self.optional == other.optional
    }
}

/// A record's name and fields, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The record's name.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [SchemaField],
}

impl Schema {
    /// The place of a field.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// xxh3-64 of [`Schema::text`]: what two processes compare.
    pub fn hash(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(self.text().as_bytes())
    }

    /// The schema as text, such as `Position{user_id:u64,shares:Decimal<2>,note:String?}`.
    pub fn text(&self) -> String {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|f| format!("{}:{}{}", f.name, f.kind, if f.optional { "?" } else { "" }))
            .collect();
        format!("{}{{{}}}", self.name, fields.join(","))
    }
}

/// An item type. Derive it: `#[derive(Record)]` on a struct with named fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "items that move between processors are records",
    note = "add `#[derive(Clone, Record)]` to the struct"
)]
pub trait Record: Clone + Send + Sync + Sized + 'static {
    /// Name and fields.
    const SCHEMA: Schema;

    /// `file:line` of the struct, to tell two records of one name apart.
    const DEFINED_AT: &'static str = "";

    /// Reads one row of text whose columns stand in the order of the fields. The cursor ends behind the last field,
    /// before the line ending.
    fn decode_row(row: &mut RowCursor<'_>) -> Result<Self, FieldError>;

    /// Makes an item from the text of its fields, in the order of the fields (already unquoted; a missing optional
    /// column is empty).
    fn decode_fields(fields: &[&[u8]]) -> Result<Self, FieldError>;

    /// Appends the row as text, without a line ending, quoted where RFC 4180 asks for it.
    fn encode_row(&self, delimiter: u8, out: &mut Vec<u8>);

    /// Appends the compact binary form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the compact binary form from the front of `input`.
    fn decode(input: &mut &[u8]) -> Result<Self, FieldError>;

    /// The hash of a field, see [`crate::record::Field::hash`]: decides the shard behind an exchange, the same in every
    /// process.
    fn hash_field(&self, field: usize) -> u64;

    /// Compares a field of two items, in the order of its type; `Less` before `Greater` is what "sorted" means.
    fn compare_field(&self, other: &Self, field: usize) -> Ordering;
}

/// What is done with whole chunks of a record by those who know it only by name.
pub trait RecordOps: Sync {
    /// An empty chunk.
    fn chunk(&self, capacity: usize) -> Chunk;
    /// Replaces the items of `to` by clones of those of `from`.
    fn clone_into(&self, from: &Chunk, to: &mut Chunk);
    /// A decoder of text rows, for a file with these columns. A mistake names the missing column.
    fn text_decoder(&self, columns: &ColumnMap) -> Result<Box<dyn TextDecoder>, Error>;
    /// Appends every item as a row of text, each with `\n`.
    fn encode_rows(&self, items: &Chunk, delimiter: u8, out: &mut Vec<u8>);
    /// One item as a row of text, for a dead letter.
    fn row_text(&self, items: &Chunk, index: usize) -> String;
    /// Appends every item in binary form.
    fn encode(&self, items: &Chunk, out: &mut Vec<u8>);
    /// Appends `count` items, read from the front of `input`.
    fn decode(&self, input: &mut &[u8], count: usize, items: &mut Chunk) -> Result<(), FieldError>;
    /// Appends every item in binary form to the buffer of its shard, `hash_field % out.len()`, and counts it there.
    fn partition(&self, items: &Chunk, field: usize, out: &mut [Vec<u8>], counts: &mut [u32]);
}

/// A record as the registry knows it.
#[derive(Clone, Copy)]
pub struct RecordType {
    /// Name and fields.
    pub schema: Schema,
    /// What can be done with chunks of it.
    pub ops: &'static dyn RecordOps,
    /// `file:line` of the struct, to tell two records of one name apart.
    pub defined_at: &'static str,
}

impl RecordType {
    /// The registry entry of a record.
    pub const fn of<T: Record>() -> Self {
        Self { schema: T::SCHEMA, ops: crate::record::Ops::<T>::NEW, defined_at: T::DEFINED_AT }
    }
}

impl fmt::Debug for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.schema.text(), self.defined_at)
    }
}

inventory::collect!(RecordType);

/// What generated code does with the number of a field that there is none of.
///
/// # Panics
/// Always: the planner checks the fields that a chain file names.
#[cold]
#[expect(clippy::panic, reason = "a planner bug, caught as the attempt's failure")]
pub fn no_such_field(field: usize, schema: &Schema) -> ! {
    panic!("`{}` has no field {field}", schema.name)
}

/// What generated code does with the number of a port that there is none of.
///
/// # Panics
/// Always: the planner checks the ports that a chain file names.
#[cold]
#[expect(clippy::panic, reason = "a planner bug, caught as the attempt's failure")]
pub fn no_such_port(port: usize, count: usize) -> ! {
    panic!("there is no port {port} of {count}")
}
