//! W3C Trace Context, by the examples and the rules of the standard.

use proptest::prelude::*;

use super::*;

const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn the_standards_example_is_read_and_written() {
    let parent = TraceParent::from_bytes(GOOD.as_bytes()).unwrap();
    assert_eq!(parent.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(parent.span.to_string(), "00f067aa0ba902b7");
    assert_eq!(parent.flags, 1);
    assert_eq!(parent.to_string(), GOOD);
}

#[test]
fn what_the_standard_refuses_is_refused() {
    for bad in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
    ] {
        assert_eq!(TraceParent::from_bytes(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known() {
    let later = GOOD.replacen("00", "cc", 1).replace("-01", "-ff-what-comes-next");
    assert_eq!(TraceParent::from_bytes(later.as_bytes()).unwrap().to_string(), GOOD);
}

#[test]
fn a_child_stays_in_its_trace_and_has_a_span_of_its_own() {
    let parent = TraceParent::start(true);
    let child = parent.child();
    assert_eq!((child.trace, child.flags), (parent.trace, 0b11));
    assert_ne!(child.span, parent.span);
    assert_ne!(TraceParent::start(false).trace, parent.trace);
    assert_eq!(TraceParent::start(false).flags, 0b10);
}

#[test]
fn a_state_that_no_header_can_hold_is_left_out() {
    let parent = TraceParent::start(false);
    assert_eq!(Trace::new(parent, Some("a=1,b=2")).state(), Some("a=1,b=2"));
    let long = "x".repeat(4097);
    for state in [None, Some(""), Some("a=1\r\nb"), Some(long.as_str())] {
        assert_eq!(Trace::new(parent, state).state(), None);
    }
}

proptest! {
    #[test]
    fn it_comes_back(trace in 1u128.., span in 1u64.., flags: u8) {
        let parent = TraceParent { trace: TraceId(trace), span: SpanId(span), flags };
        prop_assert_eq!(TraceParent::from_bytes(parent.to_string().as_bytes()), Some(parent));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = TraceParent::from_bytes(&bytes);
    }
}
