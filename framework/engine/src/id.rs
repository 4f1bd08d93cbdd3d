//! The identities the engine speaks of: jobs, tasks, attempts, workers.

use std::{fmt, str::FromStr};

/// Crockford's base32: no `I`, `L`, `O`, `U`, so that an id read aloud or typed by hand stays the same id.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters in the text form of a [`JobId`].
pub const JOB_ID_LEN: usize = 26;

/// A job: 48 bits of milliseconds since the epoch, 16 bits of partition, 64 bits of entropy.
///
/// Ids of one partition sort by the time they were made. The text form has 26 characters of Crockford base32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u128);

impl JobId {
    /// An id from its parts. `ms` keeps its low 48 bits, enough until the year 10889.
    pub fn new(ms: u64, partition: u16, entropy: u64) -> Self {
        Self((u128::from(ms & ((1 << 48) - 1)) << 80) | (u128::from(partition) << 64) | u128::from(entropy))
    }

    /// Milliseconds since the Unix epoch at which the id was made.
    pub fn millis(self) -> u64 {
        (self.0 >> 80) as u64
    }

    /// The partition that owns the job.
    pub fn partition(self) -> u16 {
        (self.0 >> 64) as u16
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; JOB_ID_LEN];
        for (i, c) in text.iter_mut().enumerate() {
            let shift = 5 * (JOB_ID_LEN - 1 - i);
            *c = ALPHABET[((self.0 >> shift) & 31) as usize];
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobId({self})")
    }
}

/// Why a text is not a job id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a job id: {why}")]
pub struct ParseJobIdError {
    text: String,
    why: &'static str,
}

impl FromStr for JobId {
    type Err = ParseJobIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |why| Err(ParseJobIdError { text: text.to_owned(), why });
        if text.len() != JOB_ID_LEN {
            return fail("an id has 26 characters");
        }
        let mut value: u128 = 0;
        for (i, c) in text.bytes().enumerate() {
            let Some(digit) = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase()) else {
                return fail("an id is made of digits and letters without I, L, O and U");
            };
            if i == 0 && digit > 7 {
                return fail("an id starts with a digit from 0 to 7");
            }
            value = (value << 5) | digit as u128;
        }
        Ok(Self(value))
    }
}

/// A stage of a job's plan, by its place in [`Plan::stages`](crate::plan::Plan::stages).
pub type StageIx = u32;
/// A shard of a stage, counted from 0.
pub type ShardIx = u32;

/// One stage over one shard: what is dispatched, leased, retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The job.
    pub job: JobId,
    /// The stage, by its place in the plan.
    pub stage: StageIx,
    /// The shard.
    pub shard: ShardIx,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.job, self.stage, self.shard)
    }
}

/// The fencing number of an attempt: unique in a partition, and larger for every later attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

/// A worker process, as it named itself when it joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        for id in [JobId(0), JobId(u128::MAX), JobId::new(1_790_000_000_000, 7, 42)] {
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        }
        assert_eq!(JobId::new(1_790_000_000_000, 7, 42).partition(), 7);
        assert_eq!(JobId::new(1_790_000_000_000, 7, 42).millis(), 1_790_000_000_000);
    }

    #[test]
    fn a_text_that_is_no_id_is_refused_with_the_reason() {
        for (text, why) in [
            ("01J9Z", "26 characters"),
            ("ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "0 to 7"),
            ("01234567890123456789I12345", "without I"),
        ] {
            let message = text.parse::<JobId>().unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
    }
}
