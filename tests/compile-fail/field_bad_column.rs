use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    #[field(name = "")]
    id: u64,
    #[field(name = " price")]
    price: Decimal<2>,
}

fn main() {}
