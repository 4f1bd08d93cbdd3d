//! The reasons of a decision, taken down while it is made.

use std::fmt;

use super::{Ask, Decision, NoRoute, Reason, vitals::Vitals};
use crate::{decide::vitals::Told, table::Table};

/// Takes note of reasons, or does not.
pub(super) trait Recorder {
    /// Takes note of one; whoever does not want it never makes it.
    fn note(&mut self, reason: impl FnOnce() -> Reason);
}

/// A decision needs no reasons.
impl Recorder for () {
    #[inline]
    fn note(&mut self, _reason: impl FnOnce() -> Reason) {}
}

impl Recorder for Vec<Reason> {
    fn note(&mut self, reason: impl FnOnce() -> Reason) {
        self.push(reason());
    }
}

/// A decision and its reasons, in their order.
#[derive(Clone, Debug)]
pub struct Explanation<'t> {
    /// Where the call goes, or why it goes nowhere.
    pub decision: Result<Decision<'t>, NoRoute>,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Table {
    /// Where a call goes, and why: what [`Table::decide`] gives at this moment.
    pub fn explain<'t>(&'t self, ask: &Ask<'_>) -> Explanation<'t> {
        self.explain_with(ask, &Told)
    }

    pub(crate) fn explain_with<'t>(&'t self, ask: &Ask<'_>, vitals: &impl Vitals) -> Explanation<'t> {
        let mut reasons = Vec::new();
        let decision = self.route(ask, vitals, &mut reasons);
        Explanation { decision, reasons }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.decision {
            Ok(decision) => writeln!(f, "{decision}")?,
            Err(error) => writeln!(f, "nowhere: {error}")?,
        }
        self.reasons.iter().try_for_each(|reason| writeln!(f, "  {reason}"))
    }
}
