use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Order, outputs())]
struct Price {}

fn main() {}
