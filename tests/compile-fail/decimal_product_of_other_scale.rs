use dyeline::prelude::*;

fn main() {
    let (a, b): (Decimal<2>, Decimal<4>) = (Decimal::ZERO, Decimal::ZERO);
    let c: Decimal<4> = a.times(b);
    println!("{c}");
}
