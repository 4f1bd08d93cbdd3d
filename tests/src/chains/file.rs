//! From a drawn chain to its chain file.

use std::fmt::Write as _;

use super::{
    item::Rates,
    model::{Drawn, Moves, Node, Op, Sink},
};

/// The chain file; sinks write into folders below `out`.
#[must_use]
pub fn chain_file(drawn: &Drawn, out: &str) -> String {
    let Drawn { rows, keys, shards, sorted, step, seed, retries, checkpoint_ms, .. } = drawn;
    let mut text = format!(
        "# seed {seed}\n[chain]\nname = \"drawn\"\n\
         policy = {{ retry = {{ max = {retries}, backoff = \"1ms..3ms\" }}, checkpoint = \"{checkpoint_ms}ms\" }}\n\n\
         [nodes.split]\nprocessor = \"t-split\"\nrows = {rows}\nshards = {shards}\n\n\
         [nodes.load]\nprocessor = \"t-load\"\nafter = \"split\"\nseed = {seed}\nkeys = {keys}\n\
         sorted = {sorted}\nstep = {step}\n"
    );
    for node in &drawn.nodes {
        text += &node_text(node, out);
    }
    text
}

fn node_text(node: &Node, out: &str) -> String {
    let name = &node.name;
    let (processor, params) = processor(&node.op, name, out);
    let quoted: Vec<String> = node.after.iter().map(|port| format!("\"{port}\"")).collect();
    let after = if node.op == Op::Join {
        // Written the other way round: they are read in the order of the processor.
        format!("{{ right = {}, left = {} }}", quoted[1], quoted[0])
    } else if quoted.len() == 1 {
        quoted.join("")
    } else {
        format!("[{}]", quoted.join(", "))
    };
    let mut text = format!("\n[nodes.{name}]\nprocessor = \"{processor}\"\nafter = {after}\n{params}");
    match node.moves {
        Some(Moves::ByKey(shards)) => {
            text += &format!("exchange = {{ by = \"key\", shards = {shards} }}\n");
        }
        Some(Moves::Gather) => text += "exchange = { shards = 1 }\n",
        Some(Moves::Sorted) => text += "exchange = { by = \"key\", sorted = true }\n",
        None => {}
    }
    if let Some(percent) = node.tolerates {
        text += &format!("barrier = {{ tolerate = \"{percent}%\" }}\n");
    }
    if let Some(limit) = node.skip {
        text += &format!("skip = {{ limit = {limit} }}\n");
    }
    if let Some(ms) = node.timeout_ms {
        text += &format!("timeout = \"{ms}ms\"\n");
    }
    text
}

fn processor(op: &Op, name: &str, out: &str) -> (&'static str, String) {
    let path = || format!("path = \"{out}/{name}\"\n");
    match op {
        Op::Map(factor) => ("t-map", format!("factor = {factor}\n")),
        Op::Filter(modulus) => ("t-filter", format!("modulus = {modulus}\n")),
        Op::Expand(most) => ("t-expand", format!("most = {most}\n")),
        Op::Branch => ("t-branch", String::new()),
        Op::Running => ("t-running", String::new()),
        Op::Call(factor) => ("t-call", format!("factor = {factor}\n")),
        Op::Fail(seed, rates) => ("t-fail", fail_params(*seed, rates)),
        Op::Doom(seed) => ("t-doom", format!("seed = {seed}\n")),
        Op::Hang(shard, deaf) => ("t-hang", format!("shard = {shard}\ndeaf = {deaf}\n")),
        Op::Join => ("t-join", String::new()),
        Op::Sum => ("t-sum", String::new()),
        Op::Fold(true) => ("t-fold-saved", String::new()),
        Op::Fold(false) => ("t-fold", String::new()),
        Op::Write(Sink::Csv) => ("csv-write", path()),
        Op::Write(Sink::JsonLines) => ("jsonl-write", path()),
        Op::Write(Sink::DeadLetters) => ("dead-letter-write", path()),
    }
}

fn fail_params(seed: u64, rates: &Rates) -> String {
    let Rates { skip, flaky, panics, throttled, stubborn } = rates;
    let mut text = format!("seed = {seed}\n");
    let rates = [
        ("skips", skip),
        ("flaky", flaky),
        ("panics", panics),
        ("throttled", throttled),
        ("stubborn", stubborn),
    ];
    for (name, rate) in rates {
        // Writing into a text does not fail.
        let _ = writeln!(text, "{name} = {rate}");
    }
    text
}
