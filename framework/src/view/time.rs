//! Instants as they are shown: RFC 3339 in UTC, to the millisecond.

use std::{fmt, str::FromStr};

use dyeline_engine::Millis;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(pub u64);

impl At {
    /// Milliseconds from `earlier` to this instant; 0 when `earlier` is later.
    pub fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant to the second, for people: `2026-03-01 12:30:05`.
    pub fn short(self) -> String {
        let text = self.to_string();
        // What is beyond the calendar is shown as a number.
        text.get(..19).map_or(text.clone(), |second| second.replace('T', " "))
    }
}

impl From<Millis> for At {
    fn from(at: Millis) -> Self {
        Self(at.0)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
            Some(at) => write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = Timestamp::from_str(&text).map_err(D::Error::custom)?;
        u64::try_from(at.as_millisecond()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_back_from_its_text() {
        let at = At(1_772_368_205_042);
        assert_eq!(at.to_string(), "2026-03-01T12:30:05.042Z");
        assert_eq!(at.short(), "2026-03-01 12:30:05");
        let json = serde_json::to_string(&at).unwrap();
        assert_eq!(serde_json::from_str::<At>(&json).unwrap(), at);
        assert_eq!(At(u64::MAX).to_string(), u64::MAX.to_string());
    }
}
