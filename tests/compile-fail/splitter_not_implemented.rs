use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Splitter)]
#[splitter(name = "price", shard = u32)]
struct Price {}

fn main() {}
