//! Counts of what went wrong with dyes, and of what was done about it.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident = $metric:literal,)+) => {
        /// Something that happened to a dye, and is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Event { $($(#[doc = $doc])+ $name,)+ }

        impl Event {
            /// All of them, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The counter's name for Prometheus.
            pub fn metric(self) -> &'static str {
                match self { $(Self::$name => concat!("dyeline_dye_", $metric, "_total"),)+ }
            }

            /// What the counter means.
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

events! {
    /// Dyes that could not be read, in `x-dye` or in `baggage`.
    BadDye = "bad",
    /// Rolls that could not be read, or stood there twice.
    BadRoll = "bad_roll",
    /// Callers in `x-dye-from` that could not be read.
    BadOrigin = "bad_origin",
    /// Requests whose header and baggage named different dyes; the header was followed.
    Disagreement = "disagreement",
    /// Dyes that stood twice in a request.
    Duplicate = "duplicate",
    /// Members of `baggage` that are not of the W3C form.
    BadBaggage = "bad_baggage",
    /// Members of `baggage` that were left out to keep its limits.
    OverLimit = "over_limit",
    /// `traceparent` headers that could not be read.
    BadTrace = "bad_trace",
    /// Calls out of a lane's process that were made outside of any scope, so that no dye could be stamped.
    MissingContext = "missing_context",
    /// Requests from outside whose dye was taken off at the edge.
    Stripped = "stripped",
    /// Requests from outside whose dye nobody vouched for.
    VerifyFailed = "verify_failed",
    /// Calls whose dye was withheld, since their host is not listed in `only_to`.
    Withheld = "withheld",
    /// Requests refused by a lane's group that they do not belong to.
    Refused = "refused",
}

/// Counters of [`Event`]s, one set for a process. They are rare, so that all threads share them.
#[derive(Debug, Default)]
pub struct DyeStats {
    counts: [AtomicU64; Event::ALL.len()],
}

impl DyeStats {
    /// All at zero.
    pub const fn new() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; Event::ALL.len()] }
    }

    /// Counts one event.
    pub fn add(&self, event: Event) {
        self.add_many(event, 1);
    }

    /// Counts several events of a kind.
    pub fn add_many(&self, event: Event, times: u64) {
        self.counts[event as usize].fetch_add(times, Ordering::Relaxed);
    }

    /// How often it happened.
    pub fn get(&self, event: Event) -> u64 {
        self.counts[event as usize].load(Ordering::Relaxed)
    }
}

/// The counters in the text format of Prometheus.
impl fmt::Display for DyeStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &event in Event::ALL {
            let name = event.metric();
            writeln!(f, "# HELP {name} {}", event.help())?;
            writeln!(f, "# TYPE {name} counter")?;
            writeln!(f, "{name} {}", self.get(event))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_own_counter_and_name() {
        let stats = DyeStats::new();
        for (at, event) in Event::ALL.iter().enumerate() {
            stats.add_many(*event, at as u64 + 1);
        }
        let text = stats.to_string();
        for (at, event) in Event::ALL.iter().enumerate() {
            assert_eq!(stats.get(*event), at as u64 + 1);
            let line = format!("{} {}\n", event.metric(), at + 1);
            assert_eq!(text.matches(&line).count(), 1, "{line}");
        }
        assert_eq!(text.lines().count(), 3 * Event::ALL.len());
        assert!(text.starts_with(
            "# HELP dyeline_dye_bad_total Dyes that could not be read, in `x-dye` or in `baggage`.\n\
             # TYPE dyeline_dye_bad_total counter\n\
             dyeline_dye_bad_total 1\n"
        ));
    }
}
