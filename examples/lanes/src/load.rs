//! `load`: users, who call the facade at a steady rate.
//!
//! An open loop: a call is due at its time, whether earlier ones were answered or not, and its latency counts from when
//! it was due. A closed loop would wait with the service, and not see what its users do (Tene, *How NOT to Measure
//! Latency*, 2013).

use std::{
    cell::RefCell,
    io::{self, BufRead as _, Write as _},
    num::NonZeroU64,
    path::PathBuf,
    process::ExitCode,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use dyeline::lanes::{Clients, Connections};
use dyeline_router::{dye::Origin, process::Process, reload::Live, rules::Rules, toml::Mistakes};
use rustix::thread::set_current_timer_slack;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::{JoinSet, LocalSet},
};

use crate::{
    failure::{Failure, ResultExt as _},
    wire::{self, Ask, ask},
};

/// Call the facade as users do, until the standard input ends
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Load {
    /// Calls a second
    #[arg(long)]
    rate: u32,
    /// Where calls go
    #[arg(long)]
    rules: PathBuf,
}

/// What users saw while somebody looked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Calls made, those that nobody looked at too.
    pub sent: u64,
    /// Calls of those without an answer.
    pub failed: u64,
    /// What the first of them was told.
    pub why: Option<String>,
    /// Latencies of calls that somebody looked at, in nanoseconds, the shortest first.
    pub latencies_ns: Vec<u64>,
}

/// What the generator is told, a line each.
pub(crate) const LOOK: &str = "look";
/// The counterpart of [`LOOK`].
pub(crate) const LOOK_AWAY: &str = "look away";

/// Whether somebody looks, or it is over.
#[derive(Clone, Default)]
struct Told(Arc<AtomicU8>);

impl Told {
    const IDLE: u8 = 0;
    const LOOKING: u8 = 1;
    const OVER: u8 = 2;

    fn is(&self, state: u8) -> bool {
        self.0.load(Ordering::Relaxed) == state
    }

    /// Follows the standard input.
    fn listen(&self) {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let state = if line == LOOK { Self::LOOKING } else { Self::IDLE };
            self.0.store(state, Ordering::Relaxed);
        }
        self.0.store(Self::OVER, Ordering::Relaxed);
    }
}

impl Load {
    /// Calls until the standard input ends, then prints what was seen.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let told = Told::default();
        let listening = told.clone();
        thread::spawn(move || listening.listen());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.why("start the runtime")?;
        let clients = self.clients()?;
        let seen = runtime.block_on(LocalSet::new().run_until(self.call(&clients, told)));
        println!("{}", serde_json::to_string(&seen.why("call the facade")?).why("show what was seen")?);
        Ok(ExitCode::SUCCESS)
    }

    /// Clients of a process that is no part of the services, and belongs to their group `online`.
    fn clients(&self) -> Result<Clients, Failure> {
        let mistaken = |mistakes: Mistakes| Failure::new(mistakes.to_string());
        let hosts = Rules::load(&self.rules).map_err(mistaken)?.dye.hosts();
        let (live, _) = Live::open(&self.rules).map_err(mistaken)?;
        let users = Origin::new("users", "online").ok_or_else(|| Failure::new("no name of a service"))?;
        let process = Process::new(users).with_hosts(hosts).with_rules(Arc::new(live));
        Ok(Clients::new(process, Connections::new()))
    }

    async fn call(&self, clients: &Clients, told: Told) -> io::Result<Seen> {
        let seen = Rc::new(RefCell::new(Seen::default()));
        let mut calls = JoinSet::new();
        let every = Duration::from_secs(1) / self.rate.max(1);
        let mut due = ticks(every)?;
        writeln!(io::stdout(), "ready")?;
        while !told.is(Told::OVER) {
            let Some((item, due)) = due.recv().await else { break };
            let (http, seen, looked) = (clients.http(), Rc::clone(&seen), told.is(Told::LOOKING));
            calls.spawn_local(async move {
                let answer = ask(&http, "facade", Ask { origin: wire::Origin::Online, item }).await;
                seen.borrow_mut().add(due.elapsed(), looked, answer.err().map(|why| why.to_string()));
            });
            while calls.try_join_next().is_some() {}
        }
        while calls.join_next().await.is_some() {}
        let mut seen = seen.take();
        seen.latencies_ns.sort_unstable();
        Ok(seen)
    }
}

impl Seen {
    fn add(&mut self, latency: Duration, looked: bool, failure: Option<String>) {
        self.sent += 1;
        if let Some(why) = failure {
            self.failed += 1;
            self.why.get_or_insert(why);
        } else if looked {
            self.latencies_ns.push(latency.as_nanos() as u64);
        }
    }
}

/// A call that is due: its number, and when.
type Due = (i64, Instant);

/// Tells when a call is due, for ever: a thread, since the runtime's own timers count in milliseconds.
///
/// What is due waits in the channel while the runtime is busy, as calls of users wait; they are a few bytes each.
fn ticks(every: Duration) -> io::Result<UnboundedReceiver<Due>> {
    let (due, calls) = unbounded_channel();
    let start = Instant::now();
    let tick = move || {
        // The kernel's default lets a thread sleep 50 µs longer.
        let _ = set_current_timer_slack(NonZeroU64::new(1));
        for number in 1.. {
            let at = start + every * number;
            sleep(at.saturating_duration_since(Instant::now()));
            if due.send((i64::from(number), at)).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("ticks".to_owned()).spawn(tick)?;
    Ok(calls)
}
