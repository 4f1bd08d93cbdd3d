//! `jsonl-write`: records of any type to JSON Lines; and `dead-letter-write`, the same for dead letters.

use std::path::PathBuf;

use super::{
    csv::{Quoting, Reader},
    dead_letter::dead_letter_type,
    json::put_object,
    params::{ParamReader, param},
    parts::{PartWriter, discard, prepare, publish},
    row_text::Fields,
};
use crate::contract::{
    BuildArgs, Chunk, Closed, Context, Failure, ItemRun, Node, ParamError, ParamMap, ParamType, PortRecord,
    PortType, ProcessorType, RecordType, Result, Role, SinkNode, StateKind, registry::BuildError,
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
    vec![param::<PathBuf>("path", None, "The output folder, for this node alone; made if it is absent.")]
}

fn build(args: &BuildArgs<'_>, record: Option<RecordType>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let path: Option<PathBuf> = read.required("path");
    if record.is_none() {
        read.mistake("", "nothing arrives: name the node before it in `after`");
    }
    let sink = path.zip(record).map(|(path, record)| {
        let parts = PartWriter::new(&path, "jsonl", Vec::new());
        Node::Sink(Box::new(JsonlWrite { record, parts, rows: Vec::new() }))
    });
    read.finish(sink)
}

struct JsonlWrite {
    record: RecordType,
    parts: PartWriter,
    /// A chunk as rows of text, which is what every record can give.
    rows: Vec<u8>,
}

/// What stands between the fields of the rows in between: no value contains it often, so that few need quotes.
const SEPARATOR: u8 = 0x1f;

impl JsonlWrite {
    /// Appends each row as an object.
    fn encode(&self, count: u64, out: &mut Vec<u8>) {
        let mut rest = self.rows.as_slice();
        let quoting = Quoting { delimiter: SEPARATOR, newlines: true };
        for _ in 0..count {
            let end = Reader::at_row(quoting).row_end(rest).unwrap_or(rest.len());
            let (row, behind) = rest.split_at(end);
            put_object(self.record.schema.fields, Fields::of(row, SEPARATOR), out);
            out.push(b'\n');
            rest = behind;
        }
    }
}

impl SinkNode for JsonlWrite {
    fn prepare(&mut self, cx: &Context) -> Result<()> {
        prepare(self.parts.root(), cx)
    }

    fn open(&mut self, cx: &Context) -> Result<()> {
        self.parts.open(cx);
        Ok(())
    }

    fn write(&mut self, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let rows = input.len() as u64;
        if rows == 0 {
            return Ok(());
        }
        self.rows.clear();
        self.record.ops.encode_rows(input, SEPARATOR, &mut self.rows);
        let mut lines = Vec::with_capacity(self.rows.len() * 2);
        self.encode(rows, &mut lines);
        let bytes = self.parts.write(run.row, rows, |out| out.extend_from_slice(&lines))?;
        run.counts.read += rows;
        run.counts.passed += rows;
        run.counts.bytes_out += bytes;
        input.clear();
        Ok(())
    }

    fn close(&mut self, _cx: &Context) -> Result<Option<Closed>> {
        self.parts.close()
    }

    fn publish(&mut self, parts: &[&[u8]], cx: &Context) -> Result<Option<String>> {
        publish(self.parts.root(), parts, cx).map(|path| Some(path.display().to_string()))
    }

    fn discard(&mut self, parts: &[&[u8]], cx: &Context) -> Result<()> {
        discard(self.parts.root(), parts, cx)
    }

    fn set_live(&mut self, _params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Ok(())
    }
}
