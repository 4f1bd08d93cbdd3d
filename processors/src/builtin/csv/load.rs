//! `csv-load`: the rows of a byte range as records.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    header,
    input::Input,
    quotes::{Quoting, Reader},
    rows::RowReader,
};
use crate::{
    builtin::{
        params::{Delimiter, ParamReader, param},
        shards::FileRange,
    },
    contract::{
        BuildArgs, Chunk, Context, Error, Failure, ItemRun, LoadNode, Node, ParamError, ParamMap, ParamType,
        PortRecord, PortType, ProcessorType, RecordType, Result, Role, StateKind, error::ResultExt,
        registry::BuildError,
    },
    disk::Disk,
    record::{ColumnMap, RowReject},
};

const DOC: &str = "Reads the rows of CSV files as the record that `record` names: of `csv-split`'s shards, or of the \
                   file `path` as a whole. Columns are found by their names in the header, in any order; columns that \
                   the record lacks are passed over.";

inventory::submit! {
    ProcessorType {
        name: "csv-load",
        role: Role::Loader,
        doc: DOC,
        params,
        inputs: &[],
        outputs: &[PortType { name: "out", record: PortRecord::Declared }],
        shard: Some("FileRange"),
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build,
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn params() -> Vec<ParamType> {
    vec![
        param::<Option<PathBuf>>("path", None, "Without a splitter: the file."),
        param::<bool>(
            "header",
            Some("true"),
            "Without a splitter: whether the first line names the columns.",
        ),
        param::<Delimiter>("delimiter", Some(","), "Without a splitter: what stands between two fields."),
    ]
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let path: Option<PathBuf> = read.or("path", None);
    let header = read.or("header", true);
    let quoting = Quoting { delimiter: read.or("delimiter", Delimiter::COMMA).byte(), newlines: true };
    if args.record.is_none() {
        read.mistake("record", "name the record to read the rows as: `record = \"…\"`");
    }
    let load = args.record.map(|record| {
        let alone = path.map(|path| WholeFile { path, header, quoting });
        Node::Load(Box::new(CsvLoad { record, alone, rows: None, chunk_rows: 1, rejects: Vec::new() }))
    });
    read.finish(load)
}

/// What to load without a splitter.
struct WholeFile {
    path: PathBuf,
    header: bool,
    quoting: Quoting,
}

impl WholeFile {
    fn range(&self, disk: &dyn Disk) -> Result<FileRange> {
        let input = Input::open(disk, &self.path)?;
        let head = header::read(&input, self.quoting, self.header)?;
        let delimiter = char::from(self.quoting.delimiter);
        Ok(FileRange {
            path: self.path.clone(),
            start: head.rows,
            end: input.len,
            header: head.header,
            delimiter,
        })
    }
}

/// Between two chunks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cursor {
    /// Where the next row begins in the file.
    offset: u64,
    /// Its number in the shard.
    row: u64,
}

struct CsvLoad {
    record: RecordType,
    alone: Option<WholeFile>,
    /// Absent before [`LoadNode::open`].
    rows: Option<RowReader>,
    chunk_rows: usize,
    /// Empty between chunks; kept for its memory.
    rejects: Vec<RowReject>,
}

impl LoadNode for CsvLoad {
    fn inputs(&self) -> Vec<PathBuf> {
        self.alone.iter().map(|alone| alone.path.clone()).collect()
    }

    fn check(&mut self, cx: &Context) -> Result<()> {
        let Some(alone) = &self.alone else { return Ok(()) };
        let columns = columns(&alone.range(&**cx.disk())?)?;
        self.record.ops.text_decoder(&columns).map(drop).map_err(|e| {
            e.context(format!("read `{}`", alone.path.display())).with_code("dyeline::csv::unknown_column")
        })
    }

    fn open(&mut self, shard: Option<&[u8]>, cursor: Option<&[u8]>, cx: &Context) -> Result<()> {
        let disk = &**cx.disk();
        let range = match (shard, &self.alone) {
            (Some(shard), _) => serde_json::from_slice(shard).context("read the shard of a file")?,
            (None, Some(alone)) => alone.range(disk)?,
            (None, None) => {
                return Err(Error::fatal("load a file: there is neither a splitter before it nor a `path`")
                    .with_help("name a `csv-split` node in `after`, or give the file as `path`"));
            }
        };
        let cursor = match cursor {
            Some(cursor) => serde_json::from_slice(cursor).context("read the cursor of a file")?,
            None => Cursor { offset: range.start, row: 0 },
        };
        let columns = columns(&range)?;
        let decoder = self.record.ops.text_decoder(&columns).map_err(|e| {
            e.context(format!("read `{}`", range.path.display())).with_code("dyeline::csv::unknown_column")
        })?;
        self.chunk_rows = cx.chunk_rows().max(1);
        self.rows = Some(RowReader::open(disk, &range, decoder, cursor.offset, cursor.row)?);
        Ok(())
    }

    fn chunk(&self) -> Chunk {
        self.record.ops.chunk(self.chunk_rows)
    }

    fn load(&mut self, out: &mut Chunk, run: &mut ItemRun) -> Result<bool, Failure> {
        out.clear();
        let Some(rows) = &mut self.rows else {
            return Err(Error::fatal("load a file: it was not opened").into());
        };
        let loaded = rows.fill(self.chunk_rows, out, &mut self.rejects)?;
        run.counts.read += loaded.rows;
        run.counts.passed += out.len() as u64;
        run.counts.emitted += out.len() as u64;
        run.counts.bytes_in += loaded.bytes;
        for reject in self.rejects.drain(..) {
            let RowReject { offset, row, message, text, .. } = reject;
            let place = rows.path().display();
            let number = loaded.first_row + row as u64 + 1;
            let what = format!("row {number} of the shard, at byte {offset} of `{place}`: {message}");
            run.item_failed(row, Error::skip(what), || text)?;
        }
        Ok(loaded.more)
    }

    fn save(&mut self, cursor: &mut Vec<u8>) -> Result<()> {
        if let Some(rows) = &self.rows {
            let (offset, row) = rows.place();
            cursor.extend(serde_json::to_vec(&Cursor { offset, row })?);
        }
        Ok(())
    }

    fn set_live(&mut self, _params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Ok(())
    }
}

fn columns(range: &FileRange) -> Result<ColumnMap> {
    let bad = |e: &dyn std::fmt::Display| {
        Error::fatal(format!("read `{}`: {e}", range.path.display())).with_code("dyeline::csv::bad_header")
    };
    let delimiter = u8::try_from(range.delimiter).map_err(|e| bad(&e))?;
    match &range.header {
        Some(header) => ColumnMap::from_header(header.as_bytes(), delimiter),
        None => ColumnMap::in_order(delimiter),
    }
    .map_err(|e| bad(&e))
}

/// The number of the row, from 1 and without the header, that begins at a byte of a file: what an error that carries
/// an offset is shown with. Reads the file up to there.
pub fn row_number_at(disk: &dyn Disk, path: &Path, header: bool, offset: u64) -> Result<u64> {
    let input = Input::open(disk, path)?;
    let quoting = Quoting { delimiter: b',', newlines: true };
    let mut at = header::read(&input, quoting, header)?.rows;
    let mut reader = Reader::at_row(quoting);
    let mut buffer = vec![0; 256 << 10];
    let mut rows = 1;
    while at < offset {
        let len = buffer.len().min(usize::try_from(offset - at).unwrap_or(usize::MAX));
        let read = input.read(&mut buffer[..len], at)?;
        let mut rest = &buffer[..read];
        while let Some(end) = reader.row_end(rest) {
            rows += 1;
            rest = &rest[end..];
        }
        at += read as u64;
        if read < len {
            break;
        }
    }
    Ok(rows)
}
