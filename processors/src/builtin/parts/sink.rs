//! A sink that writes files: what all formats have in common.

use std::path::{Path, PathBuf};

use super::{
    publish::{discard, prepare, publish},
    writer::PartWriter,
};
use crate::{
    builtin::params::{ParamReader, param},
    contract::{
        Chunk, Closed, Context, Failure, ItemRun, Node, ParamError, ParamMap, ParamType, RecordType, Result,
        SinkNode, registry::BuildError,
    },
};

/// How records become bytes of a file.
pub(in crate::builtin) trait RowFormat: Send + 'static {
    /// How the names of its files end, without the dot.
    const EXTENSION: &'static str;
    /// What a file begins with.
    fn header(&self, record: &RecordType) -> Vec<u8>;
    /// Appends every record of a chunk.
    fn encode(&mut self, record: &RecordType, rows: &Chunk, out: &mut Vec<u8>);
}

/// The parameter that names the output folder; every one of these sinks has it.
const PATH: &str = "path";

/// Describes that parameter.
pub(in crate::builtin) fn path_param() -> ParamType {
    param::<PathBuf>(PATH, None, "The output folder, for this node alone; made if it is absent.")
}

/// Builds the sink of a format whose own parameters were read; `record` is what arrives.
pub(in crate::builtin) fn build<F: RowFormat>(
    mut read: ParamReader<'_>,
    record: Option<RecordType>,
    format: F,
) -> Result<Node, Vec<BuildError>> {
    let path: Option<PathBuf> = read.required(PATH);
    if record.is_none() {
        read.mistake("", "nothing arrives: name the node before it in `after`");
    }
    let sink = path.zip(record).map(|(path, record)| {
        let parts = PartWriter::new(&path, F::EXTENSION, format.header(&record));
        Node::Sink(Box::new(FileSink { record, format, parts }))
    });
    read.finish(sink)
}

struct FileSink<F> {
    record: RecordType,
    format: F,
    parts: PartWriter,
}

impl<F: RowFormat> SinkNode for FileSink<F> {
    fn folder(&self) -> Option<(&'static str, &Path)> {
        Some((PATH, self.parts.root()))
    }

    fn prepare(&mut self, cx: &Context) -> Result<()> {
        prepare(self.parts.root(), cx)
    }

    fn open(&mut self, closed: &[&[u8]], _cx: &Context) -> Result<()> {
        self.parts.open(closed)
    }

    fn write(&mut self, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let rows = input.len() as u64;
        if rows == 0 {
            return Ok(());
        }
        let (record, format) = (&self.record, &mut self.format);
        let bytes = self.parts.write(rows, &run.cx, |out| format.encode(record, input, out))?;
        run.counts.read += rows;
        run.counts.passed += rows;
        run.counts.bytes_out += bytes;
        input.clear();
        Ok(())
    }

    fn close(&mut self, _cx: &Context) -> Result<Option<Closed>> {
        self.parts.close()
    }

    fn finish(&mut self, cx: &Context) -> Result<Option<Closed>> {
        self.parts.finish(cx)
    }

    fn publish(&mut self, left: &[&[u8]], cx: &Context) -> Result<Option<String>> {
        publish(self.parts.root(), left, cx).map(|path| Some(path.display().to_string()))
    }

    fn discard(&mut self, left: &[&[u8]], cx: &Context) -> Result<()> {
        discard(self.parts.root(), left, cx)
    }

    fn set_live(&mut self, _params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Ok(())
    }
}
