//! What a process at the edge does with the dyes of what it receives.

#[cfg(feature = "mac")]
use super::EdgeKeys;
use crate::propagate::{CarrierMut, DyeStats, Event, strip};
#[cfg(feature = "mac")]
use crate::propagate::{inject, read};

/// What happens to a dye that comes from outside: `edge` of the rules.
#[derive(Clone, Debug, Default)]
pub enum Edge {
    /// It is taken off, with the roll, the caller and the member in `baggage`.
    #[default]
    Strip,
    /// It is taken off unless `x-dye-mac` proves that a holder of a key vouches for it.
    #[cfg(feature = "mac")]
    Verify(EdgeKeys),
    /// It stays: for a process that only others of the same network reach.
    Trust,
}

impl Edge {
    /// Takes off what must not come in, and counts it. `now_s` is in seconds since the Unix epoch.
    ///
    /// A proof is taken off once it was looked at: behind the edge nobody needs it, and who has it could use it again.
    pub fn admit(&self, carrier: &mut impl CarrierMut, now_s: u64, stats: &DyeStats) {
        #[cfg(not(feature = "mac"))]
        let _ = now_s;
        match self {
            Self::Trust => {}
            Self::Strip => {
                if strip(carrier) {
                    stats.add(Event::Stripped);
                }
            }
            #[cfg(feature = "mac")]
            Self::Verify(keys) => {
                let marks = read(carrier, stats);
                match keys.verified(carrier, &marks, now_s) {
                    Some(lane) => inject(&lane, carrier, stats),
                    None => {
                        if strip(carrier) {
                            stats.add(Event::VerifyFailed);
                        }
                    }
                }
            }
        }
    }
}
