//! Names: their spelling, their style, and which one was probably meant.

/// The keys of a node in a chain file, which no parameter can be called.
pub(crate) const RESERVED: &[&str] = &[
    "processor",
    "after",
    "record",
    "skip",
    "retry",
    "exchange",
    "barrier",
    "checkpoint",
    "group",
    "timeout",
    "isolate",
    "concurrency",
    "rate",
    "priority",
    "cost",
    "retain",
    "labels",
    "policy",
];

/// The styles of `rename_all`.
pub(crate) const STYLES: &[&str] = &[
    "snake_case",
    "kebab-case",
    "camelCase",
    "PascalCase",
    "SCREAMING_SNAKE_CASE",
    "SCREAMING-KEBAB-CASE",
    "lowercase",
    "UPPERCASE",
];

/// A field's name in a style; `None`: no such style.
pub(crate) fn in_style(name: &str, style: &str) -> Option<String> {
    let words: Vec<&str> = name.split('_').filter(|w| !w.is_empty()).collect();
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    Some(match style {
        "snake_case" => words.join("_"),
        "kebab-case" => words.join("-"),
        "camelCase" => {
            let capitals = words.iter().enumerate();
            capitals.map(|(i, w)| if i == 0 { (*w).to_owned() } else { capital(w) }).collect()
        }
        "PascalCase" => words.iter().map(|w| capital(w)).collect(),
        "SCREAMING_SNAKE_CASE" => words.join("_").to_uppercase(),
        "SCREAMING-KEBAB-CASE" => words.join("-").to_uppercase(),
        "lowercase" => words.concat(),
        "UPPERCASE" => words.concat().to_uppercase(),
        _ => return None,
    })
}

/// Whether chain files can use it as a processor's name: `[a-z][a-z0-9-]*`.
pub(crate) fn is_kebab(name: &str) -> bool {
    let ends_well = !name.ends_with('-') && !name.contains("--");
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ends_well && plain && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Whether it is in snake case: `[a-z][a-z0-9]*(_[a-z0-9]+)*`.
pub(crate) fn is_snake(name: &str) -> bool {
    !name.contains('-') && is_kebab(&name.replace('_', "-"))
}

/// The nearest name that chain files can use.
pub(crate) fn to_kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && !kebab.is_empty() && !kebab.ends_with('-') {
                kebab.push('-');
            }
            kebab.push(c.to_ascii_lowercase());
        } else if !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
    }
    kebab.trim_matches(|c: char| c == '-' || c.is_ascii_digit()).to_owned()
}

/// The known name that is nearest, if one is near.
pub(crate) fn similar<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (distance(name, k), *k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4 || name.starts_with(k) || k.starts_with(name))
        .min()
        .map(|(_, k)| k)
}

/// How many letters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// `a`, `b` and `c`.
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "none".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_style() {
        for (style, expected) in [
            ("kebab-case", "user-id"),
            ("camelCase", "userId"),
            ("PascalCase", "UserId"),
            ("SCREAMING_SNAKE_CASE", "USER_ID"),
            ("UPPERCASE", "USERID"),
        ] {
            assert_eq!(in_style("user_id", style).as_deref(), Some(expected));
        }
        assert_eq!(in_style("user_id", "Train-Case"), None);
        for (name, kebab) in
            [("AccrueIncome", "accrue-income"), ("sum_by fund", "sum-by-fund"), ("x--y-", "x-y")]
        {
            assert_eq!(to_kebab(name), kebab);
            assert!(is_kebab(kebab) && !is_kebab(name));
        }
    }

    #[test]
    fn what_was_meant_is_guessed() {
        assert_eq!(similar("inputt", &["name", "input", "output"]), Some("input"));
        assert_eq!(similar("colour", &["name", "input", "output"]), None);
    }
}
