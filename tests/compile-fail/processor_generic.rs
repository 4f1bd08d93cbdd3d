use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Order, output = Order)]
struct Price<T> {
    seen: Vec<T>,
}

fn main() {}
