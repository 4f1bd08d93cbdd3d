use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(name = "my order")]
struct Order {
    id: u64,
}

fn main() {}
