use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order(u64, String);

fn main() {}
