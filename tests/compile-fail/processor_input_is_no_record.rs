use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Clone)]
struct Plain {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Plain, output = Order)]
struct Price {}

impl Process for Price {
    fn process(&mut self, _: Plain, _: &mut Emitter<Order>, _: &Context) -> Result<()> {
        Ok(())
    }
}

fn main() {}
