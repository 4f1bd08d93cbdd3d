use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order<'a> {
    name: &'a str,
}

fn main() {}
