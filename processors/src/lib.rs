//! The contract a Dyeline processor implements, the registry, and the built-in processors.

extern crate self as dyeline_processors;

pub mod disk;
