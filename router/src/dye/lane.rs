//! What a piece of work carries of its lane, from the call that brought it to the calls it makes.

use std::sync::Arc;

use super::{Dye, Origin, Roll, Trace};
use crate::propagate::Baggage;

/// The lane a piece of work runs in, as it travels with it: the dye, the roll, the trace, foreign baggage, and who
/// made the call.
///
/// Cloning counts a reference; a change copies what is shared.
///
/// ```
/// # use dyeline_router::dye::{Dye, Lane, Roll};
/// let dye: Dye = "fund-income:01J9Z".parse().unwrap();
/// let lane = Lane::of(dye);
/// assert_eq!(lane.roll(), Some(Roll::of_job("01J9Z")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    parts: Arc<Parts>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    dye: Option<Dye>,
    roll: Option<Roll>,
    origin: Option<Origin>,
    trace: Option<Trace>,
    baggage: Baggage,
}

impl Lane {
    /// Work without a dye: it goes by the group it is in.
    pub fn undyed() -> Self {
        Self::default()
    }

    /// The lane of a dye.
    pub fn of(dye: Dye) -> Self {
        Self::undyed().with_dye(Some(dye))
    }

    /// The dye.
    pub fn dye(&self) -> Option<&Dye> {
        self.parts.dye.as_ref()
    }

    /// The roll of the job; of a dye that names no job, the one that came beside it.
    ///
    /// The job's id decides, so that a job stays where it is however its calls arrive: the roll that came is the one
    /// of the hop before where a chain rolls per hop.
    pub fn roll(&self) -> Option<Roll> {
        let job = self.dye().and_then(Dye::job);
        job.map(Roll::of_job).or(self.parts.roll)
    }

    /// The roll that came beside the dye.
    pub fn given_roll(&self) -> Option<Roll> {
        self.parts.roll
    }

    /// Who made the call that brought this work.
    pub fn origin(&self) -> Option<&Origin> {
        self.parts.origin.as_ref()
    }

    /// The trace.
    pub fn trace(&self) -> Option<&Trace> {
        self.parts.trace.as_ref()
    }

    /// The members of `baggage` that are not ours, to be passed on.
    pub fn baggage(&self) -> &Baggage {
        &self.parts.baggage
    }

    /// The same with another dye.
    #[must_use]
    pub fn with_dye(mut self, dye: Option<Dye>) -> Self {
        self.parts_mut().dye = dye;
        self
    }

    /// The same with the roll that came beside the dye.
    #[must_use]
    pub fn with_roll(mut self, roll: Option<Roll>) -> Self {
        self.parts_mut().roll = roll;
        self
    }

    /// The same with another caller.
    #[must_use]
    pub fn with_origin(mut self, origin: Option<Origin>) -> Self {
        self.parts_mut().origin = origin;
        self
    }

    /// The same with another trace, such as a span's own.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<Trace>) -> Self {
        self.parts_mut().trace = trace;
        self
    }

    /// The same with other foreign members.
    #[must_use]
    pub fn with_baggage(mut self, baggage: Baggage) -> Self {
        self.parts_mut().baggage = baggage;
        self
    }

    fn parts_mut(&mut self) -> &mut Parts {
        Arc::make_mut(&mut self.parts)
    }
}
