//! The codes of the mistakes that any TOML file can have; each has a page under `docs/errors/`.

/// The text is not TOML.
pub const SYNTAX: &str = "dyeline::toml::syntax";
/// One key or table is given twice.
pub const DUPLICATE_KEY: &str = "dyeline::toml::duplicate_key";
/// A key that nothing reads.
pub const UNKNOWN_KEY: &str = "dyeline::toml::unknown_key";
/// A key that has to be there.
pub const MISSING_KEY: &str = "dyeline::toml::missing_key";
/// A value of another type than its key takes.
pub const WRONG_TYPE: &str = "dyeline::toml::wrong_type";
/// A number outside of what its key takes.
pub const OUT_OF_RANGE: &str = "dyeline::toml::out_of_range";
/// A text that should be a duration, and is none.
pub const BAD_DURATION: &str = "dyeline::toml::bad_duration";
/// A text that should be a share such as `1%`, and is none.
pub const BAD_SHARE: &str = "dyeline::toml::bad_share";
/// A file that cannot be read.
pub const UNREADABLE: &str = "dyeline::toml::unreadable";
/// A file without content.
pub const EMPTY: &str = "dyeline::toml::empty";

/// All of them.
pub const ALL: &[&str] = &[
    SYNTAX,
    DUPLICATE_KEY,
    UNKNOWN_KEY,
    MISSING_KEY,
    WRONG_TYPE,
    OUT_OF_RANGE,
    BAD_DURATION,
    BAD_SHARE,
    UNREADABLE,
    EMPTY,
];
