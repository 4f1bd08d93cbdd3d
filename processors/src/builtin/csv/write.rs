//! `csv-write`: records of any type to CSV files.

use std::path::PathBuf;

use crate::{
    builtin::{
        params::{Delimiter, ParamReader, param},
        parts::{PartWriter, discard, prepare, publish},
        row_text::put_field,
    },
    contract::{
        BuildArgs, Chunk, Closed, Context, Failure, ItemRun, Node, ParamError, ParamMap, ParamType,
        PortRecord, PortType, ProcessorType, RecordType, Result, Role, Schema, SinkNode, StateKind,
        registry::BuildError,
    },
};

const DOC: &str = "Writes CSV files into a folder. They appear together when the job ends: `manifest.json` names them \
                   in their order, and readers follow it.";

inventory::submit! {
    ProcessorType {
        name: "csv-write",
        role: Role::Sink,
        doc: DOC,
        params,
        inputs: &[PortType { name: "in", record: PortRecord::Any }],
        outputs: &[],
        shard: None,
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build,
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn params() -> Vec<ParamType> {
    vec![
        param::<PathBuf>("path", None, "The output folder, for this node alone; made if it is absent."),
        param::<bool>("header", Some("true"), "Whether every file begins with the names of the columns."),
        param::<Delimiter>("delimiter", Some(","), "What stands between two fields."),
    ]
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let path: Option<PathBuf> = read.required("path");
    let header = read.or("header", true);
    let delimiter = read.or("delimiter", Delimiter::COMMA).byte();
    let record = args.inputs.first().copied();
    if record.is_none() {
        read.mistake("", "nothing arrives: name the node before it in `after`");
    }
    let sink = path.zip(record).map(|(path, record)| {
        let header = if header { header_line(&record.schema, delimiter) } else { Vec::new() };
        let parts = PartWriter::new(&path, "csv", header);
        Node::Sink(Box::new(CsvWrite { record, delimiter, parts }))
    });
    read.finish(sink)
}

fn header_line(schema: &Schema, delimiter: u8) -> Vec<u8> {
    let mut line = Vec::new();
    for (at, field) in schema.fields.iter().enumerate() {
        if at > 0 {
            line.push(delimiter);
        }
        put_field(field.name.as_bytes(), delimiter, &mut line);
    }
    line.push(b'\n');
    line
}

struct CsvWrite {
    record: RecordType,
    delimiter: u8,
    parts: PartWriter,
}

impl SinkNode for CsvWrite {
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
        let (ops, delimiter) = (self.record.ops, self.delimiter);
        let bytes = self.parts.write(run.row, rows, |out| ops.encode_rows(input, delimiter, out))?;
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
