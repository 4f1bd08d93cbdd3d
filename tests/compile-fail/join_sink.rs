// A sink of several inputs.
use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Clone, Record)]
struct Buyer {
    id: u64,
}

#[derive(Sink)]
#[sink(name = "match", inputs(left = Order, right = Buyer))]
struct Match {}

fn main() {}
