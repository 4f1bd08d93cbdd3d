use dyeline::prelude::*;

#[derive(Clone, Record)]
#[record(nam = "Order")]
struct Order {
    id: u64,
    #[field(name = "id")]
    number: u64,
}

#[derive(Processor)]
#[processor(name = "Price", input = Order, outputs(a = Order, a = Order), color)]
struct Price {
    #[param]
    group: String,
    #[param(default = "x")]
    limit: u32,
}

fn main() {}
