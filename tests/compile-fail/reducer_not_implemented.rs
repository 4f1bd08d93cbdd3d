use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Reducer)]
#[reducer(name = "price", input = Order, output = Order)]
struct Price {}

fn main() {}
