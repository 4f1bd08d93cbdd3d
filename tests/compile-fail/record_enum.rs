use dyeline::prelude::*;

#[derive(Clone, Record)]
enum Order {
    Buy { id: u64 },
    Sell { id: u64 },
}

fn main() {}
