//! How long to wait before a retry.
//!
//! Exponential with "equal jitter", as in M. Brooker, *Exponential Backoff And Jitter* (AWS Architecture Blog, 2015):
//! half of the wait is certain, so that a retry is never immediate, and half is drawn, so that tasks which failed
//! together do not come back together. Chance comes from the job's seed, so a replay waits as long.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{id::TaskId, plan::Retry, time::whole_ms};

/// A number drawn from a job's seed for one attempt of one task: the same whenever it is drawn.
#[must_use]
pub fn chance(seed: u64, task: TaskId, attempt: u32) -> u64 {
    let mut bytes = [0u8; 28];
    bytes[..16].copy_from_slice(&task.job.0.to_le_bytes());
    bytes[16..20].copy_from_slice(&task.stage.to_le_bytes());
    bytes[20..24].copy_from_slice(&task.shard.to_le_bytes());
    bytes[24..].copy_from_slice(&attempt.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}

/// Milliseconds to wait before the `count`-th retry in a row (from 1): between half of
/// `min(backoff_max, backoff_min · 2^(count−1))` and the whole of it.
#[must_use]
pub fn delay_ms(retry: &Retry, count: u32, chance: u64) -> u64 {
    let (min, max) = (whole_ms(retry.backoff_min), whole_ms(retry.backoff_max));
    let doubled =
        1u64.checked_shl(count.saturating_sub(1)).map_or(u64::MAX, |factor| min.saturating_mul(factor));
    let ceiling = doubled.min(max.max(min));
    let sure = ceiling / 2;
    sure + chance % (ceiling - sure + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::id::JobId;

    #[test]
    fn waits_double_up_to_the_cap_and_stay_within_their_half() {
        let retry = Retry {
            max: 9,
            backoff_min: Duration::from_millis(200),
            backoff_max: Duration::from_millis(1_500),
        };
        for (count, ceiling) in [(1, 200), (2, 400), (3, 800), (4, 1_500), (40, 1_500), (u32::MAX, 1_500)] {
            for draw in [0, 1, 77, u64::MAX] {
                let wait = delay_ms(&retry, count, draw);
                assert!((ceiling / 2..=ceiling).contains(&wait), "{count}: {wait}");
            }
        }
    }

    #[test]
    fn chance_differs_by_seed_task_and_attempt() {
        let task = TaskId { job: JobId(1), stage: 0, shard: 0 };
        let draws = [
            chance(1, task, 1),
            chance(2, task, 1),
            chance(1, task, 2),
            chance(1, TaskId { shard: 1, ..task }, 1),
        ];
        assert_eq!(draws[0], chance(1, task, 1));
        assert!(draws.iter().enumerate().all(|(i, d)| !draws[..i].contains(d)));
    }
}
