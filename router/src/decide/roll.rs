//! What weights are rolled with, exactly, so that other languages come to the same groups.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Ask;
use crate::rules::RollBy;

/// The roll of a job: xxh3-64 of its id, seed 0.
pub fn job_roll(job: &str) -> u64 {
    xxh3_64(job.as_bytes())
}

/// The roll of a hop: xxh3-64 of the caller's name (empty if it is not known) with the roll of the job as the seed, and
/// xxh3-64 of the target's name (`risk`, `topic:posted`) with that as the seed.
pub fn hop_roll(job_roll: u64, from: &str, to: &str) -> u64 {
    xxh3_64_with_seed(to.as_bytes(), xxh3_64_with_seed(from.as_bytes(), job_roll))
}

impl Ask<'_> {
    /// The hash of the job: what prefers an endpoint. None without a job and a roll.
    pub(super) fn job_key(&self) -> Option<u64> {
        self.job.map(job_roll).or(self.roll)
    }

    /// What weights are rolled with. A dye without a job and a roll is left to chance.
    ///
    /// `x-dye-roll` may be what another hop rolled where rolls are by hop, so there the job counts first.
    #[inline]
    pub(super) fn rolled(&self, by: RollBy) -> u64 {
        match by {
            RollBy::Job => self.roll.or_else(|| self.job.map(job_roll)).unwrap_or(self.chance),
            RollBy::Hop => {
                let job = self.job_key().unwrap_or(self.chance);
                hop_roll(job, self.from.unwrap_or_default(), self.to)
            }
            RollBy::Call => self.chance,
        }
    }
}
