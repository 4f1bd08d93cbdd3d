//! Holds outputs back until the batch that made them is durable.

use std::collections::VecDeque;

use crate::{fault::Planted, output::Output};

/// Outputs of sealed batches, in order. `T` names a batch that was submitted to the log.
///
/// A batch without effects needs no log entry, but its outputs may tell of earlier batches, so they wait behind
/// those.
#[derive(Debug)]
pub struct Gate<T> {
    waiting: VecDeque<(Option<T>, Vec<Output>)>,
    planted: Planted,
}

impl<T> Default for Gate<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), planted: Planted::default() }
    }
}

impl<T: PartialEq> Gate<T> {
    /// A gate with nothing behind it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the outputs of a sealed batch; `ticket` is `None` when it had nothing to log. Gives back what may leave
    /// now.
    pub fn submitted(&mut self, ticket: Option<T>, mut outputs: Vec<Output>) -> Vec<Output> {
        if ticket.is_none() && self.waiting.is_empty() {
            return outputs;
        }
        let mut early = Vec::new();
        if self.planted.has(crate::fault::Fault::EarlyHandOut) {
            let (out, rest) = outputs.into_iter().partition(|o| matches!(o, Output::HandOut(_)));
            (early, outputs) = (out, rest);
        }
        self.waiting.push_back((ticket, outputs));
        early
    }

    /// Tells that a batch is durable, and so are all that were submitted before it. Gives back what may leave now,
    /// in order.
    pub fn completed(&mut self, ticket: &T) -> Vec<Output> {
        let Some(at) = self.waiting.iter().position(|(t, _)| t.as_ref() == Some(ticket)) else {
            return Vec::new();
        };
        let unlogged = self.waiting.iter().skip(at + 1).take_while(|(t, _)| t.is_none()).count();
        self.waiting.drain(..=at + unlogged).flat_map(|(_, outputs)| outputs).collect()
    }

    /// Whether every batch that was submitted is durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets hand-outs leave early, to prove that the checkers see it.
    #[cfg(feature = "planted-faults")]
    pub fn plant(&mut self, fault: crate::Fault) {
        self.planted = Planted { fault: Some(fault) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::JobId;

    fn news(job: u128) -> Vec<Output> {
        vec![Output::JobPurged { job: JobId(job) }]
    }

    #[test]
    fn outputs_leave_in_order_and_only_when_durable() {
        let mut gate = Gate::new();
        assert_eq!(gate.submitted(None, news(0)), news(0));
        assert_eq!(gate.submitted(Some(1), news(1)), []);
        assert_eq!(gate.submitted(None, news(2)), []);
        assert_eq!(gate.submitted(Some(2), news(3)), []);
        assert_eq!(gate.completed(&1), [news(1), news(2)].concat());
        assert!(!gate.is_empty());
        assert_eq!(gate.completed(&1), []);
        assert_eq!(gate.completed(&2), news(3));
        assert!(gate.is_empty());
    }
}
