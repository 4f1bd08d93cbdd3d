//! The number that places a job among weighted groups, the same in every process and language.

use std::{fmt, str::FromStr};

use xxhash_rust::xxh3::xxh3_64;

use super::BadRoll;

/// A job's roll: `roll % sum of weights` says which of the weighted groups takes its calls.
///
/// Its text is decimal without a sign and without zeros before it; `0` is itself. Anything else is refused, since an
/// exported Envoy takes what it cannot read for a random number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Roll(pub u64);

impl Roll {
    /// The roll of a job: xxh3-64 of the bytes of its id, with seed 0. The vectors in `docs/lanes/roll-vectors.json`
    /// are for other languages to check themselves against.
    pub fn of_job(job: &str) -> Self {
        Self(xxh3_64(job.as_bytes()))
    }

    /// A roll from the bytes of a header or a message.
    ///
    /// # Errors
    ///
    /// The bytes are not a decimal number as above, or it does not fit into 64 bits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadRoll> {
        let bad = |why| Err(BadRoll::new(bytes, why));
        match bytes {
            [] => return bad("it is empty"),
            [b'0', _, ..] => return bad("it begins with a zero"),
            _ => {}
        }
        let mut value = 0u64;
        for b in bytes {
            if !b.is_ascii_digit() {
                return bad("it has something else than digits");
            }
            let grown = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(b - b'0')));
            let Some(grown) = grown else { return bad("it is above 18446744073709551615") };
            value = grown;
        }
        Ok(Self(value))
    }
}

impl FromStr for Roll {
    type Err = BadRoll;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Roll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
