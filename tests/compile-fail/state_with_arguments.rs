use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Order, output = Order)]
struct Price {
    #[state(saved)]
    seen: u64,
}

impl Process for Price {
    fn process(&mut self, item: Order, out: &mut Emitter<Order>, _: &Context) -> Result<()> {
        out.emit(item);
        Ok(())
    }
}

fn main() {}
