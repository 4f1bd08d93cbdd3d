//! Deadlines without a timer per request: a coarse clock per thread, and a sweep over the deadlines each tick.
//!
//! Setting and clearing a deadline writes one number. The price is paid ten times a second, over all connections.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// How often the sweep comes by, and so how exact a deadline is.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// The time of one thread, in ticks since it began.
#[derive(Debug)]
pub(crate) struct Clock {
    began: Instant,
    tick: Cell<u64>,
    all: RefCell<Vec<Weak<Alarm>>>,
}

#[derive(Debug)]
struct Alarm {
    at: Cell<u64>,
    waker: RefCell<Option<Waker>>,
}

/// A moment after which whoever waits is woken.
#[derive(Debug)]
pub(crate) struct Deadline {
    alarm: Rc<Alarm>,
    clock: Rc<Clock>,
    /// No later than this, whatever is set.
    cap: Cell<u64>,
}

/// The deadline came first.
#[derive(Debug)]
pub(crate) struct Elapsed;

const NEVER: u64 = u64::MAX;

impl Clock {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { began: Instant::now(), tick: Cell::new(0), all: RefCell::default() })
    }

    /// A deadline that is not set.
    pub(crate) fn deadline(self: &Rc<Self>) -> Deadline {
        let alarm = Rc::new(Alarm { at: Cell::new(NEVER), waker: RefCell::new(None) });
        self.all.borrow_mut().push(Rc::downgrade(&alarm));
        Deadline { alarm, clock: Rc::clone(self), cap: Cell::new(NEVER) }
    }

    /// Ticks since the thread began.
    pub(crate) fn now(&self) -> u64 {
        self.tick.get()
    }

    /// The first tick that is at least so long from now: this tick has begun already.
    pub(crate) fn after(&self, duration: Duration) -> u64 {
        self.now().saturating_add(ticks_in(duration)).saturating_add(1)
    }

    /// Wakes everybody who waits for a deadline, to look again at what has changed.
    pub(crate) fn wake_all(&self) {
        for alarm in self.all.borrow().iter().filter_map(Weak::upgrade) {
            if let Some(waker) = alarm.waker.borrow_mut().take() {
                waker.wake();
            }
        }
    }

    /// Sweeps for ever. Runs as a task of its own.
    pub(crate) async fn run(self: Rc<Self>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            self.sweep(ticks_in(self.began.elapsed()));
        }
    }

    fn sweep(&self, now: u64) {
        self.tick.set(now);
        self.all.borrow_mut().retain(|weak| {
            let Some(alarm) = weak.upgrade() else { return false };
            if alarm.at.get() <= now
                && let Some(waker) = alarm.waker.borrow_mut().take()
            {
                waker.wake();
            }
            true
        });
    }
}

/// A duration in whole ticks, rounded down.
pub(crate) fn ticks_in(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis() / TICK.as_millis()).unwrap_or(NEVER)
}

impl Deadline {
    /// Moves the deadline to so long from now; a tick more, as this one has begun already.
    pub(crate) fn set(&self, after: Duration) {
        self.alarm.at.set(self.clock.after(after).min(self.cap.get()));
    }

    /// From now on, and until this is called again, no deadline is later than so long from now.
    pub(crate) fn cap(&self, after: Option<Duration>) {
        self.cap.set(after.map_or(NEVER, |after| self.clock.after(after)));
    }

    /// No deadline but the cap.
    pub(crate) fn clear(&self) {
        self.alarm.at.set(self.cap.get());
    }

    /// Whether there is one.
    pub(crate) fn is_set(&self) -> bool {
        self.alarm.at.get() != NEVER
    }

    /// Ready once the deadline has passed.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Elapsed> {
        if self.alarm.at.get() <= self.clock.now() {
            return Poll::Ready(Elapsed);
        }
        let mut waker = self.alarm.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// What a future gives, unless the deadline comes first. The deadline may be moved meanwhile.
    pub(crate) async fn guard<F: Future>(&self, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_deadline_wakes_once_it_has_passed_and_not_before() {
        let clock = Clock::new();
        let deadline = clock.deadline();
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);

        deadline.set(Duration::from_secs(1));
        assert!(deadline.poll(&mut cx).is_pending());
        clock.sweep(10);
        assert_eq!(count.0.load(Ordering::Relaxed), 0, "a tick too early");
        clock.sweep(11);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(deadline.poll(&mut cx).is_ready());
    }

    #[test]
    fn a_deadline_that_moves_is_not_missed_and_one_that_is_gone_is_forgotten() {
        let clock = Clock::new();
        let (kept, dropped) = (clock.deadline(), clock.deadline());
        let mut cx = Context::from_waker(Waker::noop());
        kept.set(Duration::from_secs(1));
        kept.set(Duration::from_secs(2));
        clock.sweep(11);
        assert!(kept.poll(&mut cx).is_pending());
        drop(dropped);
        clock.sweep(21);
        assert!(kept.poll(&mut cx).is_ready());
        assert_eq!(clock.all.borrow().len(), 1);
        kept.clear();
        assert!(kept.poll(&mut cx).is_pending());
    }
}
