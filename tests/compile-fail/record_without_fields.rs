use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order;

#[derive(Clone, Record)]
struct Trade {}

fn main() {}
