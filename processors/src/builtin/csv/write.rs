//! `csv-write`: records of any type to CSV files.

use crate::{
    builtin::{
        params::{Delimiter, ParamReader, param},
        parts::{self, RowFormat},
        row_text::put_field,
    },
    contract::{
        BuildArgs, Chunk, Node, ParamType, PortRecord, PortType, ProcessorType, RecordType, Result, Role,
        StateKind, registry::BuildError,
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
        parts::path_param(),
        param::<bool>("header", Some("true"), "Whether every file begins with the names of the columns."),
        param::<Delimiter>("delimiter", Some(","), "What stands between two fields."),
    ]
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let header = read.or("header", true);
    let delimiter = read.or("delimiter", Delimiter::COMMA).byte();
    parts::build(read, args.inputs.first().copied(), Csv { header, delimiter })
}

struct Csv {
    header: bool,
    delimiter: u8,
}

impl RowFormat for Csv {
    const EXTENSION: &'static str = "csv";

    fn header(&self, record: &RecordType) -> Vec<u8> {
        let mut line = Vec::new();
        if !self.header {
            return line;
        }
        for (at, field) in record.schema.fields.iter().enumerate() {
            if at > 0 {
                line.push(self.delimiter);
            }
            put_field(field.name.as_bytes(), self.delimiter, &mut line);
        }
        line.push(b'\n');
        line
    }

    fn encode(&mut self, record: &RecordType, rows: &Chunk, out: &mut Vec<u8>) {
        record.ops.encode_rows(rows, self.delimiter, out);
    }
}
