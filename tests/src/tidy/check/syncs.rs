//! Every sync has an id, is called in one place and is taken out by a test.

use std::collections::BTreeSet;

use crate::tidy::{Finding, Literal, Measure, Ratchet, RustFile, Tree};

/// The folder that declares the points.
const LAYER: &str = "processors/src/disk/";
/// Where each point names the test that takes it out.
const PROOFS: &str = "tests/src/disk/proofs.rs";

/// Points that are called nowhere, in several places, or named by no test.
pub fn sync_points(tree: &Tree, ratchet: &Ratchet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut measures = Vec::new();
    let points = points(tree);
    if points.is_empty() {
        let why = "without the list of syncs none of them is proved";
        findings.push(Finding::new(LAYER, 1, "no `enum SyncPoint`", why, "keep the list in the file layer"));
    }
    for (file, line, point) in points {
        let name = format!("SyncPoint::{point}");
        let product: Vec<(&RustFile, usize)> = tree
            .product()
            .filter(|f| !f.path.starts_with(LAYER))
            .flat_map(|f| f.find(&name).filter(|at| !f.in_test(*at)).map(move |at| (f, at)))
            .collect();
        if product.is_empty() {
            let why = "a point that nothing calls proves nothing";
            findings.push(Finding::new(
                file,
                line,
                format!("`{name}` is called nowhere"),
                why,
                "call it or remove it",
            ));
        }
        if !tree.rust().any(|f| f.path == PROOFS && f.find(&name).next().is_some()) {
            let why = "a sync that can be taken out without a test noticing is not known to be needed";
            let fix = format!("take it out in a test that then loses something, and name that in {PROOFS}");
            findings.push(Finding::new(file, line, format!("`{name}` is taken out by no test"), why, fix));
        }
        let second = product.get(1).or(product.first());
        measures.push(Measure {
            kind: "sync-places",
            name: point,
            file: second.map_or_else(|| file.to_owned(), |(f, _)| f.path.clone()),
            line: second.map_or(line, |(f, at)| f.line(*at)),
            size: product.len(),
            limit: 1,
            why: "a test takes out one point at a time: two places of one point prove each other needless",
            fix: "give each place a point of its own, or let one function call it",
        });
    }
    findings.extend(ratchet.judge(&["sync-places"], &measures));
    findings.extend(proofs(tree));
    findings
}

/// Tests that the list of proofs names and that do not exist.
fn proofs(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.rust().find(|f| f.path == PROOFS) else { return Vec::new() };
    let tests: BTreeSet<String> = tree
        .rust()
        .filter(|f| f.is_test())
        .flat_map(|f| f.functions().into_iter().filter(|function| is_test(f, function.offset)))
        .map(|function| function.name)
        .collect();
    let names = |l: &&Literal| l.text.contains('_') && !l.text.contains(['/', '.', ' ']);
    let gone = file.literals.iter().filter(names).filter(|l| !tests.contains(&l.text));
    let why = "a proof that does not run proves nothing";
    gone.map(|l| {
        let what = format!("there is no test `{}`", l.text);
        Finding::new(PROOFS, file.line(l.offset), what, why, "name the test that takes the sync out")
    })
    .collect()
}

/// Whether a function is marked as a test.
fn is_test(file: &RustFile, offset: usize) -> bool {
    file.code[..offset].trim_end().ends_with("#[test]")
}

/// The variants of `enum SyncPoint`, with the file and line each stands on.
fn points(tree: &Tree) -> Vec<(&str, usize, String)> {
    let mut found = Vec::new();
    for file in tree.rust().filter(|file| file.path.starts_with(LAYER)) {
        for at in file.find("enum SyncPoint") {
            let Some(open) = file.code[at..].find('{').map(|n| at + n) else { continue };
            let Some(close) = crate::tidy::rust::closing(&file.code, open) else { continue };
            let mut place = open + 1;
            for part in file.code[open + 1..close].split(',') {
                let name = part.trim();
                if !name.is_empty() {
                    let offset = place + part.len() - part.trim_start().len();
                    found.push((file.path.as_str(), file.line(offset), name.to_owned()));
                }
                place += part.len() + 1;
            }
        }
    }
    found
}

/// Calls of the layer's syncs that do not name a point where they stand, and so escape the list.
pub fn syncs_elsewhere(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.product().filter(|file| !file.path.starts_with(LAYER)) {
        for call in [".sync(", ".sync_dir(", "create_dir_all_durably("] {
            for at in file.find(call).filter(|&at| !file.in_test(at)) {
                let arguments = parenthesis(&file.code[at + call.len() - 1..]);
                if !arguments.contains("SyncPoint::") {
                    findings.push(Finding::new(
                        file.path.clone(),
                        file.line(at),
                        format!("`{}…)` without a `SyncPoint::…` in the call", call.trim_start_matches('.')),
                        "a point that is passed along is a sync whose place the list does not know",
                        "name the point in the call",
                    ));
                }
            }
        }
    }
    findings
}

/// From an opening parenthesis to its closing one.
fn parenthesis(code: &str) -> &str {
    let mut depth = 0usize;
    for (at, b) in code.bytes().enumerate() {
        match b {
            b'(' => depth += 1,
            b')' if depth == 1 => return &code[..=at],
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    code
}
