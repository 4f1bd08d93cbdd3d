//! Dyeline's commands with the processors of the random chains.

// Linking the crate registers its processors.
use dyeline_tests as _;

fn main() -> std::process::ExitCode {
    dyeline::main()
}
