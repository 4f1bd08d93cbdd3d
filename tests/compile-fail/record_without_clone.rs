use dyeline::prelude::*;

#[derive(Record)]
struct Order {
    id: u64,
}

fn main() {}
