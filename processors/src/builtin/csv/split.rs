//! `csv-split`: CSV files to byte ranges of whole rows.

use std::path::PathBuf;

use super::{
    cut::{Cutting, cut},
    header,
    input::Input,
    quotes::Quoting,
};
use crate::{
    builtin::{
        params::{Delimiter, ParamReader, param},
        shards::{FileRange, ShardCount},
    },
    contract::{
        BuildArgs, Context, Error, Node, ParamType, ProcessorType, Result, Role, SplitNode, StateKind,
        registry::BuildError,
    },
};

const DOC: &str = "Cuts CSV files into shards of whole rows, by byte range. Every row is in exactly one shard; a small \
                   file gives fewer shards than asked for.";

inventory::submit! {
    ProcessorType {
        name: "csv-split",
        role: Role::Splitter,
        doc: DOC,
        params,
        inputs: &[],
        outputs: &[],
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
        param::<Option<PathBuf>>("path", None, "The file."),
        param::<Vec<PathBuf>>("paths", Some("[]"), "Several files, instead of `path`; read in this order."),
        param::<ShardCount>("shards", Some("64"), "How many shards to make at most, from 1 to 100,000."),
        param::<Option<String>>(
            "on_key",
            None,
            "A column that the file is sorted by: cuts only where its value changes, so that all rows of a value are \
             in one shard.",
        ),
        param::<bool>(
            "quoted_newlines",
            Some("true"),
            "Whether a quoted field may contain newlines. If not, `false` saves reading the file once.",
        ),
        param::<Delimiter>("delimiter", Some(","), "What stands between two fields."),
        param::<bool>("header", Some("true"), "Whether the first line names the columns."),
    ]
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let mut paths: Vec<PathBuf> = read.or("paths", Vec::new());
    let path: Option<PathBuf> = read.or("path", None);
    match (path, paths.len()) {
        (Some(_), 1..) => read.mistake("paths", "give either `path` or `paths`, not both"),
        (Some(path), _) => paths.push(path),
        (None, 0) => read.mistake("path", "give the file as `path`, or several as `paths`"),
        (None, _) => {}
    }
    let shards = read.or("shards", ShardCount::SOME).get();
    let on_key: Option<String> = read.or("on_key", None);
    let newlines = read.or("quoted_newlines", true);
    let delimiter = read.or("delimiter", Delimiter::COMMA);
    let header = read.or("header", true);
    if on_key.is_some() && paths.len() > 1 {
        read.mistake("on_key", "needs a single file: a value could stand in two");
    }
    if on_key.is_some() && !header {
        read.mistake("on_key", "needs `header = true`: without a header no column has a name");
    }
    let quoting = Quoting { delimiter: delimiter.byte(), newlines };
    let split = CsvSplit { paths, shards, on_key, quoting, header };
    read.finish(Some(Node::Split(Box::new(split))))
}

struct CsvSplit {
    paths: Vec<PathBuf>,
    shards: u32,
    on_key: Option<String>,
    quoting: Quoting,
    header: bool,
}

impl SplitNode for CsvSplit {
    fn inputs(&self) -> Vec<PathBuf> {
        self.paths.clone()
    }

    fn check(&mut self, cx: &Context) -> Result<()> {
        for path in &self.paths {
            let input = Input::open(&**cx.disk(), path)?;
            let head = header::read(&input, self.quoting, self.header)?;
            if let (Some(name), Some(header)) = (&self.on_key, &head.header) {
                header::column(header, self.quoting.delimiter, name, &input)?;
            }
        }
        Ok(())
    }

    fn split(&mut self, cx: &Context) -> Result<Vec<Vec<u8>>> {
        let disk = cx.disk().clone();
        let inputs = self.paths.iter().map(|p| Input::open(&*disk, p)).collect::<Result<Vec<_>>>()?;
        let total: u128 = inputs.iter().map(|i| u128::from(i.len)).sum();
        // How many shards the files up to this one get together, by their length.
        let so_far = |len: u128| (u128::from(self.shards) * len).checked_div(total).unwrap_or(0);
        let mut before = 0;
        let mut shards = Vec::new();
        for input in &inputs {
            let upto = before + u128::from(input.len);
            let share = so_far(upto) - so_far(before);
            let share = u32::try_from(share).unwrap_or(u32::MAX).max(1);
            for range in self.ranges(input, share, cx)? {
                shards.push(serde_json::to_vec(&range)?);
            }
            before = upto;
        }
        Ok(shards)
    }
}

impl CsvSplit {
    fn ranges(&self, input: &Input<'_>, shards: u32, cx: &Context) -> Result<Vec<FileRange>> {
        if input.path.to_str().is_none() {
            return Err(Error::fatal(format!(
                "split `{}`: its name is not UTF-8: rename it",
                input.path.display()
            )));
        }
        let delimiter = self.quoting.delimiter;
        let head = header::read(input, self.quoting, self.header)?;
        let key = match (&self.on_key, &head.header) {
            (Some(name), Some(header)) => Some(header::column(header, delimiter, name, input)?),
            _ => None,
        };
        let bounds = cut(input, Cutting { quoting: self.quoting, rows: head.rows, key }, shards, cx)?;
        let range = |bounds: &[u64]| FileRange {
            path: input.path.to_owned(),
            start: bounds[0],
            end: bounds[1],
            header: head.header.clone(),
            delimiter: char::from(delimiter),
        };
        Ok(bounds.windows(2).map(range).collect())
    }
}
