//! The adapter of [`Split`].

use std::path::PathBuf;

use crate::contract::{BuildArgs, Context, Error, Node, Result, Split, SplitNode, roles::Stateful};

/// A node of a splitter.
pub fn split<S: Split + Stateful>(splitter: S, _: &BuildArgs<'_>) -> Node {
    Node::Split(Box::new(Adapter(splitter)))
}

struct Adapter<S>(S);

impl<S: Split + Stateful> SplitNode for Adapter<S> {
    fn inputs(&self) -> Vec<PathBuf> {
        self.0.inputs()
    }

    fn split(&mut self, cx: &Context) -> Result<Vec<Vec<u8>>> {
        let shards = super::items::caught(|| None, || self.0.split(cx).map_err(Into::into));
        let encode = |(number, shard): (usize, S::Shard)| {
            serde_json::to_vec(&shard).map_err(|e| Error::fatal(format!("write shard {number} as JSON: {e}")))
        };
        shards.map_err(|failure| failure.error)?.into_iter().enumerate().map(encode).collect()
    }
}
