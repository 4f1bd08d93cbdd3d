// Two inputs of one name.
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
#[processor(name = "match", inputs(left = Order, left = Buyer), output = Order)]
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
