//! The codes of calls that go nowhere; each has a page under `docs/errors/`.

/// A call to a service or topic that the rules do not have.
pub const UNKNOWN_SERVICE: &str = "dyeline::route::unknown_service";
/// A call of a strict chain for whose hop nothing is written.
pub const NO_RULE: &str = "dyeline::route::no_rule";
/// A call outside of every lane, to a service without the caller's group and without the default group.
pub const NO_GROUP: &str = "dyeline::route::no_group";
