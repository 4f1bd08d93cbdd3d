//! What the tests of adapters have in common.

use std::{path::PathBuf, sync::Arc};

use dyeline::{
    contract::{
        BuildArgs, Node, ParamMap, ProcessNode,
        context::{Attempt, BlockOn, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    prelude::*,
};

/// Rows in a full chunk.
pub(crate) const CHUNK: usize = 4;

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Sale {
    pub(crate) shop: String,
    pub(crate) amount: Decimal<2>,
}

pub(crate) fn sale(shop: u32, amount: i128) -> Sale {
    Sale { shop: format!("shop {shop:05}"), amount: Decimal::from_mantissa(amount) }
}

pub(crate) fn attempt(futures: Option<Arc<dyn BlockOn>>) -> Context {
    stopped_attempt(futures, StopFlag::default())
}

/// An attempt that the flag stops.
pub(crate) fn stopped_attempt(futures: Option<Arc<dyn BlockOn>>, stop: StopFlag) -> Context {
    Context::new(Attempt {
        job: "01".into(),
        chain: "test".into(),
        version: None,
        node: "node".into(),
        shard: 0,
        attempt: 1,
        fence: 1,
        stop,
        deadline: None,
        disk: Arc::new(dyeline::disk::OsDisk),
        spool: PathBuf::new(),
        chunk_rows: CHUNK,
        futures,
    })
}

pub(crate) fn build(name: &str, change: impl FnOnce(&mut BuildArgs<'_>)) -> Node {
    let params = ParamMap::new();
    let mut args = BuildArgs {
        params: &params,
        record: None,
        inputs: &[],
        sorted_by: None,
        combine: false,
        merge: false,
        concurrency: None,
    };
    change(&mut args);
    (Registry::linked().unwrap().processors[name].build)(&args).unwrap()
}

pub(crate) fn process_node(name: &str, change: impl FnOnce(&mut BuildArgs<'_>)) -> Box<dyn ProcessNode> {
    match build(name, change) {
        Node::Process(node) => node,
        _ => panic!("{name} is no process node"),
    }
}

pub(crate) fn skipping() -> ItemPolicy {
    ItemPolicy { skip_limit: Some(u64::MAX), ..ItemPolicy::default() }
}
