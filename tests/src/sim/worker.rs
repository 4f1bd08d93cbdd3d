//! Simulated workers: they run attempts, report, fall silent, drain, and die.

use std::collections::BTreeMap;

use dyeline_engine::{
    Artifact, CancelReason, Class, Command, CompleteAttempt, FailAttempt, Fence, HandBack, HandOut,
    NodeCounts, NodeDelta, Place, Progress, ReportCheckpoint, RequestId, Shard, TaskId, WorkerId,
    plan::{Role, Stage},
};

use super::Rng;

/// A worker process.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) group: &'static str,
    pub(crate) slots: u32,
    pub(crate) attempts: BTreeMap<(TaskId, Fence), Attempt>,
    /// Sends and hears nothing until then, but works on.
    pub(crate) silent_until: u64,
    pub(crate) draining: bool,
}

/// A running attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) hand_out: Box<HandOut>,
    /// The next report's number.
    pub(crate) seq: u64,
    pub(crate) row: u64,
    /// Checkpoints still to be made.
    pub(crate) left: u64,
    pub(crate) cancel: Option<CancelReason>,
    pub(crate) stubborn: bool,
    /// A report that waits for its reply, sent again until there is one.
    pub(crate) waiting: Option<Command>,
    /// Reports that were answered.
    pub(crate) reports: u64,
}

/// Who made a report, written into its bytes, so that the model can tell whose report an effect carries.
pub(crate) fn mark(fence: Fence, seq: u64) -> Vec<u8> {
    [fence.0.to_le_bytes(), seq.to_le_bytes()].concat()
}

/// Reads [`mark`].
pub(crate) fn read_mark(bytes: &[u8]) -> Option<(u64, u64)> {
    let fence = bytes.get(..8)?.try_into().ok()?;
    let seq = bytes.get(8..16)?.try_into().ok()?;
    Some((u64::from_le_bytes(fence), u64::from_le_bytes(seq)))
}

impl Attempt {
    pub(crate) fn new(hand_out: Box<HandOut>, rng: &mut Rng) -> Self {
        let checkpoint = hand_out.checkpoint.as_ref();
        Self {
            seq: checkpoint.map_or(0, |c| c.seq) + 1,
            row: checkpoint.map_or(0, |c| c.row),
            left: rng.below(4),
            cancel: None,
            stubborn: rng.chance(20),
            waiting: None,
            reports: 0,
            hand_out,
        }
    }

    fn stage(&self) -> &Stage {
        &self.hand_out.plan.stages[self.hand_out.task.stage as usize]
    }

    /// The next report of an attempt that is not waiting for a reply.
    pub(crate) fn next(&mut self, request: RequestId, healing: bool, rng: &mut Rng) -> Command {
        let command = match self.cancel {
            Some(CancelReason::TimedOut) => self.failed(request, Class::TimedOut, None, rng),
            Some(_) => self.hand_back(request, rng),
            None => self.work(request, healing, rng),
        };
        self.waiting = Some(command.clone());
        command
    }

    fn work(&mut self, request: RequestId, healing: bool, rng: &mut Rng) -> Command {
        if !healing && rng.chance(24) {
            let class = match rng.below(20) {
                0..=2 => Class::Fatal,
                3..=5 => Class::Throttled,
                6..=7 => Class::Panic,
                _ => Class::Retryable,
            };
            let place = rng.chance(70).then(|| self.place(rng));
            // An item that was given up does not fail again.
            let place = place.filter(|p| !self.hand_out.exhausted.contains(p));
            return self.failed(request, class, place, rng);
        }
        if self.left > 0 && !self.stage().atomic {
            self.left -= 1;
            let (task, fence) = (self.hand_out.task, self.hand_out.fence);
            let progress = self.progress(healing, rng);
            return Command::ReportCheckpoint(ReportCheckpoint {
                request: Some(request),
                task,
                fence,
                progress,
            });
        }
        self.complete(request, healing, rng)
    }

    fn complete(&mut self, request: RequestId, healing: bool, rng: &mut Rng) -> Command {
        let (task, fence) = (self.hand_out.task, self.hand_out.fence);
        let mut shards = Vec::new();
        if self.stage().nodes[0].role == Role::Splitter {
            for i in 0..rng.below(10) {
                shards.push(Shard {
                    bytes: i.to_le_bytes().as_slice().into(),
                    label: format!("shard {i}").into(),
                });
            }
        }
        let result = mark(fence, self.seq);
        let progress = self.progress(healing, rng);
        Command::CompleteAttempt(CompleteAttempt {
            request: Some(request),
            task,
            fence,
            progress,
            shards,
            result,
        })
    }

    fn failed(&self, request: RequestId, class: Class, place: Option<Place>, rng: &mut Rng) -> Command {
        Command::FailAttempt(FailAttempt {
            request: Some(request),
            task: self.hand_out.task,
            fence: self.hand_out.fence,
            class,
            place,
            node: None,
            code: self.hand_out.fence.0.to_string(),
            text: "simulated".to_owned(),
            retry_after_ms: (class == Class::Throttled && rng.chance(50)).then(|| rng.between(1, 500)),
        })
    }

    fn hand_back(&mut self, request: RequestId, rng: &mut Rng) -> Command {
        let (task, fence) = (self.hand_out.task, self.hand_out.fence);
        let progress = (rng.chance(60) && !self.stage().atomic).then(|| self.progress(false, rng));
        Command::HandBack(HandBack { request: Some(request), task, fence, progress })
    }

    /// An item of the rows that follow the last checkpoint: few, so that the same one fails again.
    fn place(&self, rng: &mut Rng) -> Place {
        let node = rng.pick(&self.stage().nodes).map_or(0, |n| n.node);
        Place { row: self.row + rng.below(2), node, index: 0 }
    }

    fn progress(&mut self, healing: bool, rng: &mut Rng) -> Progress {
        let rows = rng.between(1, 5);
        let (seq, fence) = (self.seq, self.hand_out.fence);
        self.seq += 1;
        self.row += rows;
        let given_up = u64::from(!healing && rng.one_in(8));
        let counts = self.stage().nodes.iter().map(|node| NodeDelta {
            node: node.node,
            counts: NodeCounts {
                read: rows,
                passed: rows - given_up,
                dead_lettered: given_up,
                emitted: rows - given_up,
                bytes_in: rows * 10,
                ..NodeCounts::default()
            },
        });
        let counts = counts.collect();
        let outputs = self.stage().outputs.len() as u32;
        let artifacts = (0..outputs).filter(|_| rng.chance(70));
        let artifacts = artifacts.map(|output| Artifact { output, bytes: mark(fence, seq).into() }).collect();
        Progress { seq, row: self.row, bytes: mark(fence, seq), artifacts, counts }
    }
}
