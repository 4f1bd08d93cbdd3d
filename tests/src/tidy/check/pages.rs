//! What a user types and what the shell is told stands in the pages, and nothing else does.

use std::collections::BTreeSet;

use crate::tidy::{Finding, RustFile, Tree, rust};

/// Where the commands are declared, and the page about them.
const ARGS: &str = "framework/src/cli/args.rs";
const COMMANDS: &str = "docs/commands.md";
/// Where the exit codes are declared, and the pages about them.
const EXIT: &str = "framework/src/cli/exit.rs";
const EXIT_PAGES: &[&str] = &["docs/exit-codes.md", "README.md"];

/// Commands that their page does not name.
pub fn commands(tree: &Tree) -> Vec<Finding> {
    let declared =
        tree.rust().find(|f| f.path == ARGS).map(|f| variants(f, "enum Command")).unwrap_or_default();
    let page = tree.text(COMMANDS).unwrap_or_default();
    let why = "a command that no page names is found by nobody";
    let mut findings = Vec::new();
    if declared.is_empty() {
        findings.push(Finding::new(
            ARGS,
            1,
            "no `enum Command`",
            why,
            "keep the commands there, or mend this check",
        ));
    }
    for (name, line) in declared {
        let command = kebab(&name);
        let named = |quote: &str| {
            page.contains(&format!("{quote}{command} ")) || page.contains(&format!("{quote}{command}`"))
        };
        if !named("`") && !named("`dyeline ") {
            findings.push(Finding::new(
                ARGS,
                line,
                format!("{COMMANDS} does not name `{command}`"),
                why,
                "add it there",
            ));
        }
    }
    findings
}

/// Exit codes that only the source or only a page knows.
pub fn exit_codes(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.rust().find(|f| f.path == EXIT) else {
        let why = "scripts rely on the exit codes";
        return vec![Finding::new(EXIT, 1, "no exit codes", why, "keep them there, or mend this check")];
    };
    let declared: BTreeSet<u8> =
        file.code.match_indices("=>").filter_map(|(at, _)| number(&file.code[at + 2..])).collect();
    let mut findings = Vec::new();
    for page in EXIT_PAGES {
        let rows =
            tree.text(page).unwrap_or_default().lines().filter_map(|line| number(line.strip_prefix('|')?));
        let explained: BTreeSet<u8> = rows.collect();
        for code in declared.symmetric_difference(&explained) {
            let (has, lacks) = if declared.contains(code) { (EXIT, *page) } else { (*page, EXIT) };
            let what = format!("exit code {code} stands in {has} and not in {lacks}");
            findings.push(Finding::new(
                *page,
                1,
                what,
                "scripts rely on the exit codes",
                "make them the same",
            ));
        }
    }
    findings
}

/// The number a text begins with, after blanks.
fn number(text: &str) -> Option<u8> {
    let text = text.trim_start();
    text[..text.find(|c: char| !c.is_ascii_digit())?].parse().ok()
}

/// The variants of an enum, with their lines.
fn variants(file: &RustFile, declaration: &str) -> Vec<(String, usize)> {
    let Some(at) = file.find(declaration).next() else { return Vec::new() };
    let Some(open) = file.code[at..].find('{').map(|n| at + n) else { return Vec::new() };
    let Some(close) = rust::closing(&file.code, open) else { return Vec::new() };
    let (mut depth, mut fresh, mut found) = (0usize, true, Vec::new());
    for (n, c) in file.code[open + 1..close].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => fresh = true,
            c if depth == 0 && fresh && c.is_alphabetic() => {
                let offset = open + 1 + n;
                found.push((file.name_after(offset, "").to_owned(), file.line(offset)));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

/// `DeadLetters` → `dead-letters`, as the command line spells it.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(c.to_lowercase());
    }
    word
}
