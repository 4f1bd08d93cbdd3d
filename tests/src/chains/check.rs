//! Compares what the product gave with what the naive evaluator gives.

use std::fmt;

use dyeline::view::JobDocument;

use super::{
    item::Item,
    model::{Drawn, Sink},
    naive::{Counted, Counts, Expected, Letter},
    play::{Played, sink_of},
};

/// The header of every CSV file.
const HEADER: [&str; 4] = ["key", "value", "weight", "note"];

/// A difference, with the command that shows it again.
#[derive(Clone, Debug)]
pub struct Found {
    seed: u64,
    what: String,
}

impl Found {
    /// A difference.
    #[must_use]
    pub fn new(seed: u64, what: impl Into<String>) -> Self {
        Self { seed, what: what.into() }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, what } = self;
        write!(f, "seed {seed}: {what}\n  cargo run --release -p dyeline-tests --bin chains -- --seed {seed}")
    }
}

/// Compares; the first difference, if there is any.
///
/// # Errors
/// The difference.
pub fn check(drawn: &Drawn, expected: &Expected, played: &Played) -> Result<(), Found> {
    let found = |what: String| Found::new(drawn.seed, what);
    if let Some(why) = &expected.fails {
        if played.succeeded {
            return Err(found(format!("the job succeeded, but {why}")));
        }
        if let Some(node) = played.files.iter().find(|(_, files)| files.is_some()).map(|(node, _)| node) {
            return Err(found(format!("the job failed, and yet the output of {node} appeared")));
        }
        return Ok(());
    }
    if !played.succeeded {
        let why = played.document.as_ref().and_then(|d| d.error.clone());
        return Err(found(format!("the job failed: {}", why.as_deref().unwrap_or("and could not go on"))));
    }
    let Some(document) = &played.document else { return Err(found("nothing was shown of the job".into())) };
    for (node, files) in &played.files {
        let Some(files) = files else { return Err(found(format!("{node} has no manifest"))) };
        check_output(drawn, expected, played, node, files).map_err(found)?;
    }
    for (node, counted) in &expected.counts {
        check_counts(document, node, *counted).map_err(found)?;
    }
    check_failures(expected, played, document).map_err(found)?;
    match played.left_over.first() {
        Some(path) => {
            Err(found(format!("{} files are left over, such as {}", played.left_over.len(), path.display())))
        }
        None => Ok(()),
    }
}

fn check_output(
    drawn: &Drawn,
    expected: &Expected,
    played: &Played,
    node: &str,
    files: &[Vec<u8>],
) -> Result<(), String> {
    match sink_of(drawn, node) {
        Some(Sink::DeadLetters) => check_letters(expected, played, node, files),
        Some(Sink::JsonLines) => {
            let lines = json_lines(files)?;
            let items = lines.iter().map(item_of_json).collect::<Option<Vec<_>>>();
            compare(node, &items.ok_or("an item is not whole")?, &expected.written[node])
        }
        _ => {
            let mut items = Vec::new();
            for file in files {
                items.extend(read_csv(file)?);
            }
            compare(node, &items, &expected.written[node])
        }
    }
}

fn compare<T: PartialEq + fmt::Debug>(node: &str, got: &[T], wanted: &[T]) -> Result<(), String> {
    let differs = got.iter().zip(wanted).position(|(a, b)| a != b);
    match differs {
        Some(at) => Err(format!("item {at} of {node} is {:?} instead of {:?}", got[at], wanted[at])),
        None if got.len() != wanted.len() => {
            Err(format!("{node} has {} items instead of {}", got.len(), wanted.len()))
        }
        None => Ok(()),
    }
}

fn json_lines(files: &[Vec<u8>]) -> Result<Vec<serde_json::Value>, String> {
    let lines = files.iter().flat_map(|file| file.split(|b| *b == b'\n')).filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|e| e.to_string())).collect()
}

fn item_of_json(line: &serde_json::Value) -> Option<Item> {
    Some(Item {
        key: line["key"].as_u64()?,
        value: line["value"].as_i64()?,
        weight: line["weight"].as_u64()?,
        note: line["note"].as_str()?.to_owned(),
    })
}

fn check_letters(expected: &Expected, played: &Played, node: &str, files: &[Vec<u8>]) -> Result<(), String> {
    let wanted = &expected.letters[node];
    let mut got = Vec::new();
    for (at, line) in json_lines(files)?.iter().enumerate() {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        if text("job") != played.job {
            return Err(format!("dead letter {at} of {node} is of job {}", text("job")));
        }
        let placed = wanted.get(at).is_some_and(|letter| letter.row.is_some());
        let rows = read_rows(text("item").as_bytes())?;
        let item = rows.first().and_then(|row| item_of_row(row)).ok_or("a dead letter without its item")?;
        got.push(Letter {
            node: text("node"),
            shard: line["shard"].as_u64().unwrap_or(u64::MAX) as u32,
            row: line["row"].as_u64().filter(|_| placed),
            index: line["index"].as_u64().filter(|_| placed).map(|i| i as u32),
            class: text("class"),
            error: text("error"),
            item,
        });
    }
    compare(node, &got, wanted)
}

/// Rows of RFC 4180.
fn read_rows(text: &[u8]) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), Vec::new());
    let mut quoted = false;
    let mut bytes = text.iter().copied().peekable();
    let end_field = |field: &mut Vec<u8>| String::from_utf8(std::mem::take(field)).map_err(|e| e.to_string());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
                field.push(b'"');
            }
            b'"' => quoted = !quoted,
            b',' if !quoted => row.push(end_field(&mut field)?),
            b'\n' if !quoted => {
                row.push(end_field(&mut field)?);
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(end_field(&mut field)?);
        rows.push(row);
    }
    if quoted { Err("a quote is not closed".into()) } else { Ok(rows) }
}

fn item_of_row(row: &[String]) -> Option<Item> {
    let [key, value, weight, note] = row else { return None };
    Some(Item {
        key: key.parse().ok()?,
        value: value.parse().ok()?,
        weight: weight.parse().ok()?,
        note: note.clone(),
    })
}

fn read_csv(file: &[u8]) -> Result<Vec<Item>, String> {
    let rows = read_rows(file)?;
    let Some((header, rows)) = rows.split_first() else { return Err("a file without a header".into()) };
    if header.as_slice() != HEADER {
        return Err(format!("the header is {header:?}"));
    }
    rows.iter().map(|row| item_of_row(row).ok_or_else(|| format!("{row:?} is no item"))).collect()
}

fn check_counts(document: &JobDocument, node: &str, counted: Counted) -> Result<(), String> {
    let shown = document.nodes.get(node).ok_or_else(|| format!("{node} is not shown"))?;
    let got = Counts {
        read: shown.read,
        passed: shown.passed,
        filtered: shown.filtered,
        skipped: shown.skipped,
        dead_lettered: shown.dead_lettered,
        emitted: shown.emitted,
    };
    if got.read != got.passed + got.filtered + got.skipped + got.dead_lettered {
        return Err(format!("the counts of {node} do not add up: {got:?}"));
    }
    match counted {
        Counted::Exactly(wanted) if got == wanted => Ok(()),
        Counted::Exactly(wanted) => Err(format!("{node} counts {got:?} instead of {wanted:?}")),
        Counted::Somehow => Ok(()),
    }
}

/// Attempts that failed by what the items are: as many as there have to be, when nothing else came in between.
fn check_failures(expected: &Expected, played: &Played, document: &JobDocument) -> Result<(), String> {
    let Some((least, most)) = expected.failures.filter(|_| played.ended_early == 0) else { return Ok(()) };
    let failed: u64 = document.nodes.iter().map(|(_, n)| n.failed.total()).sum();
    if (least..=most).contains(&failed) {
        return Ok(());
    }
    Err(format!("{failed} attempts failed instead of {least} to {most}"))
}
