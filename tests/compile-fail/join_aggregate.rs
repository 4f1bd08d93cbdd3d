// An aggregate of several inputs.
use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Clone, Record)]
struct Buyer {
    id: u64,
}

#[derive(Reducer)]
#[reducer(name = "match", inputs(left = Order, right = Buyer), output = Order, aggregate)]
struct Match {}

fn main() {}
