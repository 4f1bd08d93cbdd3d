use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order<T> {
    id: T,
}

fn main() {}
