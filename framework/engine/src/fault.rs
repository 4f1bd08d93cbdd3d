//! Faults planted on purpose, to prove that the checkers of the simulation see.
//!
//! Without the feature `planted-faults` no fault can be planted, and the questions below are `false` at compile time.

/// A mistake the engine makes on purpose.
#[cfg_attr(not(feature = "planted-faults"), expect(unreachable_pub, reason = "public with the feature only"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A report with an old fence counts.
    NoFencing,
    /// A checkpoint may have any number.
    CheckpointMovesBack,
    /// Every third back-off or lease timer is lost.
    LostTimer,
    /// Commands of one batch do not see each other's effects.
    BlindBatch,
    /// Hand-outs leave before their batch is durable.
    EarlyHandOut,
}

/// Which fault is planted, if any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planted {
    #[cfg(feature = "planted-faults")]
    pub(crate) fault: Option<Fault>,
}

impl Planted {
    /// Whether a fault is planted.
    pub(crate) fn has(self, fault: Fault) -> bool {
        #[cfg(feature = "planted-faults")]
        return self.fault == Some(fault);
        #[cfg(not(feature = "planted-faults"))]
        {
            let _ = fault;
            false
        }
    }

    /// Whether any fault is planted.
    pub(crate) fn any(self) -> bool {
        #[cfg(feature = "planted-faults")]
        return self.fault.is_some();
        #[cfg(not(feature = "planted-faults"))]
        false
    }
}
