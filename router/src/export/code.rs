//! The codes of exports; each has a page under `docs/errors/`.

/// Something of the rules that the target of an export cannot do, or does in another way.
pub const NOT_EXPRESSED: &str = "dyeline::export::not_expressed";
