//! The page about chain files says what is true.

use crate::catalog::read;

const PAGE: &str = include_str!("../../../docs/chain-files.md");

#[test]
fn the_chain_of_the_page_is_right() {
    let blocks: Vec<&str> =
        PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 1);
    let chain = read(blocks[0]).unwrap_or_else(|m| panic!("{m}"));
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
