//! The adapter of [`Reduce`].

use super::items::{Taken, caught, each_arrived};
use crate::contract::{
    BuildArgs, Chunk, Context, Failure, ItemRun, Node, ParamError, ParamMap, Ports, ProcessNode, Reduce,
    Result, roles::Stateful,
};

/// A node of a reducer.
pub fn reduce<R: Reduce + Stateful>(reducer: R, _: &BuildArgs<'_>) -> Node {
    Node::Process(Box::new(Adapter { reducer, out: R::Out::default(), finished: false }))
}

struct Adapter<R: Reduce> {
    reducer: R,
    out: R::Out,
    finished: bool,
}

impl<R: Reduce + Stateful> ProcessNode for Adapter<R> {
    fn open(&mut self, cx: &Context) -> Result<()> {
        self.reducer.open(cx)
    }

    fn chunk(&self, port: u32) -> Chunk {
        R::Out::chunk(port as usize)
    }

    fn process(&mut self, port: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let reducer = &mut self.reducer;
        let cx = run.cx.clone();
        let Taken { read, given_up } = each_arrived(port, input, run, |item| reducer.reduce(item, &cx))?;
        run.counts.read += read;
        run.counts.passed += read - given_up;
        Ok(())
    }

    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(false);
        }
        let (reducer, out) = (&mut self.reducer, &mut self.out);
        let cx = run.cx.clone();
        caught(|| None, || reducer.finish(out, &cx).map_err(Failure::from))?;
        run.counts.emitted += self.out.emitted() as u64;
        Ok(self.out.emitted() > 0)
    }

    fn take(&mut self, port: u32, chunk: &mut Chunk) {
        self.out.swap(port as usize, chunk);
    }

    fn at_boundary(&self) -> bool {
        R::HAS_STATE
    }

    fn save(&mut self, state: &mut Vec<u8>) -> Result<()> {
        Stateful::save(&self.reducer, state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        Stateful::restore(&mut self.reducer, state)
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.reducer, params)
    }
}
