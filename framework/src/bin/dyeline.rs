//! The `dyeline` program: all commands, with the built-in processors.

use std::process::ExitCode;

fn main() -> ExitCode {
    dyeline::main()
}
