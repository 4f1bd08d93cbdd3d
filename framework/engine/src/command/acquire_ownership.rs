//! The shell took over the partition, and no former worker can be alive.

/// Voids every lease at once, without counting against anything. For the embedded mode, where the workers died with
/// the former owner; a coordinator of connected workers lets leases run on instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcquireOwnership {
    /// The owner's generation, from the log. An older one changes nothing.
    pub epoch: u64,
}
