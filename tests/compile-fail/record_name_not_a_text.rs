use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(name = Order)]
struct Order {
    id: u64,
}

fn main() {}
