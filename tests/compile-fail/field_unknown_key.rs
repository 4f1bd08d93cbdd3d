use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    #[field(rename = "order")]
    id: u64,
}

fn main() {}
