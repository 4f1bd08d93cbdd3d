//! The Rust code of the front page compiles: it is taken from there by the doc tests.

#[doc = include_str!("../../README.md")]
pub struct FrontPage;
