//! A catalog made by hand, and ways to read chains with it, for the tests of chains.

use std::path::{Path, PathBuf};

use dyeline::chain::{Catalog, Chain, Given, PortItems, PortSpec, ProcessorSpec, RecordSpec, Resolved};
use dyeline_engine::plan::{NodeState, RecordRef, Role};
use dyeline_processors::contract::{Param, ParamError, ParamType, Secret};
use dyeline_router::toml::{Mistakes, Source};
use serde_json::Value;

fn check<T: Param>(value: &Value) -> Result<(), ParamError> {
    T::from_value(value).map(drop)
}

fn check_decimal(value: &Value) -> Result<(), ParamError> {
    let text = value.as_str().filter(|text| text.parse::<f64>().is_ok());
    text.map(drop).ok_or_else(|| ParamError::new("a decimal such as `0.25`", value))
}

fn param<T: Param>(name: &'static str, doc: &'static str) -> ParamType {
    ParamType {
        name,
        kind: T::kind(),
        required: T::when_absent().is_none(),
        default: None,
        doc,
        live: false,
        secret: T::IS_SECRET,
        path: T::IS_PATH,
        check: check::<T>,
    }
}

fn record(name: &str, fields: &[(&str, &str)]) -> RecordSpec {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    RecordSpec { name: name.to_owned(), hash: hash(name), fields, registered: None }
}

fn hash(name: &str) -> u64 {
    name.bytes().fold(7, |hash, byte| hash * 31 + u64::from(byte))
}

fn of(name: &str) -> PortItems {
    PortItems::Record(RecordRef { name: name.to_owned(), hash: hash(name) })
}

fn ports(list: &[(&str, PortItems)]) -> Vec<PortSpec> {
    list.iter().map(|(name, items)| PortSpec { name: (*name).to_owned(), items: items.clone() }).collect()
}

fn spec(name: &str, role: Role, doc: &str) -> ProcessorSpec {
    ProcessorSpec {
        name: name.to_owned(),
        role,
        doc: doc.to_owned(),
        params: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        shard: None,
        state: NodeState::None,
        combines: false,
        registered: None,
    }
}

fn sources() -> Vec<ProcessorSpec> {
    let mut split = spec("csv-split", Role::Splitter, "Cuts a CSV file into byte ranges.");
    split.shard = Some("FileRange".to_owned());
    split.params = vec![
        param::<PathBuf>("path", "the file"),
        ParamType { default: Some("16"), required: false, ..param::<u32>("shards", "how many shards") },
        param::<Option<String>>("on_key", "a column that the file is sorted by"),
        param::<Option<bool>>("quoted_newlines", "whether a quoted field may hold a newline"),
    ];
    let mut load = spec("csv-load", Role::Loader, "Reads the rows of a CSV file.");
    load.shard = Some("FileRange".to_owned());
    load.outputs = ports(&[("out", PortItems::Declared)]);
    load.state = NodeState::Saved;
    let mut list = spec("list-split", Role::Splitter, "Makes a shard of each item of a list.");
    list.shard = Some("ListItem".to_owned());
    list.params = vec![param::<Vec<String>>("items", "the items")];
    vec![split, load, list]
}

fn middle() -> Vec<ProcessorSpec> {
    let mut accrue = spec("accrue-income", Role::Processor, "Accrues the income of a position.");
    accrue.inputs = ports(&[("in", of("Position"))]);
    accrue.outputs = ports(&[("out", of("Income"))]);
    accrue.params = vec![
        param::<PathBuf>("nav", "fund prices, one row per fund"),
        ParamType {
            default: Some("0"),
            kind: "decimal".into(),
            required: false,
            check: check_decimal,
            live: true,
            ..param::<String>("fee", "share of the income that is kept")
        },
        param::<Option<Secret>>("token", "for the price service"),
    ];
    let mut inspect = spec("check", Role::Processor, "Parts good positions from bad ones.");
    inspect.inputs = ports(&[("in", of("Position"))]);
    inspect.outputs = ports(&[("out", of("Position")), ("rejected", of("Position"))]);
    let mut sum = spec("sum-by-fund", Role::Reducer, "Sums income by fund.");
    sum.inputs = ports(&[("in", of("Income"))]);
    sum.outputs = ports(&[("out", of("FundIncome"))]);
    (sum.combines, sum.state) = (true, NodeState::Unsaved);
    let mut join = spec("match", Role::Processor, "Matches positions with incomes.");
    join.inputs = ports(&[("left", of("Position")), ("right", of("Income"))]);
    join.outputs = ports(&[("out", of("Income"))]);
    let mut pass = spec("sample", Role::Processor, "Lets a share of the items pass.");
    pass.inputs = ports(&[("in", PortItems::Any)]);
    pass.outputs = ports(&[("out", PortItems::Any)]);
    pass.params = vec![param::<u32>("every", "one of so many passes")];
    vec![accrue, inspect, sum, join, pass]
}

/// The processors of the fund-income example, a join, a branch and one for any record.
pub(crate) fn catalog() -> Catalog {
    let mut write = spec("csv-write", Role::Sink, "Writes rows as CSV.");
    write.inputs = ports(&[("in", PortItems::Any)]);
    write.params = vec![param::<PathBuf>("path", "the folder")];
    let records = [
        record("Position", &[("user_id", "u64"), ("fund_id", "u32"), ("shares", "Decimal<2>")]),
        record("Income", &[("user_id", "u64"), ("fund_id", "u32"), ("income", "Decimal<6>")]),
        record("FundIncome", &[("fund_id", "u32"), ("income", "Decimal<6>")]),
    ];
    Catalog::new(sources().into_iter().chain(middle()).chain([write]), records)
}

/// The chain of the design.
pub(crate) const FUND_INCOME: &str = r#"[chain]
name = "fund-income"
version = "3"

[params]
date      = { type = "date", default = "yesterday" }
positions = { type = "path", help = "holdings, one row per user and fund" }

[nodes.split]
processor = "csv-split"
path      = "{positions}"
shards    = 64

[nodes.positions]
processor = "csv-load"
after     = "split"
record    = "Position"

[nodes.accrue]
processor = "accrue-income"
after     = "positions"
nav       = "nav/{date}.csv"
skip      = { limit = 100 }
retry     = { max = 5, backoff = "200ms..30s" }

[nodes.by-fund]
processor = "sum-by-fund"
after     = "accrue"
exchange  = { by = "fund_id", shards = 16 }

[nodes.write]
processor = "csv-write"
after     = "by-fund"
path      = "out/{date}/"
"#;

/// Reads a chain that stands in `/chains`.
pub(crate) fn read(text: &str) -> Result<Chain, Mistakes> {
    Chain::read(&Source::new("chain.toml", text), Path::new("/chains"), &catalog())
}

/// What is wrong with a chain, rendered.
pub(crate) fn mistakes(text: &str) -> String {
    match read(text) {
        Ok(chain) if chain.warnings().is_empty() => panic!("nothing is wrong with the chain"),
        Ok(chain) => chain.warnings().to_string(),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// A launch on 2026-11-21 at noon UTC from `/here`, with these parameters.
pub(crate) fn given(params: &[(&str, &str)]) -> Given {
    let mut given = Given::new("2026-11-21T12:00:00Z".parse().unwrap(), "/here");
    given.params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    given
}

/// A chain with its parameters.
pub(crate) fn resolve(text: &str, params: &[(&str, &str)]) -> Resolved {
    let chain = read(text).unwrap_or_else(|m| panic!("{m}"));
    chain.resolve(&given(params)).unwrap_or_else(|m| panic!("{m}"))
}
