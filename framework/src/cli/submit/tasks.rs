//! The tasks that a command is given: one as `--input`, or one a line in a file.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::cli::{Failure, failure::code};

/// Tasks of one command; each is held with its input until the last has ended.
const MAX_TASKS: usize = 100_000;

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Task {
    /// Where it stands, for messages: `--input`, or `tasks.jsonl:3`.
    pub(super) place: String,
    /// The id that succeeds once.
    pub(super) id: Option<String>,
    /// Its items.
    pub(super) items: Vec<Value>,
}

/// A line of a file of tasks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Option<String>,
    input: Value,
}

/// The task of `--input`.
pub(super) fn of_input(text: &str, id: Option<String>) -> Result<Vec<Task>, Failure> {
    let place = "--input".to_owned();
    let input = serde_json::from_str(text).map_err(|error| {
        Failure::usage(code::TASK, format!("{place} is no JSON: {error}"))
            .hint("give an item as an object, such as '{\"user_id\": 7}', or several as a list of objects")
    })?;
    let items = items(input).map_err(|why| Failure::usage(code::TASK, format!("{place} {why}")))?;
    Ok(vec![Task { place, id, items }])
}

/// The tasks of `--file`, one a line; every line that is none is told.
pub(super) fn of_file(path: &Path, prefix: Option<&str>) -> Result<Vec<Task>, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(code::TASK, format!("{shown} cannot be read: {error}"))
            .hint("name a file with a task a line: {\"id\": \"a-1\", \"input\": {…}}")
    })?;
    let mut tasks = Vec::new();
    let mut mistakes = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{shown}:{}", at + 1);
        match read_line(line) {
            Ok((id, items)) => {
                let id = match (prefix, id) {
                    (Some(prefix), Some(id)) => Some(format!("{prefix}/{id}")),
                    (Some(prefix), None) => Some(format!("{prefix}/{}", at + 1)),
                    (None, id) => id,
                };
                tasks.push(Task { place, id, items });
            }
            Err(why) => mistakes.push(format!("{place} {why}")),
        }
    }
    mistakes.extend(twice(&tasks));
    match (tasks.len(), mistakes.is_empty()) {
        (_, false) => Err(together(mistakes)),
        (0, _) => Err(Failure::usage(code::TASK, format!("{shown} holds no task"))),
        (MAX_TASKS.., _) if tasks.len() > MAX_TASKS => {
            let message =
                format!("{shown} holds {} tasks, and the limit of one command is {MAX_TASKS}", tasks.len());
            Err(Failure::usage(code::TASK, message).hint("split the file"))
        }
        _ => Ok(tasks),
    }
}

/// Ids that stand twice: only one of their tasks would run.
fn twice(tasks: &[Task]) -> Vec<String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for task in tasks {
        let Some(id) = &task.id else { continue };
        match first.get(id.as_str()) {
            Some(place) => mistakes.push(format!("{} has the id `{id}`, as {place} has", task.place)),
            None => {
                first.insert(id, &task.place);
            }
        }
    }
    mistakes
}

/// Several mistakes as one error.
pub(super) fn together(mistakes: Vec<String>) -> Failure {
    match &mistakes[..] {
        [one] => Failure::usage(code::TASK, one.clone()),
        _ => {
            let message = format!("{} tasks are not right:\n  - {}", mistakes.len(), mistakes.join("\n  - "));
            Failure::usage(code::TASK, message).hint("nothing was begun")
        }
    }
}

fn read_line(line: &str) -> Result<(Option<String>, Vec<Value>), String> {
    let shape = "write {\"id\": \"a-1\", \"input\": {…}}; `id` can be left out";
    let line: Line = serde_json::from_str(line).map_err(|error| format!("is no task: {error}; {shape}"))?;
    Ok((line.id, items(line.input)?))
}

/// One item, or several.
fn items(input: Value) -> Result<Vec<Value>, String> {
    match input {
        Value::Object(_) => Ok(vec![input]),
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err("is neither an item (an object) nor a list of items".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Screen;
    use serde_json::json;

    #[test]
    fn a_file_gives_its_tasks_or_all_its_mistakes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.jsonl");
        fs::write(&path, "{\"id\":\"a\",\"input\":{\"n\":1}}\n\n{\"input\":[{\"n\":2},{\"n\":3}]}\n")
            .unwrap();
        let ids = |prefix| -> Vec<Option<String>> {
            of_file(&path, prefix).unwrap().into_iter().map(|task| task.id).collect()
        };
        assert_eq!(ids(None), [Some("a".to_owned()), None]);
        assert_eq!(ids(Some("night")), [Some("night/a".to_owned()), Some("night/3".to_owned())]);
        assert_eq!(of_file(&path, None).unwrap()[1].items, [json!({ "n": 2 }), json!({ "n": 3 })]);
        let same = "{\"id\":\"a\",\"input\":{}}\n";
        fs::write(&path, format!("{{\"input\":3}}\n{{\"imput\":{{}}}}\n{same}{same}")).unwrap();
        let failure = of_file(&path, None).unwrap_err().render(&Screen::PLAIN);
        assert!(failure.contains("tasks.jsonl:1 is neither an item"), "{failure}");
        assert!(failure.contains("tasks.jsonl:2 is no task: unknown field `imput`"), "{failure}");
        assert!(failure.contains("tasks.jsonl:4 has the id `a`, as "), "{failure}");
    }
}
