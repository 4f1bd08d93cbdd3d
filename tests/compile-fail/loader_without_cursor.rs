use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Loader)]
#[loader(name = "price", shard = u32, output = Order)]
struct Price {}

fn main() {}
