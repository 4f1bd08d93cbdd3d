//! The model of a log: commits take time, fail, and survive crashes in order.

use std::collections::VecDeque;

/// A batch that was submitted and is not durable.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) ticket: u64,
    pub(crate) bytes: Vec<u8>,
    /// The digest of the running engine after the batch, when it was taken.
    pub(crate) digest: Option<u64>,
}

/// Durable batches since the last snapshot, and those in flight.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) snapshot: Option<Vec<u8>>,
    pub(crate) durable: Vec<Pending>,
    pub(crate) pending: VecDeque<Pending>,
    next: u64,
}

impl Log {
    pub(crate) fn submit(&mut self, bytes: Vec<u8>, digest: Option<u64>) -> u64 {
        self.next += 1;
        self.pending.push_back(Pending { ticket: self.next, bytes, digest });
        self.next
    }

    /// Makes the oldest batch in flight durable.
    pub(crate) fn commit(&mut self) -> Option<Pending> {
        let batch = self.pending.pop_front()?;
        self.durable.push(batch.clone());
        Some(batch)
    }

    /// What a snapshotter does: a second state reads what is durable, writes itself out, and the log is trimmed.
    pub(crate) fn snapshot(&mut self, partition: u16) -> Result<(), String> {
        use dyeline_engine::State;
        let mut state = match &self.snapshot {
            Some(bytes) => State::read_snapshot(bytes).map_err(|e| e.to_string())?,
            None => State::new(partition),
        };
        for batch in &self.durable {
            state.replay(&batch.bytes).map_err(|e| e.to_string())?;
        }
        let mut bytes = Vec::new();
        state.write_snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
        self.snapshot = Some(bytes);
        self.durable.clear();
        Ok(())
    }
}
