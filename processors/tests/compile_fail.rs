//! Mistakes in what the derives are given: each file of `tests/compile-fail` must not compile, and what we say about it
//! must be what stands beside it.
//!
//! Compared are the messages, their places, and those notes that are ours; what the compiler adds of its own changes
//! from one version to the next. `BLESS=1` writes the files anew.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may unwrap what it has just built"
)]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use serde_json::Value;

/// The fewest mistakes that are tested.
const LEAST: usize = 25;

/// How our notes begin: they say what to write.
const OURS: &[&str] = &["add ", "write ", "fields are ", "parameters are "];

#[test]
fn mistakes_are_explained() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/compile-fail");
    let mut files: Vec<PathBuf> = fs::read_dir(&cases).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "rs"));
    files.sort();
    assert!(files.len() >= LEAST, "{} mistakes in {}", files.len(), cases.display());
    let crate_ = Library::built();
    let out = tempfile::tempdir().unwrap();
    let mut wrong = String::new();
    for file in &files {
        let said = crate_.mistakes(file, out.path());
        let beside = file.with_extension("stderr");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&beside, &said).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        let name = file.file_name().unwrap().to_string_lossy();
        if said.is_empty() {
            let _ = writeln!(wrong, "{name} compiles");
        } else if said != expected {
            let _ = writeln!(wrong, "{name} says\n{said}\nexpected\n{expected}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The crate as it was built for this test.
struct Library {
    dependencies: PathBuf,
    rlib: PathBuf,
}

impl Library {
    fn built() -> Self {
        let test = std::env::current_exe().unwrap();
        let dependencies = test.parent().unwrap().to_owned();
        let is_ours = |name: &str| name.starts_with("libdyeline_processors-") && name.ends_with(".rlib");
        let modified =
            |path: &PathBuf| fs::metadata(path).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let entries = fs::read_dir(&dependencies).unwrap().map(|e| e.unwrap().path());
        let ours = entries.filter(|p| p.file_name().is_some_and(|n| is_ours(&n.to_string_lossy())));
        // Older ones are left from former builds.
        let rlib = ours.max_by_key(modified).expect("cargo builds the library before its tests");
        Self { dependencies, rlib }
    }

    /// What is said about a file, in our words.
    fn mistakes(&self, file: &Path, out: &Path) -> String {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args([
            "--edition=2024",
            "--crate-type=bin",
            "--emit=link",
            "--error-format=json",
            "--cap-lints=allow",
        ]);
        command.args(["-Ccodegen-units=1", "-Cdebuginfo=0", "-Clink-dead-code=no"]);
        command
            .arg("--out-dir")
            .arg(out)
            .arg("-L")
            .arg(format!("dependency={}", self.dependencies.display()));
        command.arg("--extern").arg(format!("dyeline={}", self.rlib.display())).arg(file);
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() || errors.is_empty(), "{errors}");
        let parsed = errors
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{errors}")));
        let mut said: Vec<String> = Vec::new();
        for message in parsed.filter(|m| m["level"] == "error" && !m["spans"].as_array().unwrap().is_empty())
        {
            let text = render(&message);
            if !said.contains(&text) {
                said.push(text);
            }
        }
        said.concat()
    }
}

fn render(message: &Value) -> String {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let spans = list(&message["spans"]);
    let primary = spans.iter().find(|s| s["is_primary"] == true).unwrap();
    let text = message["message"].as_str().unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    // What is evaluated at compile time fails in our code, whose lines are not the user's.
    let place = if primary["file_name"].as_str().unwrap().contains("compile-fail") {
        format!("{}:{}", primary["line_start"], primary["column_start"])
    } else {
        "elsewhere".to_owned()
    };
    let mut said = format!("{place}: {}\n", lines.join("\n    "));
    for child in list(&message["children"]) {
        let note = child["message"].as_str().unwrap();
        if OURS.iter().any(|start| note.starts_with(start)) {
            let _ = writeln!(said, "    = note: {note}");
        }
    }
    said
}
