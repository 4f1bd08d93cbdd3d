use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
    #[field(name = "id")]
    number: u64,
}

fn main() {}
