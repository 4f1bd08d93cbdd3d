//! A connection of any bytes: the proxy reads the same in whatever pieces they come, and what it passes on is what a
//! plainer reader finds in them. The laws are those of its property tests.
//!
//! `cargo fuzz run --sanitizer none http1`, in `router/`. The first byte chooses who sends, and where the rest is cut.

#![no_main]

use dyeline_router::proxy::http1_laws;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| http1_laws(input));
