//! The nearest known word to one that is not known.

/// The fewest letters that count as a word cut short.
const LEAST_BEGINNING: usize = 3;

/// The candidate that `word` was most likely meant to be, when one is near: at most a third of its letters differ.
/// Of equally near ones the first. When none is near, the only one that begins with `word`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace('_', "-");
    let limit = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let mut begins = Vec::new();
    for candidate in candidates {
        let known = candidate.to_lowercase().replace('_', "-");
        if folded.len() >= LEAST_BEGINNING && known.starts_with(&folded) && !begins.contains(&candidate) {
            begins.push(candidate);
        }
        let distance = strsim::osa_distance(&folded, &known);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    let only = if let [only] = begins.as_slice() { Some(*only) } else { None };
    best.map(|(_, candidate)| candidate).or(only)
}

/// What to say when `word` is not among the candidates: the nearest of them, else all of them when they are few.
/// Empty when there is nothing helpful to say.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => String::new(),
        None => {
            const MOST: usize = 16;
            let mut sorted = candidates;
            sorted.sort_unstable();
            sorted.dedup();
            let more = if sorted.len() > MOST {
                format!(" and {} more", sorted.len() - MOST)
            } else {
                String::new()
            };
            let shown: Vec<String> = sorted.iter().take(MOST).map(|c| format!("`{c}`")).collect();
            format!("there is {}{more}", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = ["csv-split", "csv-load", "csv-write", "list-split"];
        for (word, near) in [
            ("csv-splt", Some("csv-split")),
            ("csv_split", Some("csv-split")),
            ("CSV-Load", Some("csv-load")),
            ("csv-wirte", Some("csv-write")),
            ("list", Some("list-split")),
            ("csv", None),
            ("parquet-write", None),
        ] {
            assert_eq!(nearest(word, known), near, "{word}");
        }
        assert_eq!(suggestion("xyz", ["b", "a"]), "there is `a`, `b`");
    }
}
