use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Reducer)]
#[reducer(name = "price", input = Order, output = Order, aggregate)]
struct Price {
    #[state]
    seen: u64,
}

fn main() {}
