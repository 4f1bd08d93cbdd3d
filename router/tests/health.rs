//! Endpoints that fail, are ejected, come back, and share calls; the time is moved by hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the functions beside the tests are part of them")]

use std::{sync::Arc, thread, time::Duration};

use dyeline_router::{
    decide::chance,
    health::{Cluster, Endpoint, ManualClock, Outcome},
    rules::{Address, Balance, HealthRule},
};

/// A group of replicas, and the clock that its health is told by.
fn cluster(replicas: usize, rule: HealthRule) -> (Arc<Cluster>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let endpoint = |n| Arc::new(Endpoint::new(Address::parse(&format!("http://replica-{n}:80")).unwrap()));
    let endpoints = (0..replicas).map(endpoint).collect();
    (Arc::new(Cluster::new(endpoints, rule, clock.clone())), clock)
}

fn rule() -> HealthRule {
    let ms = Duration::from_millis;
    HealthRule { failures: 3, min_calls: 10, backoff: (ms(1_000), ms(8_000)), ..HealthRule::default() }
}

/// Calls one replica, which ends as it is told.
fn call(cluster: &Arc<Cluster>, replica: usize, outcome: Outcome) {
    let mut others = Vec::new();
    // Whoever is drawn instead is kept busy, so that the other one is drawn in the end.
    for _ in 0..1_000 {
        let pick = cluster.pick(Balance::P2c, None, chance(), None).unwrap();
        if pick.index() == replica {
            return pick.done(outcome);
        }
        others.push(pick);
    }
    panic!("replica {replica} is never drawn");
}

fn ejected(cluster: &Cluster) -> Vec<usize> {
    let endpoints = cluster.endpoints().iter().enumerate();
    endpoints.filter(|(_, endpoint)| cluster.is_ejected(endpoint)).map(|(n, _)| n).collect()
}

#[test]
fn failures_in_a_row_eject_and_a_success_starts_the_row_again() {
    let (cluster, _) = cluster(2, rule());
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success, Outcome::Failure, Outcome::Failure]
    {
        call(&cluster, 0, outcome);
    }
    assert_eq!(ejected(&cluster), []);
    call(&cluster, 0, Outcome::Failure);
    assert_eq!(ejected(&cluster), [0]);
    for _ in 0..100 {
        assert_eq!(cluster.pick(Balance::P2c, None, chance(), None).unwrap().index(), 1);
    }
}

#[test]
fn a_low_success_rate_ejects_without_a_row() {
    let (cluster, clock) = cluster(2, rule());
    let alternate = |times: usize| {
        for _ in 0..times {
            call(&cluster, 0, Outcome::Success);
            call(&cluster, 0, Outcome::Failure);
        }
    };
    alternate(20);
    assert_eq!(ejected(&cluster), [], "half is not below half");
    clock.advance(rule().window);
    call(&cluster, 0, Outcome::Failure);
    alternate(4);
    assert_eq!(ejected(&cluster), [], "nine calls say nothing");
    call(&cluster, 0, Outcome::Failure);
    assert_eq!(ejected(&cluster), [0]);
}

#[test]
fn an_ejection_ends_and_the_next_one_is_longer() {
    let (cluster, clock) = cluster(1, rule());
    (0..3).for_each(|_| call(&cluster, 0, Outcome::Failure));
    for seconds in [1, 2, 4, 8, 8] {
        clock.advance(Duration::from_millis(seconds * 1_000 - 1));
        assert_eq!(ejected(&cluster), [0], "{seconds} s");
        clock.advance(Duration::from_millis(1));
        assert_eq!(ejected(&cluster), [], "{seconds} s");
        // On probation one failure is enough.
        call(&cluster, 0, Outcome::Failure);
        assert_eq!(ejected(&cluster), [0], "{seconds} s");
    }
    clock.advance(Duration::from_secs(8));
    call(&cluster, 0, Outcome::Success);
    assert_eq!(cluster.endpoints()[0].ejections(), 6, "well, but not for long");
    clock.advance(Duration::from_secs(8));
    call(&cluster, 0, Outcome::Success);
    assert_eq!(cluster.endpoints()[0].ejections(), 0);
    (0..2).for_each(|_| call(&cluster, 0, Outcome::Failure));
    assert_eq!(ejected(&cluster), [], "it takes a whole row again");
}

#[test]
fn late_answers_of_an_ejected_replica_change_nothing() {
    let (cluster, clock) = cluster(1, rule());
    let late: Vec<_> = (0..6).map(|_| cluster.pick(Balance::P2c, None, 0, None).unwrap()).collect();
    (0..3).for_each(|_| call(&cluster, 0, Outcome::Failure));
    for (n, pick) in late.into_iter().enumerate() {
        pick.done(if n % 2 == 0 { Outcome::Failure } else { Outcome::Success });
    }
    assert_eq!(cluster.endpoints()[0].ejections(), 1);
    clock.advance(Duration::from_millis(999));
    assert!(cluster.is_down());
    clock.advance(Duration::from_millis(1));
    assert!(!cluster.is_down());
}

#[test]
fn no_more_are_ejected_at_once_than_the_rule_allows_not_even_by_many_threads() {
    let rule = HealthRule { max_ejected_ppm: 300_000, failures: 1, ..rule() };
    let (cluster, _) = cluster(10, rule);
    thread::scope(|scope| {
        for _ in 0..8 {
            let cluster = &cluster;
            scope.spawn(move || {
                for _ in 0..1_000 {
                    cluster.pick(Balance::P2c, None, chance(), None).unwrap().done(Outcome::Failure);
                }
            });
        }
    });
    assert_eq!(ejected(&cluster).len(), 3);
}

#[test]
fn when_all_are_ejected_calls_still_go_somewhere() {
    let (cluster, _) = cluster(3, HealthRule { failures: 1, ..rule() });
    (0..3).for_each(|n| call(&cluster, n, Outcome::Failure));
    assert!(cluster.is_down());
    for balance in [Balance::P2c, Balance::Rendezvous] {
        assert!(cluster.pick(balance, Some(1), chance(), None).is_some());
        for not in 0..3 {
            assert_ne!(cluster.pick(balance, Some(1), chance(), Some(not)).unwrap().index(), not);
        }
    }
}

#[test]
fn the_less_busy_of_two_gets_the_call() {
    let (cluster, _) = cluster(2, rule());
    let held: Vec<_> = (0..100).map(|_| cluster.pick(Balance::P2c, None, chance(), None).unwrap()).collect();
    let busy = |cluster: &Cluster| {
        cluster.endpoints().iter().map(|endpoint| endpoint.in_flight()).collect::<Vec<_>>()
    };
    assert_eq!(busy(&cluster), [50, 50]);
    drop(held);
    assert_eq!(busy(&cluster), [0, 0]);
    let (empty, _) = self::cluster(0, rule());
    assert!(empty.pick(Balance::P2c, None, 0, None).is_none() && !empty.is_down());
}

#[test]
fn idle_replicas_are_drawn_alike_whichever_are_ejected() {
    for down in [0, 3] {
        let (cluster, _) = cluster(8, HealthRule { failures: 1, ..rule() });
        (0..down).for_each(|n| call(&cluster, n, Outcome::Failure));
        let mut counts = [0usize; 8];
        for _ in 0..40_000 {
            counts[cluster.pick(Balance::P2c, None, chance(), None).unwrap().index()] += 1;
        }
        let each = 40_000 / (8 - down);
        assert!(counts[..down].iter().all(|n| *n == 0), "{counts:?}");
        assert!(counts[down..].iter().all(|n| n.abs_diff(each) < each / 10), "{counts:?}");
    }
}

#[test]
fn a_job_keeps_its_replica_when_others_come_and_go() {
    let (five, _) = cluster(5, HealthRule { failures: 1, ..rule() });
    let (six, _) = cluster(6, rule());
    let of = |cluster: &Arc<Cluster>, job| {
        cluster.pick(Balance::Rendezvous, Some(job), chance(), None).unwrap().index()
    };
    let jobs: Vec<u64> = (0..6_000).map(|n| xxhash_rust::xxh3::xxh3_64(format!("{n}").as_bytes())).collect();
    let before: Vec<usize> = jobs.iter().map(|job| of(&five, *job)).collect();
    let moved = jobs.iter().zip(&before).filter(|(job, before)| of(&six, **job) != **before);
    let moved: Vec<usize> = moved.map(|(job, _)| of(&six, *job)).collect();
    assert!(moved.iter().all(|to| *to == 5), "only to the new one");
    assert!(moved.len().abs_diff(1_000) < 180, "a sixth of them: {}", moved.len());
    call(&five, 2, Outcome::Failure);
    for (job, before) in jobs.iter().zip(&before) {
        assert!(of(&five, *job) == *before || *before == 2, "only those of the ejected one move");
    }
}
