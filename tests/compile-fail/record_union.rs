use dyeline::prelude::*;

#[derive(Clone, Copy, Record)]
union Order {
    id: u64,
}

fn main() {}
