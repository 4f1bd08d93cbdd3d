//! Links between the pages lead somewhere.

use crate::tidy::{Finding, Tree};

/// Relative links in Markdown files whose file or heading does not exist.
pub fn links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (page, text) in tree.ending(".md") {
        for (line, target) in targets(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target.split_once('#').map_or((target, None), |(f, h)| (f, Some(h)));
            let path = if file.is_empty() { page.to_owned() } else { join(page, file) };
            let why = "a link that leads nowhere costs its reader the search";
            if !tree.exists(&path) {
                let what = format!("{target} does not exist");
                findings.push(Finding::new(page, line, what, why, "mend the link, or remove it"));
            } else if let (Some(heading), Some(text)) = (heading, tree.text(&path))
                && !headings(text).any(|h| h == heading)
            {
                let what = format!("{path} has no heading `#{heading}`");
                findings.push(Finding::new(page, line, what, why, "link a heading that is there"));
            }
        }
    }
    findings
}

/// What links point to, with their lines; code is left out.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, line) in outside_code(text) {
        // Every other part between backquotes is code.
        for part in line.split('`').step_by(2) {
            for (open, _) in part.match_indices("](") {
                let rest = &part[open + 2..];
                let target = rest.split([')', ' ']).next().unwrap_or_default();
                found.push((at + 1, target));
            }
        }
        // A link whose text is code: [`name`](target).
        for (open, _) in line.match_indices("`](") {
            let rest = &line[open + 3..];
            found.push((at + 1, rest.split([')', ' ']).next().unwrap_or_default()));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The lines outside fenced blocks, with their places.
fn outside_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The anchors of a page, as code hosts make them of headings.
fn headings(text: &str) -> impl Iterator<Item = String> {
    outside_code(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

/// A path relative to a page, from the root.
fn join(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
