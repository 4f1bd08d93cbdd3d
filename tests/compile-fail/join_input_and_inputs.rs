// One input, and several.
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
#[processor(name = "match", input = Order, inputs(left = Order, right = Buyer), output = Order)]
struct Match {}

fn main() {}
