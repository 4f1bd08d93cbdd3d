use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Order, output = Order, aggregate)]
struct Price {}

impl Process for Price {
    fn process(&mut self, item: Order, out: &mut Emitter<Order>, _: &Context) -> Result<()> {
        out.emit(item);
        Ok(())
    }
}

fn main() {}
