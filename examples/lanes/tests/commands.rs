//! The example's commands, as they are run by hand: every call stays where it belongs.

use std::process::Command;

use serde_json::Value;

/// One test, so that the commands take turns: each pins its processes to the same cores.
#[test]
fn no_call_leaves_its_lane_or_comes_into_one() {
    let lanes = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_lanes")).args(words).output().unwrap();
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}: {}\n{said}\n{errors}", output.status);
        output
    };
    let output = lanes(&["--quick", "--rate", "100", "--output", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let legs = &report["legs"];
    let lane = &legs["lanes"];
    assert_eq!(
        (&lane["chain_calls_outside"], &lane["online_calls_inside"]),
        (&0.into(), &0.into()),
        "{report}"
    );
    assert!(lane["chain_calls"].as_u64() >= Some(9_000), "{report}");
    // Without rules they do, and the counts show it.
    assert_eq!(legs["unisolated"]["chain_calls_outside"], legs["unisolated"]["chain_calls"], "{report}");
    assert_eq!(legs["alone"]["chain_calls"], 0);

    lanes(&["versions", "--items", "1000"]);
    lanes(&["outage", "--items", "2000"]);
}
