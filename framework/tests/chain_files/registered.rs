//! Chains of what is really registered: built-in processors, derived ones, and what they say of their parameters.

use std::path::Path;

use dyeline::{
    chain::{Catalog, Chain, Resolved, listing, show},
    prelude::*,
};
use dyeline_engine::plan::Role;
use dyeline_router::toml::{Mistakes, Source};
use insta::assert_snapshot;

use crate::catalog::given;

/// One row of a shop's sales.
#[derive(Clone, Debug, Record)]
struct Sale {
    shop: u32,
    amount: Decimal<2>,
}

/// What a shop sold.
#[derive(Clone, Debug, Record)]
struct Turnover {
    shop: u32,
    amount: Decimal<2>,
}

/// Takes a fee off each sale.
#[derive(Processor)]
#[processor(name = "take-fee", input = Sale, output = Sale)]
struct TakeFee {
    /// What is taken
    #[param(default = "0.10", live)]
    fee: Decimal<2>,
}

impl Process for TakeFee {
    fn process(&mut self, mut item: Sale, out: &mut Emitter<Sale>, _cx: &Context) -> Result<()> {
        item.amount -= self.fee;
        out.emit(item);
        Ok(())
    }
}

/// Adds up what each shop sold.
#[derive(Reducer)]
#[reducer(name = "sum-per-shop", input = Sale, output = Turnover, aggregate)]
struct SumPerShop {}

impl Aggregate for SumPerShop {
    type Key = u32;

    fn key(&self, item: &Sale) -> u32 {
        item.shop
    }

    fn key_of(&self, result: &Turnover) -> u32 {
        result.shop
    }

    fn start(&self, item: Sale) -> Result<Turnover> {
        Ok(Turnover { shop: item.shop, amount: item.amount })
    }

    fn add(&self, result: &mut Turnover, item: Sale) -> Result<()> {
        result.amount += item.amount;
        Ok(())
    }

    fn merge(&self, result: &mut Turnover, other: Turnover) -> Result<()> {
        result.amount += other.amount;
        Ok(())
    }
}

const SALES: &str = r#"[chain]
name = "sales"

[params]
fee = { type = "decimal", default = "0.25" }

[nodes.split]
processor = "csv-split"
path = "sales.csv"
shards = 8

[nodes.sales]
processor = "csv-load"
after = "split"
record = "Sale"

[nodes.fee]
processor = "take-fee"
after = "sales"
fee = "{fee}"

[nodes.per-shop]
processor = "sum-per-shop"
after = "fee"
exchange = { by = "shop", shards = 4 }

[nodes.write]
processor = "csv-write"
after = "per-shop"
path = "out"
"#;

fn resolved(text: &str) -> Result<(Chain, Resolved), Mistakes> {
    let chain = Chain::read(&Source::new("sales.toml", text), Path::new("/shop"), &Catalog::registered())?;
    let resolved = chain.resolve(&given(&[]))?;
    Ok((chain, resolved))
}

fn mistakes(from: &str, to: &str) -> String {
    assert!(SALES.contains(from), "`{from}` is not in the chain");
    match resolved(&SALES.replacen(from, to, 1)) {
        Ok(_) => panic!("nothing is wrong"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn a_chain_of_registered_processors_is_planned() {
    let (chain, resolved) = resolved(SALES).unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(resolved.graph.nodes[3].role, Role::Reducer);
    assert!(resolved.graph.nodes[3].combines);
    assert_eq!(resolved.node_params[2]["fee"], "0.25");
    assert_eq!(resolved.node_settings[2].live, ["fee"]);
    let plan = chain.plan(&resolved).unwrap_or_else(|m| panic!("{m}"));
    assert_snapshot!(show::tree(&plan, &resolved));
}

#[test]
fn a_text_that_nobody_gave_is_not_checked() {
    let text = SALES
        .replace("[params]", "[params]\ndelimiter = { type = \"string\" }")
        .replace("record = \"Sale\"", "record = \"Sale\"\ndelimiter = \"{delimiter}\"");
    let source = Source::new("sales.toml", text);
    let chain = Chain::read(&source, Path::new("/shop"), &Catalog::registered()).unwrap();
    // No text stands for any: this one has to be a single character.
    let sketch = chain.sketch(&given(&[])).unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(sketch.samples, ["delimiter"]);
    assert_eq!(sketch.params_resolved, r#"{"fee":"0.25"}"#);
    assert!(chain.plan(&sketch).is_ok());
    assert!(chain.sketch(&given(&[("delimiter", ";")])).unwrap().samples.is_empty());
    let wrong = chain.sketch(&given(&[("delimiter", "many")])).unwrap_err().to_string();
    assert!(wrong.contains("`delimiter`"), "{wrong}");
}

#[test]
fn a_changed_record_changes_the_chain() {
    let (_, resolved) = resolved(SALES).unwrap_or_else(|m| panic!("{m}"));
    let schema = format!("{:016x}", Sale::SCHEMA.hash());
    let other = resolved.canonical.replace(&schema, "0000000000000001");
    let lines = dyeline::chain::difference(&other, &resolved.canonical);
    assert_eq!(
        lines,
        [
            "record `Sale`, which node `fee` reads, has other fields now",
            "record `Sale`, which node `per-shop` reads, has other fields now"
        ]
    );
}

#[test]
fn what_processors_say_of_their_parameters_has_a_place() {
    assert_snapshot!(mistakes("shards = 8", "shards = 0\non_key = 3\npaths = [1]"));
    assert_snapshot!(mistakes("path = \"sales.csv\"", ""));
    assert_snapshot!(mistakes("fee = \"{fee}\"", "fee = 0.125"));
    assert_snapshot!(mistakes("\"shop\"", "\"shp\""));
    assert_snapshot!(mistakes("record = \"Sale\"", "record = \"Turnover\""));
}

#[test]
fn two_sinks_cannot_have_one_folder() {
    let second = |path: &str| {
        let node = "[nodes.lines]\nprocessor = \"jsonl-write\"\nafter = \"sales\"\npath = ";
        SALES.replace("[nodes.write]", &format!("{node}\"{path}\"\n\n[nodes.write]"))
    };
    assert_snapshot!(resolved(&second("./out/")).unwrap_err());
    for other in ["out/lines", "ou", "/out"] {
        assert!(resolved(&second(other)).is_ok(), "{other}");
    }
    // Whatever the parameters make of it.
    let given =
        second("{place}").replace("[params]", "[params]\nplace = { type = \"path\", default = \"out\" }");
    assert!(resolved(&given).unwrap_err().iter().all(|m| m.code() == "dyeline::chain::shared_folder"));
}

#[test]
fn registered_processors_are_listed() {
    assert_snapshot!(listing::one_text(&Catalog::registered(), "take-fee").unwrap());
    let text = listing::text(&Catalog::registered());
    for name in ["csv-split", "csv-load", "csv-write", "take-fee", "sum-per-shop"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("{name} "))), "{text}");
    }
}

#[test]
fn dead_letters_are_an_output_of_every_node() {
    let letters = |of: &str| {
        let nodes = format!(
            "[nodes.letters]\nprocessor = \"dead-letter-write\"\nafter = {of}\npath = \"letters\"\n\n[nodes.write]"
        );
        SALES.replace("[nodes.write]", &nodes)
    };
    let text =
        letters("\"fee.dead-letters\"").replace("fee = \"{fee}\"", "fee = \"{fee}\"\nskip = { limit = 9 }");
    let (chain, resolved) = resolved(&text).unwrap_or_else(|m| panic!("{m}"));
    assert!(resolved.warnings.is_empty(), "{}", resolved.warnings);
    assert_snapshot!(show::tree(&chain.plan(&resolved).unwrap_or_else(|m| panic!("{m}")), &resolved));
    let read = |text: &str| {
        Chain::read(&Source::new("sales.toml", text), Path::new("/shop"), &Catalog::registered())
    };
    // Of nodes that skip nothing, a sink among them.
    let text = letters("[\"sales.dead-letters\", \"write.dead-letters\"]")
        .replace("path = \"letters\"", "path = \"letters\"\nexchange = { shards = 1 }");
    assert_snapshot!(read(&text).unwrap_or_else(|m| panic!("{m}")).warnings());
    // Once, however often the chain is checked on its way.
    let (chain, resolved) = self::resolved(&text).unwrap_or_else(|m| panic!("{m}"));
    assert_eq!(resolved.warnings.len(), chain.warnings().len(), "{}", resolved.warnings);
    assert_snapshot!(read(&letters("\"fee.dead-leters\"")).unwrap_err());
    assert_snapshot!(read(&letters("\"fee\"")).unwrap_err());
    assert_snapshot!(read(&letters("\"split.dead-letters\"")).unwrap_err());
}
