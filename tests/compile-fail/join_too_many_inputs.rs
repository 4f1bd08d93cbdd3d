// More inputs than a processor can have.
use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Clone, Record)]
struct Buyer {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "match", inputs(p1 = Order, p2 = Order, p3 = Order, p4 = Order, p5 = Order, p6 = Order, p7 = Order, p8 = Order, p9 = Order, p10 = Order, p11 = Order, p12 = Order, p13 = Order, p14 = Order, p15 = Order, p16 = Order, p17 = Order), output = Order)]
struct Match {}

fn main() {}
