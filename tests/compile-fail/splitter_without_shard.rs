use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Splitter)]
#[splitter(name = "price")]
struct Price {}

fn main() {}
