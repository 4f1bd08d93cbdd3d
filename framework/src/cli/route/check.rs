//! `route check`: every mistake of a rules file, what is probably not meant, and its own tests.

use std::path::Path;

use dyeline_router::{
    health::Endpoints,
    rules::{Rules, TestRule, check as lint},
    table::Table,
    toml::{Mistake, Mistakes, Severity},
};
use serde_json::{Value, json};

use crate::cli::{Exit, Failure, Session};

/// A rules file that reads, and what is to be said of it.
pub(super) struct Checked {
    pub(super) rules: Rules,
    pub(super) table: Table,
    pub(super) mistakes: Mistakes,
}

impl Checked {
    /// Reads a rules file and checks it. What is found does not keep it from being looked at.
    ///
    /// # Errors
    /// Every mistake of a file whose names do not all lead somewhere.
    pub(super) fn load(file: &Path) -> Result<Self, Mistakes> {
        let rules = Rules::load(file)?;
        let table = Table::new(&rules, &Endpoints::default());
        let mistakes = lint(&rules, &table);
        Ok(Self { rules, table, mistakes })
    }

    /// What a test does not find as it wants it.
    fn failure(&self, test: &TestRule) -> Option<&Mistake> {
        let steps = || test.path.iter().map(|step| step.place.span());
        self.mistakes.iter().find(|mistake| {
            mistake.severity() == Severity::Error
                && mistake.place().is_some_and(|place| steps().any(|span| span == place.span()))
        })
    }
}

/// Checks a rules file.
pub(super) fn check(session: &Session, file: &Path) -> Result<Exit, Failure> {
    let checked = Checked::load(file);
    if session.console.is_json() {
        return Ok(print_json(session, file, &checked));
    }
    let checked = checked?;
    let tests: String = checked.rules.tests.iter().map(|test| test_line(&checked, test)).collect();
    if !session.console.quiet {
        session.console.print(&tests);
    }
    if checked.mistakes.errors() > 0 {
        return Err(checked.mistakes.into());
    }
    if !checked.mistakes.is_empty() {
        session.console.tell(&checked.mistakes.render(session.console.err.look()));
    }
    session.console.print(&format!("{}\n", summary(&checked)));
    Ok(Exit::Done)
}

fn summary(checked: &Checked) -> String {
    let (rules, size) = (&checked.rules, checked.table.size());
    let topics = rules.services.iter().filter(|service| service.is_topic).count();
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let tests = match rules.tests.len() {
        0 => "it has no tests".to_owned(),
        1 => "its test passes".to_owned(),
        n => format!("its {n} tests pass"),
    };
    format!(
        "{}: {} and {} in {}, {} with {}; {tests}",
        rules.source.name(),
        count(size.services - topics, "service"),
        count(topics, "topic"),
        count(size.clusters, "group"),
        count(size.chains, "chain"),
        count(size.rules, "hop"),
    )
}

fn test_line(checked: &Checked, test: &TestRule) -> String {
    let word = if checked.failure(test).is_none() { "passes" } else { "FAILS " };
    let job = test.job.as_ref().map(|job| format!(" of job {job}")).unwrap_or_default();
    format!("{word}  {}{job}: {}\n", test.iteration.value, path(test).join(", "))
}

fn path(test: &TestRule) -> Vec<String> {
    test.path.iter().map(|step| format!("{}:{}", step.value.to, step.value.group)).collect()
}

fn print_json(session: &Session, file: &Path, checked: &Result<Checked, Mistakes>) -> Exit {
    let document = match checked {
        Ok(checked) => {
            let size = checked.table.size();
            json!({
                "file": file.display().to_string(),
                "ok": checked.mistakes.errors() == 0,
                "services": size.services,
                "groups": size.clusters,
                "chains": size.chains,
                "hops": size.rules,
                "tests": checked.rules.tests.iter().map(|test| test_json(checked, test)).collect::<Vec<_>>(),
                "mistakes": mistakes_json(&checked.mistakes),
            })
        }
        Err(mistakes) => json!({
            "file": file.display().to_string(),
            "ok": false,
            "mistakes": mistakes_json(mistakes),
        }),
    };
    session.console.print_json(&document);
    let is_ok = checked.as_ref().is_ok_and(|checked| checked.mistakes.errors() == 0);
    if is_ok { Exit::Done } else { Exit::Usage }
}

fn test_json(checked: &Checked, test: &TestRule) -> Value {
    let failure = checked.failure(test);
    json!({
        "line": test.place.line(),
        "chain": test.iteration.value,
        "job": test.job,
        "path": path(test),
        "passed": failure.is_none(),
        "error": failure.map(Mistake::message),
    })
}

/// Mistakes for programs.
pub(super) fn mistakes_json(mistakes: &Mistakes) -> Vec<Value> {
    let one = |mistake: &Mistake| {
        json!({
            "severity": if mistake.severity() == Severity::Error { "error" } else { "warning" },
            "code": mistake.code(),
            "message": mistake.message(),
            "help": mistake.help_text(),
            "file": mistake.place().map(|place| place.file()),
            "line": mistake.place().map(|place| place.line()),
            "column": mistake.place().map(|place| place.column()),
        })
    };
    mistakes.iter().map(one).collect()
}
