//! Headers of any bytes: reading them never panics, and what is stamped over them is what is read afterwards.
//!
//! `cargo fuzz run --sanitizer none headers`, in `router/`. Each line of the input is one header: its first byte chooses
//! the name, the rest is the value.

#![no_main]

use dyeline_router::{
    dye::{Dye, Lane},
    propagate::{DyeStats, Marks, extract, header, inject, read, strip},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let names = [
        &header::DYE,
        &header::ROLL,
        &header::FROM,
        &header::MAC,
        &header::BAGGAGE,
        &header::TRACEPARENT,
        &header::TRACESTATE,
    ];
    let mut message: Vec<(String, Vec<u8>)> = input
        .split(|b| *b == b'\n')
        .filter_map(|line| line.split_first())
        .map(|(name, value)| (names[usize::from(*name) % names.len()].to_string(), value.to_vec()))
        .collect();
    let stats = DyeStats::new();
    let came = extract(&message, &stats);
    for member in came.baggage().iter() {
        let _ = (member.key(), member.value(), member.properties().count());
    }
    // What came goes on: the same dye and the same caller, whatever stood there.
    inject(&came, &mut message, &stats);
    let went = read(&message, &stats);
    assert_eq!((went.dye.as_ref(), went.origin.as_ref()), (came.dye(), came.origin()));
    // Another lane over it leaves nothing of it.
    let other = Lane::undyed().with_dye(Dye::new("other", None, Some("1")).ok());
    inject(&other, &mut message, &stats);
    assert_eq!(read(&message, &stats).dye.as_ref(), other.dye());
    strip(&mut message);
    assert_eq!(read(&message, &stats), Marks::default());
});
