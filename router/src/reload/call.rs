//! A call, from its decision to its end.

use std::sync::Arc;

use crate::{
    decide::{Ask, Choice, Decision, NoRoute},
    health::{Outcome, Pick},
    rules::Address,
    table::Table,
};

/// A call that is being made: its table, its decision, its endpoint. It borrows nothing, so that it can cross tasks;
/// retries stay with the same table and group.
#[derive(Debug)]
pub struct Call {
    table: Arc<Table>,
    choice: Choice,
    /// The hash of the job, where endpoints go by it.
    key: Option<u64>,
    pick: Option<Pick>,
}

impl Call {
    pub(super) fn new(table: Arc<Table>, ask: &Ask<'_>) -> Result<Self, NoRoute> {
        let decision = table.decide(ask)?;
        let (choice, key) = (decision.choice(), decision.key(ask));
        let pick = decision.cluster().pick(choice.balance, key, ask.chance, None);
        Ok(Self { choice, key, pick, table })
    }

    /// What was decided.
    pub fn decision(&self) -> Decision<'_> {
        Decision::new(&self.table, self.choice)
    }

    /// Where the call goes; none if it is to a topic.
    pub fn address(&self) -> Option<&Address> {
        self.pick.as_ref().map(Pick::address)
    }

    /// Takes another endpoint of the group, if there is one. `outcome` is how the try before this one ended.
    pub fn retry(&mut self, outcome: Outcome, chance: u64) {
        let Some(before) = self.pick.take() else { return };
        let not = Some(before.index());
        before.done(outcome);
        let cluster = Decision::new(&self.table, self.choice).cluster();
        self.pick = cluster.pick(self.choice.balance, self.key, chance, not);
    }

    /// Says how the call ended. A call that is dropped without this says nothing of the endpoint's health.
    pub fn done(mut self, outcome: Outcome) {
        if let Some(pick) = self.pick.take() {
            pick.done(outcome);
        }
    }
}
