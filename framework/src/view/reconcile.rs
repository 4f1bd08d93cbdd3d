//! Sees whether the counts of an ended job add up; if they do not, items were lost or counted twice: a bug.

use super::JobStatus;

/// A node whose counts do not add up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "node `{node}` of job {job} read {read} items, but {accounted} are accounted for \
     ({passed} passed, {filtered} filtered, {skipped} skipped, {dead_lettered} dead-lettered)"
)]
pub struct Unreconciled {
    /// The job's id.
    pub job: String,
    /// The node.
    pub node: String,
    /// Items that came in.
    pub read: u64,
    /// The sum of what became of them.
    pub accounted: u64,
    /// Items that went through.
    pub passed: u64,
    /// Items dropped on purpose.
    pub filtered: u64,
    /// Items given up.
    pub skipped: u64,
    /// Items given up and kept.
    pub dead_lettered: u64,
}

/// Every node whose counts do not add up: read = passed + filtered + skipped + dead-lettered. Counts are of committed
/// work, so that it holds at every checkpoint, and for jobs that failed as well.
pub fn reconcile(status: &JobStatus) -> Vec<Unreconciled> {
    let mismatch = status.nodes.iter().filter_map(|(name, n)| {
        let accounted = n.passed + n.filtered + n.skipped + n.dead_lettered;
        (accounted != n.read).then(|| Unreconciled {
            job: status.job.to_string(),
            node: name.to_owned(),
            read: n.read,
            accounted,
            passed: n.passed,
            filtered: n.filtered,
            skipped: n.skipped,
            dead_lettered: n.dead_lettered,
        })
    });
    mismatch.collect()
}
