//! Processors of the test chains that fail: by item and attempt, by shard, by taking too long.

use std::time::{Duration, Instant};

use dyeline::prelude::*;

use super::item::{How, Item, Rates, Temper, doomed, dooms};

/// What a drawn panic says; such panics are not worth a line on the terminal.
pub(super) const DRAWN_PANIC: &str = "a panic that was drawn";

/// Fails now and then, as each item is
#[derive(Processor)]
#[processor(name = "t-fail", input = Item, output = Item)]
pub(crate) struct Fail {
    /// What tempers are drawn from
    #[param]
    seed: u64,
    /// Of 100,000 items, how many are given up at once
    #[param]
    skips: u64,
    /// How many fail and pass later
    #[param]
    flaky: u64,
    /// How many panic and pass later
    #[param]
    panics: u64,
    /// How many are throttled and pass later
    #[param]
    throttled: u64,
    /// How many fail always
    #[param]
    stubborn: u64,
}

impl Fail {
    fn rates(&self) -> Rates {
        Rates {
            skip: self.skips,
            flaky: self.flaky,
            panics: self.panics,
            throttled: self.throttled,
            stubborn: self.stubborn,
        }
    }
}

impl Process for Fail {
    #[expect(clippy::panic, reason = "a processor that panics is what is tested")]
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, cx: &Context) -> Result<()> {
        match Temper::of(&item, self.seed, &self.rates()) {
            Temper::Skip => return Err(Error::skip("a bad item")),
            Temper::Stubborn => return Err(Error::retryable("a stubborn item")),
            Temper::Until(last, how) if cx.attempt() <= last => match how {
                How::Retryable => return Err(Error::retryable("a flaky item")),
                How::Throttled => {
                    return Err(Error::throttled("a throttled item", Some(Duration::from_millis(1))));
                }
                How::Panic => panic!("{DRAWN_PANIC}"),
            },
            Temper::Until(..) | Temper::Good => {}
        }
        out.emit(item);
        Ok(())
    }
}

/// Ends the tasks of some shards for good
#[derive(Processor)]
#[processor(name = "t-doom", input = Item, output = Item)]
pub(crate) struct Doom {
    /// What shards are drawn from
    #[param]
    seed: u64,
}

impl Process for Doom {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, cx: &Context) -> Result<()> {
        if doomed(self.seed, cx.shard()) && dooms(&item, self.seed) {
            return Err(Error::fatal("an item of a doomed shard"));
        }
        out.emit(item);
        Ok(())
    }

    fn finish(&mut self, _: &mut Emitter<Item>, cx: &Context) -> Result<()> {
        if doomed(self.seed, cx.shard()) {
            return Err(Error::fatal("the end of a doomed shard"));
        }
        Ok(())
    }
}

/// Takes too long in the first attempt at a shard
#[derive(Processor)]
#[processor(name = "t-hang", input = Item, output = Item)]
pub(crate) struct Hang {
    /// The shard
    #[param]
    shard: u32,
    /// Whether it sleeps on when it should stop
    #[param]
    deaf: bool,
}

/// How long a deaf processor sleeps: longer than an attempt is waited for.
const DEAF_SLEEP: Duration = Duration::from_secs(8);

/// The most that one which listens sleeps, so that a lost time-out does not hang a test.
const LISTENING_SLEEP: Duration = Duration::from_secs(60);

impl Process for Hang {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, cx: &Context) -> Result<()> {
        if cx.shard() == self.shard && cx.attempt() == 1 {
            let began = Instant::now();
            let sleep = if self.deaf { DEAF_SLEEP } else { LISTENING_SLEEP };
            while began.elapsed() < sleep && (self.deaf || cx.stopped().is_none()) {
                std::thread::sleep(Duration::from_millis(1));
            }
            return Err(Error::retryable("slept for long"));
        }
        out.emit(item);
        Ok(())
    }
}
