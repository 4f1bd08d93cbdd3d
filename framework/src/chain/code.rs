//! The codes of the mistakes that a chain can have; each has a page under `docs/errors/`.

/// A processor that is not registered.
pub const UNKNOWN_PROCESSOR: &str = "dyeline::chain::unknown_processor";
/// A parameter that the processor does not have.
pub const UNKNOWN_PARAM: &str = "dyeline::chain::unknown_param";
/// A parameter's value that does not fit.
pub const BAD_PARAM: &str = "dyeline::chain::bad_param";
/// A parameter that has to be given.
pub const MISSING_PARAM: &str = "dyeline::chain::missing_param";
/// A declared parameter that nothing uses.
pub const UNUSED_PARAM: &str = "dyeline::chain::unused_param";
/// A placeholder that is not closed, or stands where it cannot.
pub const BAD_PLACEHOLDER: &str = "dyeline::chain::bad_placeholder";
/// A text that should be a date, and is none.
pub const BAD_DATE: &str = "dyeline::chain::bad_date";
/// A time zone that is not known.
pub const UNKNOWN_TIMEZONE: &str = "dyeline::chain::unknown_timezone";
/// A name with characters that names do not have.
pub const BAD_NAME: &str = "dyeline::chain::bad_name";
/// An `after` that names no node of the chain.
pub const UNKNOWN_NODE: &str = "dyeline::chain::unknown_node";
/// A port that the processor does not have.
pub const UNKNOWN_PORT: &str = "dyeline::chain::unknown_port";
/// A record that is not registered.
pub const UNKNOWN_RECORD: &str = "dyeline::chain::unknown_record";
/// A field that the record does not have.
pub const UNKNOWN_FIELD: &str = "dyeline::chain::unknown_field";
/// A node with a `record` it cannot use, or without one it needs.
pub const RECORD_KEY: &str = "dyeline::chain::record_key";
/// An edge between types that do not fit.
pub const TYPE_MISMATCH: &str = "dyeline::chain::type_mismatch";
/// Two nodes whose roles do not follow each other.
pub const ROLE: &str = "dyeline::chain::role";
/// A node whose items go nowhere.
pub const NOTHING_AFTER: &str = "dyeline::chain::nothing_after";
/// Dead letters read from a node that gives nothing up.
pub const NO_DEAD_LETTERS: &str = "dyeline::chain::no_dead_letters";
/// Nodes that wait for each other.
pub const CYCLE: &str = "dyeline::chain::cycle";
/// Inputs of a join that are exchanged by fields of types that do not meet.
pub const KEY_MISMATCH: &str = "dyeline::chain::key_mismatch";
/// An exchange that says too little or too much.
pub const BAD_EXCHANGE: &str = "dyeline::chain::bad_exchange";
/// Input that is said to be sorted by a key, from a splitter that does not cut by it.
pub const UNCUT_KEY: &str = "dyeline::chain::uncut_key";
/// A shard count of 0, or beyond the limit.
pub const SHARD_COUNT: &str = "dyeline::chain::shard_count";
/// A back-off that is no range of durations.
pub const BAD_BACKOFF: &str = "dyeline::chain::bad_backoff";
/// Something this build cannot do.
pub const NOT_AVAILABLE: &str = "dyeline::chain::not_available";
/// Two sinks that write into one folder.
pub const SHARED_FOLDER: &str = "dyeline::chain::shared_folder";
/// Two registered things of one name.
pub const DUPLICATE_NAME: &str = "dyeline::chain::duplicate_name";
/// A schedule, which a launch does not follow.
pub const SCHEDULE_IGNORED: &str = "dyeline::chain::schedule_ignored";

/// All of them.
pub const ALL: &[&str] = &[
    UNKNOWN_PROCESSOR,
    UNKNOWN_PARAM,
    BAD_PARAM,
    MISSING_PARAM,
    UNUSED_PARAM,
    BAD_PLACEHOLDER,
    BAD_DATE,
    UNKNOWN_TIMEZONE,
    BAD_NAME,
    UNKNOWN_NODE,
    UNKNOWN_PORT,
    UNKNOWN_RECORD,
    UNKNOWN_FIELD,
    RECORD_KEY,
    TYPE_MISMATCH,
    ROLE,
    NOTHING_AFTER,
    NO_DEAD_LETTERS,
    CYCLE,
    KEY_MISMATCH,
    BAD_EXCHANGE,
    UNCUT_KEY,
    SHARD_COUNT,
    BAD_BACKOFF,
    NOT_AVAILABLE,
    SHARED_FOLDER,
    DUPLICATE_NAME,
    SCHEDULE_IGNORED,
];
