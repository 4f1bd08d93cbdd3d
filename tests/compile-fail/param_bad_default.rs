use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Processor)]
#[processor(name = "price", input = Order, output = Order)]
struct Price {
    #[param(default = "many")]
    limit: u32,
    #[param(default = 256)]
    byte: u8,
    #[param(default = "0.125")]
    fee: Decimal<2>,
    #[param(default = "5 minutes")]
    wait: std::time::Duration,
    #[param(default = "yes")]
    fast: bool,
}

impl Process for Price {
    fn process(&mut self, item: Order, out: &mut Emitter<Order>, _: &Context) -> Result<()> {
        out.emit(item);
        Ok(())
    }
}

fn main() {}
