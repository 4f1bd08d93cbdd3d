//! What is known of a call when it is to be routed.

/// A call that is to be routed. Everything is borrowed: a decision allocates nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The dye without its job: `fund-income`, or `fund-income@3`.
    pub iteration: Option<&'a str>,
    /// The job of the dye.
    pub job: Option<&'a str>,
    /// The roll that travels beside the dye; it follows from the job if none does.
    pub roll: Option<u64>,
    /// The service that calls.
    pub from: Option<&'a str>,
    /// The group of the process that calls.
    pub group: Option<&'a str>,
    /// The service that is called, or a topic as `topic:posted`.
    pub to: &'a str,
    /// A number drawn for this call, such as by [`chance`](super::chance()): what `roll = "call"` rolls, and what draws
    /// the endpoint.
    pub chance: u64,
}
