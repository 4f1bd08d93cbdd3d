//! The bare loop of bench B1.
fn main() {}
