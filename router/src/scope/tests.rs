//! A lane survives whatever a service does with the work it received.

use std::{
    future::{poll_fn, ready},
    pin::pin,
    sync::mpsc,
    task::Poll,
};

use futures_core::Stream;
use tokio::{runtime::Builder, task::LocalSet};

use super::*;
use crate::{
    dye::Lane,
    task::{self, JoinSet},
    thread,
};

fn lane(chain: &str) -> Lane {
    Lane::of(chain.parse().unwrap())
}

/// The chain of the lane that runs right now.
fn here() -> Option<String> {
    current().and_then(|lane| lane.dye().map(|dye| dye.chain().to_owned()))
}

fn some(chain: &str) -> Option<String> {
    Some(chain.to_owned())
}

fn run<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn there_is_none_outside_and_the_innermost_inside() {
    assert_eq!(current(), None);
    sync_scope(lane("a"), || {
        assert_eq!(here(), some("a"));
        sync_scope(lane("b"), || assert_eq!(here(), some("b")));
        assert_eq!(here(), some("a"));
    });
    assert_eq!(current(), None);
}

#[test]
fn join_and_select_poll_in_place() {
    run(scope(lane("a"), async {
        let seen = tokio::join!(async { here() }, scope(lane("b"), async { here() }), async {
            tokio::task::yield_now().await;
            here()
        });
        assert_eq!(seen, (some("a"), some("b"), some("a")));
        let first = tokio::select! {
            biased;
            () = std::future::pending() => None,
            seen = async { tokio::task::yield_now().await; here() } => seen,
        };
        assert_eq!(first, some("a"));
    }));
}

#[test]
fn two_lanes_take_turns_in_one_thread() {
    run(async {
        let turns = |name: &'static str| {
            scope(lane(name), async move {
                for _ in 0..100 {
                    assert_eq!(here(), some(name));
                    tokio::task::yield_now().await;
                }
            })
        };
        tokio::join!(turns("a"), turns("b"), async {
            for _ in 0..100 {
                assert_eq!(current(), None);
                tokio::task::yield_now().await;
            }
        });
    });
}

#[test]
fn what_is_spawned_is_in_the_lane_of_who_spawned_it() {
    run(scope(lane("a"), async {
        assert_eq!(task::spawn(async { here() }).await.unwrap(), some("a"));
        assert_eq!(task::spawn_blocking(here).await.unwrap(), some("a"));
        let nested = task::spawn(async { task::spawn(async { here() }).await.unwrap() });
        assert_eq!(nested.await.unwrap(), some("a"));
        let handle = tokio::runtime::Handle::current();
        assert_eq!(task::spawn_on(async { here() }, &handle).await.unwrap(), some("a"));
        assert_eq!(task::spawn_blocking_on(here, &handle).await.unwrap(), some("a"));
        // This is what is lost otherwise, and why the bare call is forbidden in a lane's service.
        assert_eq!(tokio::spawn(async { here() }).await.unwrap(), None);
    }));
    run(async { assert_eq!(task::spawn(async { here() }).await.unwrap(), None) });
}

#[test]
fn a_set_carries_the_lane_of_each_spawn() {
    run(async {
        let mut set = sync_scope(lane("a"), || (0..3).map(|_| async { here() }).collect::<JoinSet<_>>());
        sync_scope(lane("b"), || {
            set.spawn(async { here() });
            set.spawn_blocking(here);
            set.spawn_on(async { here() }, &tokio::runtime::Handle::current());
        });
        set.spawn(async { here() });
        let mut seen = set.join_all().await;
        seen.sort();
        assert_eq!(seen, [None, some("a"), some("a"), some("a"), some("b"), some("b"), some("b")]);
    });
}

#[test]
fn local_tasks_carry_it_too() {
    run(LocalSet::new().run_until(scope(lane("a"), async {
        assert_eq!(task::spawn_local(async { here() }).await.unwrap(), some("a"));
        let mut set = JoinSet::new();
        set.spawn_local(async { here() });
        assert_eq!(set.join_next().await.unwrap().unwrap(), some("a"));
    })));
}

#[test]
fn threads_and_closures_carry_it() {
    sync_scope(lane("a"), || {
        assert_eq!(thread::spawn(here).join().unwrap(), some("a"));
        std::thread::scope(|threads| {
            assert_eq!(threads.spawn(carry(here)).join().unwrap(), some("a"));
        });
    });
    let later = sync_scope(lane("a"), || carry(here));
    assert_eq!(sync_scope(lane("b"), later), some("a"));
    let free = carry(here);
    assert_eq!(sync_scope(lane("b"), free), some("b"));
}

#[test]
fn a_stream_keeps_its_lane_wherever_it_is_polled() {
    struct Here;
    impl Stream for Here {
        type Item = Option<String>;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Self::Item>> {
            Poll::Ready(Some(here()))
        }
    }
    let stream = sync_scope(lane("a"), || Here.in_current_lane());
    run(scope(lane("b"), async {
        let mut stream = pin!(stream);
        let item = poll_fn(|cx| stream.as_mut().poll_next(cx)).await;
        assert_eq!((item, here()), (Some(some("a")), some("b")));
    }));
}

#[test]
fn a_future_that_is_handed_away_keeps_its_lane() {
    let future = sync_scope(lane("a"), || async { here() }.in_current_lane());
    assert_eq!(run(scope(lane("b"), future)), some("a"));
    assert_eq!(run(async { here() }.in_lane(lane("c"))), some("c"));
    assert_eq!(run(scope(lane("b"), ready(()).in_current_lane())), ());
}

#[test]
fn what_a_cancelled_call_cleans_up_is_in_its_lane() {
    struct Cleanup(mpsc::Sender<Option<String>>);
    impl Drop for Cleanup {
        fn drop(&mut self) {
            self.0.send(here()).unwrap();
        }
    }
    let (sender, seen) = mpsc::channel();
    let mut future = Box::pin(scope(lane("a"), async move {
        let _cleanup = Cleanup(sender);
        std::future::pending::<()>().await;
    }));
    assert!(run(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending()))));
    drop(future);
    assert_eq!(seen.recv().unwrap(), some("a"));
}
