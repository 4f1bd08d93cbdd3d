//! The clock.

use crate::{
    decide::Decide,
    effect::{DedupForgotten, JobReleased, TaskReadied},
    failing::Failing,
    failure::Class,
    fault::Fault,
    id::{Fence, TaskId},
    limit::TIMERS_PER_TICK,
    output::{CancelReason, Output},
    time::Millis,
    timer::Timer,
    transition::TaskPhase,
};

/// Fires what is due. The shell sends it when [`Engine::next_timer`](crate::Engine::next_timer) has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick;

impl Tick {
    pub(crate) fn apply(self, cx: &mut Decide<'_>, fired: &mut u64) {
        for _ in 0..TIMERS_PER_TICK {
            let Some((at, timer)) = cx.state.timers.pop(cx.now) else { return };
            *fired += 1;
            let losable = matches!(timer, Timer::Backoff(_) | Timer::Lease(..));
            if losable && fired.is_multiple_of(3) && cx.planted.has(Fault::LostTimer) {
                continue;
            }
            cx.fire(at, timer);
        }
    }
}

impl Decide<'_> {
    fn fire(&mut self, at: Millis, timer: Timer) {
        match timer {
            Timer::Lease(task, fence) => self.look_at_lease(task, fence),
            Timer::Timeout(task, fence) => {
                if let Some(live) = self.state.live.get_mut(&task).filter(|l| l.fence == fence) {
                    live.timeout_timer = None;
                    self.cancel_attempt(task, fence, CancelReason::TimedOut);
                }
            }
            Timer::Grace(task, fence) => self.end_grace(task, fence),
            Timer::Backoff(task) => {
                if self.state.task_ref(task).is_some_and(|t| t.phase == TaskPhase::Backoff && t.at == at) {
                    self.emit(TaskReadied { task: task.into() });
                }
            }
            Timer::Due(job) => {
                if self.state.jobs.get(&job).is_some_and(|j| j.held) {
                    self.emit(JobReleased { job: job.into() });
                }
            }
            Timer::Retain(job) => {
                if self.state.jobs.get(&job).is_some_and(|j| j.phase.is_terminal()) {
                    self.purge(job);
                }
            }
            Timer::Dedup(dedup) => self.emit(DedupForgotten { dedup: dedup.to_string() }),
        }
    }

    /// A lease that was renewed is looked at again later; one that was not has expired.
    fn look_at_lease(&mut self, task: TaskId, fence: Fence) {
        let now = self.now;
        let Some(live) = self.state.live.get_mut(&task).filter(|l| l.fence == fence) else { return };
        if live.lease_until > now {
            live.lease_timer = live.lease_until;
            self.state.timers.set(live.lease_until, Timer::Lease(task, fence));
            return;
        }
        let worker = live.worker;
        self.output(Output::CancelAttempt { worker, task, fence, why: CancelReason::Fenced });
        self.fail_attempt(
            task,
            Failing::of(Class::Lost, "its lease expired: its worker gave no sign of life"),
        );
    }

    /// An attempt that was asked to end has had its time.
    fn end_grace(&mut self, task: TaskId, fence: Fence) {
        let Some(live) = self.state.live.get_mut(&task).filter(|l| l.fence == fence) else { return };
        live.grace_timer = None;
        let (worker, cancel) = (live.worker, live.cancel);
        self.output(Output::CancelAttempt { worker, task, fence, why: CancelReason::Fenced });
        if cancel == Some(CancelReason::TimedOut) {
            self.fail_attempt(
                task,
                Failing::of(Class::TimedOut, "it ran past its limit and did not end when asked"),
            );
        } else {
            self.hand_back(task, None);
        }
    }
}
