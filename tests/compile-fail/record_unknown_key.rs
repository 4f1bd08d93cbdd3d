use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(nmae = "Order", colour)]
struct Order {
    id: u64,
}

fn main() {}
