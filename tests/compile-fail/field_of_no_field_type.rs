use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
    tags: Vec<String>,
}

fn main() {}
