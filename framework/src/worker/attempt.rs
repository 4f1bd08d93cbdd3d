//! One attempt: the stage's chunks, checkpoints in between, one report at the end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use dyeline_engine::{
    Artifact, Class, NodeCounts, NodeDelta, Place, Progress,
    plan::{Role, Source},
};
use dyeline_processors::{
    Error,
    contract::{Closed, Failure, Stop, context::StopFlag},
};
use dyeline_router::{dye::Lane, scope::sync_scope};
use prost::Message;

use super::{
    build::{Assembly, live_params},
    checkpoint::{MemberState, StageCheckpoint},
    lane::lane_of,
    refusal::check_size,
    report::{Event, Report},
    running::{Environment, Handle},
    settle::{Settler, failed_event},
    single,
    stage::{Body, StageFailure, StageRun},
};

/// Time between checkpoints where the chain says nothing: what a crash costs at most, against a file per sink each.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(2);

/// Runs an attempt to its end and reports it. Never panics: what a processor does ends its own attempt only.
pub(crate) fn run(handle: &Handle, env: &Environment, settler: &Settler) {
    let (out, stop) = (&handle.out, &handle.stop);
    // What a processor calls is in the lane of its job, on this thread and in the futures that it drives.
    let start = || {
        let lane = lane_of(out).map_err(|error| StageFailure { node: None, failure: error.into() })?;
        sync_scope(lane.clone(), || Attempt::start(handle, env, settler, lane))
    };
    let ran = catch_unwind(AssertUnwindSafe(start));
    let event = match ran {
        Ok(Ok(())) => return,
        Ok(Err(failure)) => failed(failure, stop),
        Err(panic) => Event::Failed {
            class: Class::Panic,
            node: None,
            place: None,
            text: format!("a processor panicked: {}", panic_text(&*panic)),
            retry_after: None,
        },
    };
    settler.settle(Vec::new(), Report { task: out.task, fence: out.fence, event });
}

/// What a panic said.
fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// The report of a failure. An attempt that was told to stop, and whose processor gave an error for it, was stopped.
fn failed(failure: StageFailure, stop: &StopFlag) -> Event {
    match stop.get() {
        Some(Stop::Cancel) => return Event::HandedBack { progress: None },
        Some(Stop::TimedOut) => return timed_out(),
        Some(Stop::HandBack) | None => {}
    }
    let Failure { error, panicked, place } = failure.failure;
    let place = place.map(|p| Place { row: p.row, node: p.node, index: p.index });
    match failed_event(&error, failure.node) {
        Event::Failed { class, node, text, retry_after, .. } => {
            let class = if panicked { Class::Panic } else { class };
            Event::Failed { class, node, place, text, retry_after }
        }
        other => other,
    }
}

fn timed_out() -> Event {
    let text = "the attempt ran past its `timeout`".to_owned();
    Event::Failed { class: Class::TimedOut, node: None, place: None, text, retry_after: None }
}

struct Attempt<'a> {
    handle: &'a Handle,
    settler: &'a Settler,
    stage: StageRun,
    /// The number of the last checkpoint.
    seq: u64,
    /// Whether checkpoints can be taken in the middle of the shard.
    atomic: bool,
    every: Duration,
    limit: u64,
}

impl<'a> Attempt<'a> {
    fn start(
        handle: &'a Handle,
        env: &'a Environment,
        settler: &'a Settler,
        lane: Lane,
    ) -> Result<(), StageFailure> {
        let out = &handle.out;
        let whole = |error: Error| StageFailure { node: None, failure: error.into() };
        let work = env.work(out).map_err(whole)?;
        let group = out.plan.stages.get(out.task.stage as usize).map_or("", |stage| stage.group.as_str());
        let calling = env.lanes.calling(&out.spec.chain, group, &lane).map_err(whole)?;
        let assembly = Assembly { out, work: &work, env, stop: &handle.stop, calling };
        let stage = assembly.stage().map_err(whole)?;
        if stage.nodes.first().is_some_and(|n| n.role == Role::Splitter) {
            return single::split(&assembly, settler);
        }
        if let Source::Parts(..) = stage.source {
            return single::publish(&assembly, settler);
        }
        // A preview takes so many rows from its sources. What they become goes all the way: cut off behind them, a join
        // would see nothing of its second input.
        let limit = work.limit.filter(|_| !matches!(stage.source, Source::Spool(_)));
        let mut attempt = Self {
            handle,
            settler,
            stage: assembly.stage_run().map_err(whole)?,
            seq: out.checkpoint.as_ref().map_or(0, |c| c.seq),
            atomic: stage.atomic,
            every: stage.policy.checkpoint.unwrap_or(CHECKPOINT_EVERY),
            limit: limit.unwrap_or(u64::MAX),
        };
        attempt.run()
    }

    fn run(&mut self) -> Result<(), StageFailure> {
        let mut since = Instant::now();
        loop {
            match self.handle.stop.get() {
                None => {}
                Some(Stop::TimedOut) => return self.report(Vec::new(), timed_out()),
                Some(Stop::Cancel) => return self.report(Vec::new(), Event::HandedBack { progress: None }),
                Some(Stop::HandBack) if self.atomic => {
                    return self.report(Vec::new(), Event::HandedBack { progress: None });
                }
                Some(Stop::HandBack) if self.stage.at_boundary() => {
                    let (closed, progress) = self.progress()?;
                    return self.report(closed, Event::HandedBack { progress: Some(progress) });
                }
                Some(Stop::HandBack) => {}
            }
            if let Some(params) = self.handle.take_live() {
                self.set_live(&params.bytes)?;
            }
            if !self.stage.step()? || self.stage.row >= self.limit {
                break;
            }
            let due = !self.atomic && since.elapsed() >= self.every;
            if due && self.settler.has_room() && self.stage.at_boundary() {
                let (closed, progress) = self.progress()?;
                self.report(closed, Event::Checkpointed(progress))?;
                since = Instant::now();
            }
        }
        self.stage.finish()?;
        let (closed, progress) = self.progress()?;
        self.report(closed, Event::Completed { progress, shards: None, result: Vec::new() })
    }

    /// Takes over live parameters that changed while the attempt runs.
    fn set_live(&mut self, bytes: &[u8]) -> Result<(), StageFailure> {
        let live = live_params(bytes).map_err(|e| StageFailure { node: None, failure: e.into() })?;
        for member in &mut self.stage.members {
            let Some(params) = live.get(member.run.cx.node()) else { continue };
            let taken = match &mut member.body {
                Body::Load(load) => load.set_live(params),
                Body::Process(process) => process.set_live(params),
                Body::Sink(sink) => sink.set_live(params),
            };
            if let Err(mistakes) = taken {
                let texts: Vec<String> = mistakes.iter().map(|(name, e)| format!("`{name}`: {e}")).collect();
                let error = Error::fatal(format!("take over live parameters: {}", texts.join("; ")));
                return Err(StageFailure { node: Some(member.node), failure: error.into() });
            }
        }
        Ok(())
    }

    /// Closes what was written and says where the shard stands.
    fn progress(&mut self) -> Result<(Vec<Closed>, Progress), StageFailure> {
        let closed = self.stage.close()?;
        let mut artifacts = Vec::with_capacity(closed.parts.len());
        let mut settle = Vec::with_capacity(closed.parts.len());
        for (output, part) in closed.parts {
            artifacts.push(Artifact { output, bytes: part.part.as_slice().into() });
            settle.push(part);
        }
        let bytes = self.saved_bytes()?;
        let counts = self.stage.take_counts().into_iter().map(|(node, c)| delta(node, &c)).collect();
        self.seq += 1;
        Ok((settle, Progress { seq: self.seq, row: self.stage.row, bytes, artifacts, counts }))
    }

    fn saved_bytes(&mut self) -> Result<Vec<u8>, StageFailure> {
        let saved = self.saved()?;
        let bytes = saved.encode_to_vec();
        // The cursor is the first node's.
        let sizes = saved.states.iter().map(|s| (s.bytes.len(), s.member as usize));
        let (largest, member) = sizes.chain([(saved.cursor.len(), 0)]).max().unwrap_or_default();
        check_size(bytes.len(), largest).map_err(node_failed(self.stage.members[member].node))?;
        Ok(bytes)
    }

    fn saved(&mut self) -> Result<StageCheckpoint, StageFailure> {
        let mut saved = StageCheckpoint::empty();
        if self.atomic {
            return Ok(saved);
        }
        for (at, member) in self.stage.members.iter_mut().enumerate() {
            saved.given_up.push(member.run.given_up);
            let kept = match &mut member.body {
                Body::Load(load) => load.save(&mut saved.cursor),
                Body::Process(process) => {
                    let mut bytes = Vec::new();
                    let kept = process.save(&mut bytes);
                    if !bytes.is_empty() {
                        saved.states.push(MemberState { member: at as u32, bytes });
                    }
                    kept
                }
                Body::Sink(_) => Ok(()),
            };
            kept.map_err(|e| StageFailure { node: Some(member.node), failure: e.into() })?;
        }
        if let Some(reader) = &self.stage.inputs.reader {
            reader.save(&mut saved.cursor);
        }
        Ok(saved)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last step of several functions that can fail")]
    fn report(&self, closed: Vec<Closed>, event: Event) -> Result<(), StageFailure> {
        self.settler
            .settle(closed, Report { task: self.handle.out.task, fence: self.handle.out.fence, event });
        Ok(())
    }
}

/// A node's counts as the engine takes them.
pub(crate) fn delta(node: u32, c: &dyeline_processors::contract::NodeCounts) -> NodeDelta {
    let counts = NodeCounts {
        read: c.read,
        passed: c.passed,
        filtered: c.filtered,
        skipped: c.skipped,
        dead_lettered: c.dead_lettered,
        emitted: c.emitted,
        bytes_in: c.bytes_in,
        bytes_out: c.bytes_out,
        ..NodeCounts::default()
    };
    NodeDelta { node, counts }
}

/// A failure of a single-node attempt.
pub(crate) fn node_failed(node: u32) -> impl Fn(Error) -> StageFailure {
    move |error| StageFailure { node: Some(node), failure: error.into() }
}
