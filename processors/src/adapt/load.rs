//! The adapter of [`Load`].

use std::path::PathBuf;

use super::items::caught;
use crate::contract::{
    BuildArgs, Chunk, Context, Emitter, Error, Failure, ItemRun, Load, LoadNode, Node, ParamError, ParamMap,
    Ports, Result, Stop, roles::Stateful,
};

/// A node of a loader.
pub fn load<L: Load + Stateful>(loader: L, _: &BuildArgs<'_>) -> Node {
    Node::Load(Box::new(Adapter { loader, out: Emitter::default(), more: true }))
}

struct Adapter<L: Load> {
    loader: L,
    out: Emitter<L::Output>,
    more: bool,
}

/// What a loader without a splitter is given as its shard.
const NO_SHARD: &[u8] = b"null";

impl<L: Load + Stateful> LoadNode for Adapter<L> {
    fn inputs(&self) -> Vec<PathBuf> {
        self.loader.inputs()
    }

    fn open(&mut self, shard: Option<&[u8]>, cursor: Option<&[u8]>, cx: &Context) -> Result<()> {
        let shard = serde_json::from_slice(shard.unwrap_or(NO_SHARD)).map_err(|e| match shard {
            Some(_) => Error::fatal(format!("read the shard's description: {e}")),
            None => Error::fatal("the loader needs shards: put a splitter before it with `after`"),
        })?;
        let read = |cursor| {
            serde_json::from_slice(cursor).map_err(|e| Error::fatal(format!("read the loader's cursor: {e}")))
        };
        let cursor = cursor.map(read).transpose()?;
        self.more = true;
        caught(|| None, || self.loader.open(shard, cursor, cx).map_err(Into::into)).map_err(|f| f.error)
    }

    fn chunk(&self) -> Chunk {
        Chunk::new::<L::Output>(0)
    }

    fn load(&mut self, out: &mut Chunk, run: &mut ItemRun) -> Result<bool, Failure> {
        let cx = run.cx.clone();
        self.out.start(cx.chunk_rows());
        // A chunk is filled, also by a loader that comes with less, and also before a pause: its boundaries are the
        // same in each attempt. Only an attempt that keeps nothing may leave it short.
        let keeps = || matches!(cx.stopped(), None | Some(Stop::HandBack));
        while self.more && self.out.room() > 0 && keeps() {
            let (loader, emitter) = (&mut self.loader, &mut self.out);
            self.more = caught(|| None, || loader.load(emitter, &cx).map_err(Failure::from))?;
        }
        let items = self.out.emitted() as u64;
        let rejected = self.out.take_rejected();
        run.counts.read += items + rejected.len() as u64;
        run.counts.passed += items;
        run.counts.emitted += items;
        run.counts.bytes_in += self.out.bytes();
        for reject in rejected {
            run.item_failed(reject.row, reject.error, || reject.text)?;
        }
        self.out.swap(0, out);
        Ok(self.more)
    }

    fn save(&mut self, cursor: &mut Vec<u8>) -> Result<()> {
        serde_json::to_writer(cursor, &self.loader.cursor())
            .map_err(|e| Error::fatal(format!("save the loader's cursor: {e}")))
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.loader, params)
    }
}
