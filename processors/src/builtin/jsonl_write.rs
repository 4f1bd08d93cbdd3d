//! `jsonl-write`: records of any type to JSON Lines; and `dead-letter-write`, the same for dead letters.

use super::{
    csv::{Quoting, Reader},
    dead_letter::dead_letter_type,
    json::put_object,
    params::ParamReader,
    parts::{self, RowFormat},
    row_text::Fields,
};
use crate::contract::{
    BuildArgs, Chunk, Node, ParamType, PortRecord, PortType, ProcessorType, RecordType, Result, Role,
    StateKind, registry::BuildError,
};

const DOC: &str = "Writes JSON Lines files into a folder: one object for each record, decimals and dates as strings. \
                   They appear together when the job ends: `manifest.json` names them in their order.";

const DEAD_LETTER_DOC: &str = "Writes the dead letters of a node (`after = \"NODE.dead-letters\"`) as JSON Lines, each \
                               with its place, its error and the item. They appear together when the job ends: \
                               `manifest.json` names them in their order.";

inventory::submit! {
    ProcessorType {
        name: "jsonl-write",
        role: Role::Sink,
        doc: DOC,
        params,
        inputs: &[PortType { name: "in", record: PortRecord::Any }],
        outputs: &[],
        shard: None,
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build: |args| build(args, args.inputs.first().copied()),
        defined_at: concat!(file!(), ":", line!()),
    }
}

inventory::submit! {
    ProcessorType {
        name: "dead-letter-write",
        role: Role::Sink,
        doc: DEAD_LETTER_DOC,
        params,
        inputs: &[PortType { name: "in", record: PortRecord::Typed(dead_letter_type) }],
        outputs: &[],
        shard: None,
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build: |args| build(args, Some(dead_letter_type())),
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn params() -> Vec<ParamType> {
    vec![parts::path_param()]
}

fn build(args: &BuildArgs<'_>, record: Option<RecordType>) -> Result<Node, Vec<BuildError>> {
    parts::build(ParamReader::new(args), record, JsonLines::default())
}

/// What stands between the fields of the rows in between: no value contains it often, so that few need quotes.
const SEPARATOR: u8 = 0x1f;

#[derive(Default)]
struct JsonLines {
    /// A chunk as rows of text, which is what every record can give.
    rows: Vec<u8>,
}

impl RowFormat for JsonLines {
    const EXTENSION: &'static str = "jsonl";

    fn header(&self, _: &RecordType) -> Vec<u8> {
        Vec::new()
    }

    /// Appends each row as an object.
    fn encode(&mut self, record: &RecordType, rows: &Chunk, out: &mut Vec<u8>) {
        self.rows.clear();
        record.ops.encode_rows(rows, SEPARATOR, &mut self.rows);
        let mut rest = self.rows.as_slice();
        let quoting = Quoting { delimiter: SEPARATOR, newlines: true };
        for _ in 0..rows.len() {
            let end = Reader::at_row(quoting).row_end(rest).unwrap_or(rest.len());
            let (row, behind) = rest.split_at(end);
            put_object(record.schema.fields, Fields::of(row, SEPARATOR), out);
            out.push(b'\n');
            rest = behind;
        }
    }
}
