//! The codes of the mistakes that a rules file can have; each has a page under `docs/errors/`.

/// A `version` of the file's format that this build does not read.
pub const BAD_VERSION: &str = "dyeline::rules::bad_version";
/// A name with characters that names do not have.
pub const BAD_NAME: &str = "dyeline::rules::bad_name";
/// A word that is none of those its key takes.
pub const BAD_CHOICE: &str = "dyeline::rules::bad_choice";
/// An address that is no `scheme://host[:port]`.
pub const BAD_ADDRESS: &str = "dyeline::rules::bad_address";
/// A pattern in `only_to` that names no host.
pub const BAD_HOST: &str = "dyeline::dye::bad_host";
/// A `start` entry that is no `kind:name`.
pub const BAD_START: &str = "dyeline::rules::bad_start";
/// A hop whose key or value has another shape.
pub const BAD_HOP: &str = "dyeline::rules::bad_hop";
/// A step of a test that is no `service:group`.
pub const BAD_STEP: &str = "dyeline::rules::bad_step";
/// A roll that is no unsigned number of 64 bits.
pub const BAD_ROLL: &str = "dyeline::rules::bad_roll";
/// More of something than a file may have.
pub const TOO_MANY: &str = "dyeline::rules::too_many";
/// A service or topic that the file does not have.
pub const UNKNOWN_SERVICE: &str = "dyeline::rules::unknown_service";
/// A group that a service or topic does not have.
pub const UNKNOWN_GROUP: &str = "dyeline::rules::unknown_group";
/// A chain that the file does not have.
pub const UNKNOWN_CHAIN: &str = "dyeline::rules::unknown_chain";
/// Two rules for one thing, written in two ways.
pub const DUPLICATE: &str = "dyeline::rules::duplicate";
/// A group of a service without an address.
pub const EMPTY_GROUP: &str = "dyeline::rules::empty_group";
/// A hop whose weights are all 0.
pub const ZERO_WEIGHTS: &str = "dyeline::rules::zero_weights";
/// A fallback to the group that is down, or twice to one group.
pub const FALLBACK_LOOP: &str = "dyeline::rules::fallback_loop";
/// A test whose path is not the one that the rules give.
pub const FAILED_TEST: &str = "dyeline::rules::failed_test";

/// Weights that nearly add up to 100.
pub const WEIGHTS_SUM: &str = "dyeline::rules::weights_sum";
/// A chain that produces into a lane of a topic which only other lanes consume.
pub const TOPIC_LANES: &str = "dyeline::rules::topic_lanes";
/// A group that starts something, and that nothing can reach.
pub const UNUSED_GROUP: &str = "dyeline::rules::unused_group";
/// A strict chain that is sent to the default group.
pub const DEFAULT_TARGET: &str = "dyeline::rules::default_target";
/// A host of a service that the dye may not be sent to.
pub const WITHHELD_HOST: &str = "dyeline::rules::withheld_host";
/// A hop from a service that the chain never reaches.
pub const UNREACHABLE_HOP: &str = "dyeline::rules::unreachable_hop";
/// Workers in a group that no table of groups declares.
pub const UNDECLARED_WORKERS: &str = "dyeline::rules::undeclared_workers";
/// A fallback that cannot be taken, since its group can never be down.
pub const NEVER_DOWN: &str = "dyeline::rules::never_down";
