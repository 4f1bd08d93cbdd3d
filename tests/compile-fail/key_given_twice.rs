use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(name = "Order", name = "Trade")]
struct Order {
    id: u64,
}

fn main() {}
