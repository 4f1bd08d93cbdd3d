//! The page about chain files says what is true.

use std::path::Path;

use dyeline::{
    chain::{Catalog, Chain},
    prelude::*,
};
use dyeline_router::toml::Source;

use crate::catalog::read;

const PAGE: &str = include_str!("../../../docs/chain-files.md");

/// The chain files on the page: a whole one, and a join.
fn blocks() -> [&'static str; 2] {
    let blocks: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    blocks.try_into().unwrap_or_else(|other| panic!("{other:?}"))
}

#[test]
fn the_chain_of_the_page_is_right() {
    let chain = read(blocks()[0]).unwrap_or_else(|m| panic!("{m}"));
    assert!(chain.warnings().is_empty(), "{}", chain.warnings());
}

#[derive(Clone, Debug, Record)]
struct Holder {
    id: u32,
    country: String,
}

#[derive(Clone, Debug, Record)]
struct Holding {
    user_id: u64,
    shares: Decimal<2>,
}

/// Counts what it reads.
#[derive(Processor)]
#[processor(name = "place", inputs(holders = Holder, positions = Holding), output = Holder)]
struct Place {}

impl Process for Place {
    fn process(&mut self, item: PlaceInput, out: &mut Emitter<Holder>, _: &Context) -> Result<()> {
        out.emit(match item {
            PlaceInput::Holders(holder) => holder,
            PlaceInput::Positions(Holding { shares, .. }) => Holder { id: 0, country: shares.to_string() },
        });
        Ok(())
    }
}

#[test]
fn the_join_of_the_page_is_right() {
    let source = |node: &str, record: &str| {
        format!(
            "[nodes.split-{node}]\nprocessor = \"csv-split\"\npath = \"{node}.csv\"\n\
             [nodes.{node}]\nprocessor = \"csv-load\"\nafter = \"split-{node}\"\nrecord = \"{record}\"\n"
        )
    };
    let (holders, positions) = (source("holders", "Holder"), source("positions", "Holding"));
    let sink = "[nodes.write]\nprocessor = \"csv-write\"\nafter = \"place\"\npath = \"out\"\n";
    let text = format!("[chain]\nname = \"page\"\n{holders}{positions}{}{sink}", blocks()[1]);
    let chain = Chain::read(&Source::new("page.toml", text), Path::new("/page"), &Catalog::registered());
    let chain = chain.unwrap_or_else(|m| panic!("{m}"));
    assert!(chain.warnings().is_empty(), "{}", chain.warnings());
}

#[test]
fn every_key_and_every_type_is_on_the_page() {
    for key in dyeline::chain::RESERVED_KEYS {
        assert!(PAGE.contains(&format!("`{key}`")), "the page does not say `{key}`");
    }
    for kind in dyeline::chain::ParamKind::ALL {
        assert!(
            PAGE.contains(&format!("\n| `{}` |", kind.name())),
            "the page does not say `{}`",
            kind.name()
        );
    }
}
