//! The adapter of [`Process`].

use super::items::{Taken, caught, each_arrived};
use crate::contract::{
    BuildArgs, Chunk, Context, Failure, ItemRun, Node, ParamError, ParamMap, Ports, Process, ProcessNode,
    Result, roles::Stateful,
};

/// A node of a processor.
pub fn process<P: Process + Stateful>(processor: P, _: &BuildArgs<'_>) -> Node {
    Node::Process(Box::new(Adapter { processor, out: P::Out::default(), finished: false }))
}

struct Adapter<P: Process> {
    processor: P,
    out: P::Out,
    finished: bool,
}

impl<P: Process + Stateful> ProcessNode for Adapter<P> {
    fn open(&mut self, cx: &Context) -> Result<()> {
        self.processor.open(cx)
    }

    fn chunk(&self, port: u32) -> Chunk {
        P::Out::chunk(port as usize)
    }

    fn process(&mut self, port: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let before = self.out.emitted();
        let (processor, out) = (&mut self.processor, &mut self.out);
        let cx = run.cx.clone();
        let mut filtered = 0;
        let Taken { read, given_up } = each_arrived(port, input, run, |item| {
            let mark = out.mark();
            let emitted = out.emitted();
            if let Err(error) = processor.process(item, out, &cx) {
                out.take_back(mark);
                return Err(error);
            }
            filtered += u64::from(out.emitted() == emitted);
            Ok(())
        })?;
        // What a processor with a state does not emit has gone into its state.
        let filtered = if P::HAS_STATE { 0 } else { filtered };
        run.counts.read += read;
        run.counts.filtered += filtered;
        run.counts.passed += read - given_up - filtered;
        run.counts.emitted += (self.out.emitted() - before) as u64;
        Ok(())
    }

    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(false);
        }
        let before = self.out.emitted();
        let (processor, out) = (&mut self.processor, &mut self.out);
        let cx = run.cx.clone();
        caught(|| None, || processor.finish(out, &cx).map_err(Failure::from))?;
        let emitted = self.out.emitted() - before;
        run.counts.emitted += emitted as u64;
        Ok(emitted > 0)
    }

    fn take(&mut self, port: u32, chunk: &mut Chunk) {
        self.out.swap(port as usize, chunk);
    }

    fn save(&mut self, state: &mut Vec<u8>) -> Result<()> {
        Stateful::save(&self.processor, state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        Stateful::restore(&mut self.processor, state)
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.processor, params)
    }
}
