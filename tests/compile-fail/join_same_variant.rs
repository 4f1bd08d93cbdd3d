// Two inputs whose variants are one.
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
#[processor(name = "match", inputs(left = Order, side_1 = Order, side1 = Buyer), output = Order)]
struct Match {}

impl Process for Match {
    fn process(&mut self, item: MatchInput, out: &mut Emitter<Order>, _: &Context) -> Result<()> {
        if let MatchInput::Left(order) = item {
            out.emit(order);
        }
        Ok(())
    }
}

fn main() {}
