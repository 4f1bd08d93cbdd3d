use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Sink)]
#[sink(name = "price", input = Order)]
struct Price {}

fn main() {}
