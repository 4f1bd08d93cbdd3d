//! A routing decision with 1 to 1,000,000 rules (B6): hot, the same call again and again, and cold, a call of another
//! chain each time; beside it what a table takes, and how long a swap makes readers wait.
//!
//! `DYELINE_BENCH_RULES=1000,1000000` measures other sizes.

#![expect(clippy::expect_used, reason = "a bench may unwrap what it has just built")]

use std::{
    fmt::Write,
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dyeline_router::{
    decide::{Ask, chance},
    health::Endpoints,
    reload::Live,
    rules::Rules,
    table::Table,
    toml::{Source, format_count},
};

/// Hops of a chain.
const HOPS: usize = 10;
/// Services, of which each chain calls some.
const SERVICES: usize = 200;
/// Decisions between two readings of the clock; more than one, so that reading it costs little.
const ASKS: usize = 4_096;

/// A rules file with so many rules: chains of ten hops, every tenth weighted, every tenth about a caller.
fn text(rules: usize) -> String {
    let mut text = String::from("version = 1\n");
    for n in 0..SERVICES {
        let _ = writeln!(
            text,
            "[services.service-{n}]\nonline = \"http://s{n}\"\nbatch = \"http://s{n}-b\"\nnext = \"http://s{n}-n\""
        );
    }
    for rule in 0..rules {
        let (chain, hop) = (rule / HOPS, rule % HOPS);
        if hop == 0 {
            let _ =
                writeln!(text, "[chains.chain-{chain}]\nworkers = \"batch\"\n[chains.chain-{chain}.hops]");
        }
        let to = service(chain, hop);
        let _ = match hop {
            8 => writeln!(text, "service-{to} = {{ batch = 90, next = 10, if_down = \"online\" }}"),
            9 => writeln!(text, "\"service-{} -> service-{to}\" = \"batch\"", service(chain, 0)),
            _ => writeln!(text, "service-{to} = \"batch\""),
        };
    }
    text
}

/// The service that the hop of a chain leads to: ten different ones for each chain.
fn service(chain: usize, hop: usize) -> usize {
    (chain * 7 + hop * (SERVICES / HOPS)) % SERVICES
}

/// A call, its texts owned.
struct Owned {
    iteration: String,
    job: String,
    from: String,
    to: String,
}

impl Owned {
    /// A call for a rule, drawn among those there are.
    fn drawn(rules: usize) -> Self {
        Self::of(chance() as usize % rules)
    }

    /// A call for this rule.
    fn of(rule: usize) -> Self {
        let (chain, hop) = (rule / HOPS, rule % HOPS);
        Self {
            iteration: format!("chain-{chain}"),
            job: format!("{:026}", chance()),
            from: format!("service-{}", service(chain, 0)),
            to: format!("service-{}", service(chain, hop)),
        }
    }

    fn ask(&self) -> Ask<'_> {
        Ask {
            iteration: Some(&self.iteration),
            job: Some(&self.job),
            from: Some(&self.from),
            group: Some("batch"),
            to: &self.to,
            ..Ask::default()
        }
    }
}

fn sizes() -> Vec<usize> {
    let given = std::env::var("DYELINE_BENCH_RULES").unwrap_or_else(|_| "1,100,10000,1000000".into());
    given.split(',').filter_map(|size| size.trim().parse().ok()).collect()
}

fn read(rules: usize) -> Rules {
    Rules::read(&Source::new("rules.toml", text(rules))).expect("the text is a rules file")
}

fn decision(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for size in sizes() {
        let source = Source::new("rules.toml", text(size));
        let begin = Instant::now();
        let rules = Rules::read(&source).expect("the text is a rules file");
        let read = begin.elapsed();
        let begin = Instant::now();
        let table = Table::new(&rules, &Endpoints::default());
        let compiled = begin.elapsed();
        drop(rules);
        let bytes = table.size().bytes as f64 / size as f64;
        println!("{}: read in {read:.1?}, compiled in {compiled:.1?}, {bytes:.1} bytes a rule", table.size());
        let asks: Vec<Owned> = (0..ASKS * 16).map(|_| Owned::drawn(size)).collect();
        // The same kind of rule for every size: one group, whoever calls.
        let hot = Owned::of(size / 2 / HOPS * HOPS);
        let hot = hot.ask();
        group.bench_function(BenchmarkId::new("hot", size), |b| {
            b.iter(|| table.decide(black_box(&hot)).expect("there is a rule"));
        });
        // The texts of the next call are near, as they are when a request has just been read; the table's are not.
        let mut at = 0;
        group.bench_function(BenchmarkId::new("cold", size), |b| {
            b.iter(|| {
                at = (at + 1) % asks.len();
                table.decide(black_box(&asks[at].ask())).expect("there is a rule").line()
            });
        });
        let mut at = 0;
        group.bench_function(BenchmarkId::new("no-decision", size), |b| {
            b.iter(|| {
                at = (at + 1) % asks.len();
                let ask = asks[at].ask();
                black_box((&ask.to.as_bytes()[0], &ask.iteration.unwrap_or_default().as_bytes()[0])).0
            });
        });
    }
    group.finish();
}

/// How long the longest decision takes while 50,000 rules are swapped again and again, beside one without swaps.
fn swap(c: &mut Criterion) {
    const RULES: usize = 50_000;
    const LONG: Duration = Duration::from_secs(3);
    let rules = read(RULES);
    let live = Live::new(&rules, Endpoints::default()).expect("the rules are good").0;
    let asks: Vec<Owned> = (0..ASKS).map(|_| Owned::drawn(RULES)).collect();
    let longest = |ended: &AtomicBool| {
        let (mut longest, mut count) = (Duration::ZERO, 0u64);
        while !ended.load(Ordering::Relaxed) {
            for ask in &asks {
                let begin = Instant::now();
                let decided = live.load().decide(&ask.ask()).is_ok();
                longest = longest.max(begin.elapsed());
                count += u64::from(decided);
            }
        }
        (longest, count)
    };
    for swapping in [false, true] {
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| longest(&ended));
            let (begin, mut swaps) = (Instant::now(), 0u64);
            while begin.elapsed() < LONG {
                if swapping {
                    live.swap(&rules).expect("the rules are good");
                    swaps += 1;
                } else {
                    thread::yield_now();
                }
            }
            ended.store(true, Ordering::Relaxed);
            let (longest, count) = reader.join().expect("the reader ends");
            let count = format_count(count);
            println!("{swaps} swaps of 50,000 rules: {count} decisions meanwhile, the longest {longest:.1?}");
        });
    }
    c.bench_function("swap/50000", |b| b.iter(|| live.swap(&rules).expect("the rules are good").version));
}

criterion_group!(benches, decision, swap);
criterion_main!(benches);
