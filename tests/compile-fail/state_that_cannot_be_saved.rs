use dyeline::prelude::*;

#[derive(Clone, Record)]
struct Order {
    id: u64,
}

#[derive(Reducer)]
#[reducer(name = "count", input = Order, output = Order)]
struct Count {
    #[state]
    seen: std::time::Instant,
}

impl Reduce for Count {
    fn reduce(&mut self, _: Order, _: &Context) -> Result<()> {
        Ok(())
    }
    fn finish(&mut self, _: &mut Emitter<Order>, _: &Context) -> Result<()> {
        Ok(())
    }
}

fn main() {}
