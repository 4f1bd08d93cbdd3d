//! What the derives make of users' structs: registry entries, and nodes that run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may unwrap what it has just built")]

// Generated code names `::dyeline`, which this crate is behind the facade.
extern crate dyeline_processors as dyeline;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use dyeline::{
    contract::{
        BuildArgs, Chunk, Class, Context, Emitter, FieldType, ItemRun, Node, NodeCounts, ParamMap,
        ProcessNode, Record as _, RecordOps, Role, StateKind, context::Attempt, registry::Registry,
        run::ItemPolicy,
    },
    prelude::*,
    record::Ops,
};
use serde_json::json;

#[derive(Clone, Debug, PartialEq, Record)]
#[record(rename_all = "kebab-case")]
struct Position {
    user_id: u64,
    #[field(name = "fund")]
    fund_id: u32,
    shares: Decimal<2>,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Income {
    user_id: u64,
    income: Decimal<6>,
}

/// Computes what each position earned.
///
/// In two lines.
#[derive(Processor)]
#[processor(name = "accrue", input = Position, output = Income)]
struct Accrue {
    /// Where prices are
    #[param]
    nav: PathBuf,
    #[param(default = "0.5", live)]
    factor: Decimal<4>,
    #[param(default = 3, name = "bad-fund")]
    bad: u32,
    #[param]
    wait: Option<Duration>,
    opened: bool,
}

impl Process for Accrue {
    fn open(&mut self, cx: &Context) -> Result<()> {
        self.opened = self.nav.ends_with("nav.csv") && self.wait.is_none() && cx.shard() == 7;
        Ok(())
    }

    fn process(&mut self, item: Position, out: &mut Emitter<Income>, _: &Context) -> Result<()> {
        assert!(self.opened);
        if item.fund_id == 0 {
            return Ok(());
        }
        out.emit(Income { user_id: item.user_id, income: item.shares.times(self.factor) });
        match item.fund_id {
            13 => panic!("fund 13"),
            fund if fund == self.bad => Err(Error::skip(format!("no price for fund {fund}"))),
            _ => Ok(()),
        }
    }
}

#[derive(Processor)]
#[processor(name = "sort-out", input = Income, outputs(rich = Income, not_rich = Position))]
struct SortOut {
    #[state]
    seen: u64,
    #[state]
    last: Option<Decimal<6>>,
}

impl Process for SortOut {
    fn process(&mut self, item: Income, out: &mut SortOutOutputs, _: &Context) -> Result<()> {
        self.seen += 1;
        self.last = Some(item.income);
        if item.income > Decimal::ZERO {
            out.rich.emit(item);
        } else {
            out.not_rich.emit(Position {
                user_id: item.user_id,
                fund_id: 1,
                shares: Decimal::ZERO,
                note: None,
            });
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut SortOutOutputs, _: &Context) -> Result<()> {
        out.rich.emit(Income { user_id: self.seen, income: self.last.unwrap_or_default() });
        Ok(())
    }
}

#[derive(Reducer)]
#[reducer(name = "sum-per-user", input = Income, output = Income, aggregate)]
struct SumPerUser {}

impl Aggregate for SumPerUser {
    type Key = u64;

    fn key(&self, item: &Income) -> u64 {
        item.user_id
    }
    fn key_of(&self, result: &Income) -> u64 {
        result.user_id
    }
    fn start(&self, item: Income) -> Result<Income> {
        Ok(item)
    }
    fn add(&self, result: &mut Income, item: Income) -> Result<()> {
        result.income += item.income;
        Ok(())
    }
    fn merge(&self, result: &mut Income, other: Income) -> Result<()> {
        self.add(result, other)
    }
}

fn context() -> Context {
    Context::new(Attempt {
        job: "01".into(),
        chain: "test".into(),
        version: None,
        node: "node".into(),
        shard: 7,
        attempt: 1,
        fence: 1,
        stop: Default::default(),
        deadline: None,
        disk: Arc::new(dyeline::disk::OsDisk),
        spool: PathBuf::new(),
        chunk_rows: 4,
        futures: None,
    })
}

fn args(params: &ParamMap) -> BuildArgs<'_> {
    BuildArgs {
        params,
        record: None,
        inputs: &[],
        sorted_by: None,
        combine: false,
        merge: false,
        concurrency: None,
    }
}

fn params(json: serde_json::Value) -> ParamMap {
    json.as_object().unwrap().clone().into_iter().collect()
}

fn node(name: &str, args: &BuildArgs<'_>) -> Box<dyn ProcessNode> {
    let registry = Registry::linked().unwrap();
    match (registry.processors[name].build)(args).unwrap() {
        Node::Process(node) => node,
        _ => panic!("{name} is no process node"),
    }
}

fn position(user_id: u64, fund_id: u32) -> Position {
    Position { user_id, fund_id, shares: Decimal::from_int(10).unwrap(), note: None }
}

fn income(user_id: u64, mantissa: i128) -> Income {
    Income { user_id, income: Decimal::from_mantissa(mantissa) }
}

fn taken<T: Clone + Send + 'static>(node: &mut dyn ProcessNode, port: u32) -> Vec<T> {
    let mut chunk = node.chunk(port);
    node.take(port, &mut chunk);
    chunk.items::<T>().clone()
}

#[test]
fn records_are_registered_with_their_schema() {
    let registry = Registry::linked().unwrap();
    let record = registry.records["Position"];
    assert_eq!(record.schema.text(), "Position{user-id:u64,fund:u32,shares:Decimal<2>,note:String?}");
    assert_eq!(record.schema.fields[2].kind, FieldType::Decimal(2));
    assert!(record.defined_at.contains("derives.rs:"), "{}", record.defined_at);
    assert_eq!(Position::SCHEMA, record.schema);
}

#[test]
fn a_record_goes_to_text_and_back() {
    let items = Chunk::of(vec![
        Position { note: Some("a \"b\", c".into()), ..position(1, 2) },
        position(u64::MAX, u32::MAX),
    ]);
    let ops = Ops::<Position>::NEW;
    let mut text = Vec::new();
    ops.encode_rows(&items, b',', &mut text);
    let expected = "1,2,10.00,\"a \"\"b\"\", c\"\n18446744073709551615,4294967295,10.00,\n";
    assert_eq!(String::from_utf8_lossy(&text), expected);
    let columns = dyeline::record::ColumnMap::in_order(b',').unwrap();
    let mut back = ops.chunk(0);
    let decoded = ops.text_decoder(&columns).unwrap().decode(&text, true, 10, &mut back, &mut Vec::new());
    assert_eq!((decoded.rows, decoded.consumed), (2, text.len()));
    assert_eq!(back.items::<Position>(), items.items::<Position>());
    let mut bytes = Vec::new();
    ops.encode(&items, &mut bytes);
    let mut again = ops.chunk(0);
    ops.decode(&mut &bytes[..], 2, &mut again).unwrap();
    assert_eq!(again.items::<Position>(), items.items::<Position>());
}

#[test]
fn a_processor_is_registered_with_its_parameters() {
    let registry = Registry::linked().unwrap();
    let accrue = registry.processors["accrue"];
    assert_eq!((accrue.role, accrue.state), (Role::Processor, StateKind::None));
    assert_eq!(accrue.doc, "Computes what each position earned.\n\nIn two lines.");
    let params: Vec<_> = (accrue.params)()
        .into_iter()
        .map(|p| (p.name, p.kind, p.required, p.default, p.live, p.path, p.doc))
        .collect();
    assert_eq!(
        params,
        [
            ("nav", "path".to_owned(), true, None, false, true, "Where prices are"),
            ("factor", "decimal with 4 places".to_owned(), false, Some("0.5"), true, false, ""),
            ("bad-fund", "integer".to_owned(), false, Some("3"), false, false, ""),
            ("wait", "duration".to_owned(), false, None, false, false, ""),
        ]
    );
    assert_eq!(registry.processors["sort-out"].state, StateKind::Saved);
    let ports: Vec<_> = registry.processors["sort-out"].outputs.iter().map(|p| p.name).collect();
    assert_eq!(ports, ["rich", "not-rich"]);
    assert!(registry.processors["sum-per-user"].combines);
}

#[test]
fn every_bad_parameter_is_named() {
    let registry = Registry::linked().unwrap();
    let given = params(json!({"factor": "0.12345", "bad-fund": -1, "colour": "red"}));
    let Err(mistakes) = (registry.processors["accrue"].build)(&args(&given)) else { panic!("it was built") };
    let mistakes: BTreeMap<_, _> = mistakes.into_iter().map(|m| (m.param, m.message)).collect();
    assert_eq!(mistakes["nav"], "it must be given: expected path");
    assert!(mistakes["factor"].contains("at most 4 places"), "{mistakes:?}");
    assert!(mistakes["bad-fund"].contains("from 0 to 4294967295"), "{mistakes:?}");
    assert_eq!(mistakes["colour"], "there is no such parameter: expected nav, factor, bad-fund, wait");
}

#[test]
fn a_bad_item_is_skipped_and_what_it_emitted_taken_back() {
    let given = params(json!({"nav": "x/nav.csv", "factor": "0.25"}));
    let mut node = node("accrue", &args(&given));
    node.open(&context()).unwrap();
    let policy = ItemPolicy { skip_limit: Some(1), dead_letters: true, ..ItemPolicy::default() };
    let mut run = ItemRun::new(context(), 5, policy);
    let mut chunk = Chunk::of(vec![position(1, 1), position(2, 3), position(3, 0), position(4, 1)]);
    node.process(0, &mut chunk, &mut run).unwrap();
    assert!(chunk.is_empty());
    assert_eq!(taken::<Income>(&mut *node, 0), [income(1, 2_500_000), income(4, 2_500_000)]);
    let counts =
        NodeCounts { read: 4, passed: 2, filtered: 1, dead_lettered: 1, emitted: 2, ..NodeCounts::default() };
    assert_eq!(run.counts, counts);
    let letter = &run.dead_letters[0];
    assert_eq!((letter.place.index, letter.item.as_str()), (1, "2,3,10.00,"));
    assert_eq!(letter.error, "no price for fund 3");
    // The second one is over the limit.
    let failure = node.process(0, &mut Chunk::of(vec![position(5, 3)]), &mut run).unwrap_err();
    assert!(failure.error.to_string().contains("the node's limit is 1"), "{failure:?}");
    // A live parameter changes, another does not.
    node.set_live(&params(json!({"factor": "1", "bad-fund": 1}))).unwrap();
    let _ = taken::<Income>(&mut *node, 0);
    node.process(0, &mut Chunk::of(vec![position(6, 1)]), &mut run).unwrap();
    assert_eq!(taken::<Income>(&mut *node, 0), [income(6, 10_000_000)]);
    let mistakes = node.set_live(&params(json!({"factor": true}))).unwrap_err();
    assert_eq!(mistakes[0].0, "factor");
}

#[test]
fn a_panic_is_a_failure_with_its_place() {
    let given = params(json!({"nav": "nav.csv"}));
    let mut node = node("accrue", &args(&given));
    node.open(&context()).unwrap();
    let mut run = ItemRun::new(context(), 2, ItemPolicy::default());
    run.row = 40;
    let failure = node
        .process(0, &mut Chunk::of(vec![position(1, 1), position(2, 1), position(3, 13)]), &mut run)
        .unwrap_err();
    assert!(failure.panicked);
    let place = failure.place.unwrap();
    assert_eq!((place.row, place.node, place.index), (40, 2, 2));
    assert_eq!(failure.error.to_string(), "the processor panicked: fund 13");
    assert_eq!(failure.error.class(), Class::Retryable);
}

#[test]
fn state_and_several_outputs() {
    let empty = ParamMap::new();
    let mut node = node("sort-out", &args(&empty));
    node.open(&context()).unwrap();
    let mut run = ItemRun::new(context(), 0, ItemPolicy::default());
    node.process(0, &mut Chunk::of(vec![income(1, 5), income(2, -5), income(3, 6)]), &mut run).unwrap();
    assert_eq!(taken::<Income>(&mut *node, 0), [income(1, 5), income(3, 6)]);
    assert_eq!(taken::<Position>(&mut *node, 1).len(), 1);
    let mut state = Vec::new();
    node.save(&mut state).unwrap();
    let mut other = self::node("sort-out", &args(&empty));
    other.open(&context()).unwrap();
    other.restore(&state).unwrap();
    assert!(other.finish(&mut run).unwrap());
    assert!(!other.finish(&mut run).unwrap());
    assert_eq!(taken::<Income>(&mut *other, 0), [income(3, 6)]);
    assert!(other.restore(&state[..state.len() - 1]).is_err());
}
