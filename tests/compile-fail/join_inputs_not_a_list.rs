// Several inputs that are one type.
use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Clone, Record)]
struct Buyer {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "match", inputs = Order, output = Order)]
struct Match {}

fn main() {}
