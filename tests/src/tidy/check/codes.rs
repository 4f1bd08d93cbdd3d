//! Every error code has a page, every page has a code, and the index lists them all.

use std::collections::BTreeMap;

use crate::tidy::{Finding, Tree};

/// Where the pages are.
const PAGES: &str = "docs/errors/";
/// Their index.
const INDEX: &str = "docs/errors/README.md";

/// Codes without a page, pages without a code, and pages the index does not link.
pub fn codes(tree: &Tree) -> Vec<Finding> {
    let codes = error_codes(tree);
    let pages: BTreeMap<String, &str> = tree
        .ending(".md")
        .filter(|(path, _)| path.starts_with(PAGES) && *path != INDEX)
        .map(|(path, _)| (code_of(path), path))
        .collect();
    let index = tree.text(INDEX).unwrap_or_default();
    let mut findings = Vec::new();
    for (code, (file, line)) in &codes {
        if !pages.contains_key(code) {
            findings.push(Finding::new(
                file.clone(),
                *line,
                format!("the code `{code}` has no page"),
                "a code is shown so that it can be looked up",
                format!("write {}: what, why, what to do, an example", page_of(code)),
            ));
        }
    }
    for (code, page) in &pages {
        if !codes.contains_key(code) {
            let what = format!("no product code gives `{code}`");
            let why = "a page about an error that cannot happen misleads";
            findings.push(Finding::new(*page, 1, what, why, "remove the page, or name it after its code"));
        }
        if *page != page_of(code) {
            let fix = format!("rename it to {}", page_of(code));
            findings.push(Finding::new(
                *page,
                1,
                "the page has another name",
                "who has a code must find its page",
                fix,
            ));
        }
        if !tree.text(page).unwrap_or_default().contains(code.as_str()) {
            let why = "who searches for a code must find its page";
            findings.push(Finding::new(
                *page,
                1,
                format!("the page does not say `{code}`"),
                why,
                "write it in the title",
            ));
        }
        if !index.contains(&format!("]({})", &page[PAGES.len()..])) {
            let why = "the index is where a reader begins";
            findings.push(Finding::new(INDEX, 1, format!("{page} is not linked"), why, "add a line for it"));
        }
    }
    findings
}

/// The codes the product gives, each with the file and line it stands on first.
pub fn error_codes(tree: &Tree) -> BTreeMap<String, (String, usize)> {
    let mut found = BTreeMap::new();
    for file in tree.product() {
        let literals = file.literals.iter().map(|l| (l.offset, l.text.as_str()));
        let attributes = file.code.match_indices("code(dyeline::").map(|(at, _)| {
            let path = &file.code[at + "code(".len()..];
            (at, &path[..path.find(')').unwrap_or(path.len())])
        });
        for (at, text) in literals.chain(attributes).filter(|(at, text)| is_code(text) && !file.in_test(*at))
        {
            found.entry(text.to_owned()).or_insert_with(|| (file.path.clone(), file.line(at)));
        }
    }
    found
}

/// Whether a text is `dyeline::area::name`.
fn is_code(text: &str) -> bool {
    let parts: Vec<&str> = text.split("::").collect();
    let word = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    parts.len() == 3 && parts[0] == "dyeline" && parts.iter().all(word)
}

/// `dyeline::chain::cycle` ↔ `docs/errors/dyeline.chain.cycle.md`: colons are no good in file names.
fn page_of(code: &str) -> String {
    format!("{PAGES}{}.md", code.replace("::", "."))
}

/// The code of a page, however its name separates the parts.
fn code_of(page: &str) -> String {
    let stem = page[PAGES.len()..].trim_end_matches(".md").trim_start_matches("dyeline");
    let parts: Vec<&str> = stem.split(['.', ':', '/', '-']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [area, name @ ..] => format!("dyeline::{area}::{}", name.join("_")),
        [] => String::new(),
    }
}
