use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(rename_all = "Train-Case")]
struct Order {
    id: u64,
}

fn main() {}
