//! The program of bench B8: all of Dyeline's commands, and one processor that takes a number and emits nothing.

use std::process::ExitCode;

use dyeline::{builtin::Number, prelude::*};

/// Takes a number, and is done with it
#[derive(Processor)]
#[processor(name = "touch", input = Number, output = Number)]
struct Touch {}

impl Process for Touch {
    fn process(&mut self, _number: Number, _out: &mut Emitter<Number>, _cx: &Context) -> Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    dyeline::main()
}
