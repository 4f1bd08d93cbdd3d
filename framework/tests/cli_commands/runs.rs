//! Jobs that run, are interrupted, go on and end.

use std::{
    fs,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::program::{FOREVER, Folder, NUMBERS, stable};

/// The numbers that a manifest names, in its order.
fn written(folder: &Folder) -> Vec<u64> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path("out/manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap().iter().map(|file| {
        let path = file["path"].as_str().unwrap();
        fs::read_to_string(folder.path("out").join(path)).unwrap()
    });
    let lines: String = files.collect();
    lines
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["value"].as_u64().unwrap())
        .collect()
}

#[test]
fn a_launch_ends_with_a_summary_and_is_listed() {
    let (folder, _stable) = (Folder::new(), stable());
    let launched = folder.call(&["launch", "numbers.toml"]);
    insta::assert_snapshot!(launched.shown());
    assert_eq!(written(&folder), (0..1000).collect::<Vec<_>>());
    insta::assert_snapshot!(folder.call(&["jobs"]).shown());
    let job =
        folder.call(&["jobs", "--output", "json"]).json()["jobs"][0]["job"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(folder.call(&["status", &job[..20].to_lowercase()]).shown());
    insta::assert_snapshot!(folder.call(&["watch", &job]).shown());
    insta::assert_snapshot!(folder.call(&["status"]).shown());
    insta::assert_snapshot!(folder.call(&["jobs", "purge", "--older-than", "1d"]).shown());
    insta::assert_snapshot!(folder.call(&["jobs", "purge", &job]).shown());
    insta::assert_snapshot!(folder.call(&["jobs"]).shown());
}

#[test]
fn a_launch_prints_one_document_for_programs() {
    let (folder, _stable) = (Folder::new(), stable());
    let launched = folder.call(&["launch", "numbers.toml", "--output", "json", "--param", "to=10"]);
    insta::assert_snapshot!(launched.shown());
    let document = launched.json();
    assert_eq!(document["nodes"]["write"]["read"], 10);
    assert_eq!(document["state"], "succeeded");
}

#[test]
fn a_quiet_launch_prints_where_the_outputs_are() {
    let folder = Folder::new();
    let launched = folder.call(&["launch", "numbers.toml", "-q"]);
    assert_eq!((launched.code, launched.err.as_str()), (Some(0), ""));
    assert_eq!(launched.out, "<folder>/out/manifest.json\n");
}

#[test]
fn an_id_that_succeeded_is_not_run_again() {
    let folder = Folder::new();
    let words = ["launch", "numbers.toml", "--id", "night-1", "--output", "json"];
    let (first, second) = (folder.call(&words), folder.call(&words));
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{second:?}");
    assert_eq!(first.json()["job"], second.json()["job"]);
    let told = folder.call(&words[..4]);
    let job = first.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(told.err.trim_end(), format!("nothing runs: job {job} had this id and succeeded"));
    // Nor when nothing but its id is known any more.
    folder.call(&["jobs", "purge"]);
    let told = folder.call(&words[..4]);
    assert_eq!((told.code, told.out.as_str()), (Some(0), ""));
    assert!(told.err.contains(&job) && told.err.contains("it was purged since"), "{told:?}");
}

#[test]
fn an_id_stands_for_one_chain_and_its_parameters() {
    let (folder, _stable) = (Folder::new(), stable());
    fs::write(
        folder.path("others.toml"),
        NUMBERS.replace("\"numbers\"\n\n[params]", "\"others\"\n\n[params]"),
    )
    .unwrap();
    assert_eq!(folder.call(&["launch", "numbers.toml", "--id", "night-1"]).code, Some(0));
    for (name, words) in [
        ("another chain", ["launch", "others.toml", "--param", "out=others"]),
        ("other parameters", ["launch", "numbers.toml", "--param", "to=7"]),
        ("a preview", ["launch", "numbers.toml", "--limit", "5"]),
    ] {
        let refused = folder.call(&[&words[..], &["--id", "night-1"]].concat());
        assert_eq!(refused.code, Some(2), "{name}: {refused:?}");
        insta::assert_snapshot!(name.replace(' ', "_"), refused.shown());
    }
    assert_eq!(written(&folder).len(), 1000);
}

#[test]
fn an_interrupted_preview_is_not_the_beginning_of_a_launch() {
    let folder = Folder::new();
    let whole = ["launch", "numbers.toml", "--param", FOREVER];
    let preview = [&whole[..], &["--limit", "4000000000000"]].concat();
    let jobs = || folder.call(&["jobs", "--output", "json"]).json()["jobs"].as_array().unwrap().len();
    let any_runs = || {
        let status = folder.call(&["status", "--output", "json"]).json();
        status["jobs"].as_array().unwrap().iter().any(|job| job["live"].as_u64() > Some(0))
    };
    for (words, known) in [(&preview[..], 1), (&whole, 2), (&preview, 2), (&whole, 2)] {
        let running = folder.start(words, any_runs);
        running.signal(Signal::TERM);
        assert_eq!(running.end().code, Some(3));
        assert_eq!(jobs(), known, "{words:?}");
    }
}

#[test]
fn two_paths_to_one_folder_are_one_folder() {
    let (folder, _stable) = (Folder::new(), stable());
    let second =
        "\n[nodes.again]\nprocessor = \"jsonl-write\"\nafter = \"numbers\"\npath = \"{out}/../link\"\n";
    fs::write(folder.path("numbers.toml"), format!("{NUMBERS}{second}")).unwrap();
    fs::create_dir(folder.path("out")).unwrap();
    std::os::unix::fs::symlink("out", folder.path("link")).unwrap();
    let refused = folder.call(&["launch", "numbers.toml"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    insta::assert_snapshot!(refused.shown());
    fs::remove_file(folder.path("link")).unwrap();
    assert_eq!(folder.call(&["launch", "numbers.toml"]).code, Some(0));
}

#[test]
fn an_interrupted_launch_goes_on_by_the_same_command_or_by_resume() {
    let folder = Folder::new();
    let launch = ["launch", "numbers.toml", "--param", FOREVER];
    for (signal, code) in [(Signal::TERM, Some(3)), (Signal::KILL, None), (Signal::INT, Some(3))] {
        let running = folder.start(&launch, || folder.is_running());
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, code, "{signal:?}: {ended:?}");
        let status = folder.status().unwrap();
        assert_eq!((status["state"].as_str(), status["attended"].as_bool()), (Some("running"), Some(false)));
    }
    assert_eq!(folder.call(&["jobs", "--output", "json"]).json()["jobs"].as_array().unwrap().len(), 1);
    let job = folder.status().unwrap()["job"].as_str().unwrap().to_owned();
    let resumed = folder.start(&["resume", &job], || folder.is_running());
    let began = Instant::now();
    assert_eq!(folder.call(&["pause", &job]).out, format!("{job} numbers is paused\n"));
    assert_eq!(folder.call(&["resume", &job]).out, format!("{job} numbers is running\n"));
    assert_eq!(folder.call(&["set", &job, "--concurrency", "1", "--priority", "-2"]).code, Some(0));
    let status = folder.status().unwrap();
    assert_eq!((status["concurrency"].as_u64(), status["priority"].as_i64()), (Some(1), Some(-2)));
    assert_eq!(folder.call(&["cancel", "--chain", "numbers"]).code, Some(0));
    let ended = resumed.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("was cancelled"), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(!folder.path("out/manifest.json").exists(), "no output appears");
}

#[test]
fn what_a_chain_and_a_processor_are_is_shown() {
    let (folder, _stable) = (Folder::new(), stable());
    insta::assert_snapshot!(folder.call(&["chain", "check", "numbers.toml"]).shown());
    insta::assert_snapshot!(folder.call(&["chain", "show", "numbers.toml", "--param", "to=7"]).shown());
    insta::assert_snapshot!(folder.call(&["chain", "show", "numbers.toml", "--format", "mermaid"]).shown());
    insta::assert_snapshot!(folder.call(&["processors", "range-split"]).shown());
    let shown = folder.call(&["chain", "show", "numbers.toml", "--output", "json"]).json();
    assert_eq!(shown["plan"]["stages"].as_array().unwrap().len(), 3);
    let listed = folder.call(&["processors", "--output", "json"]).json();
    assert!(listed["processors"].as_array().unwrap().iter().any(|p| p["name"] == "csv-split"));
    let completions = folder.call(&["completions", "bash"]);
    assert!(completions.out.contains("_dyeline()") && completions.out.contains("launch"), "{completions:?}");
}

#[test]
fn settings_come_from_the_file_the_variables_and_the_flags() {
    let folder = Folder::new();
    fs::write(folder.path("dyeline.toml"), "data = 'from-file'\n[workers]\nslots = 1\n").unwrap();
    assert_eq!(folder.call(&["launch", "numbers.toml"]).code, Some(0));
    assert!(folder.path("from-file/log").exists());
    let by_variable =
        folder.command(&["launch", "numbers.toml"]).env("DYELINE__DATA", "from-variable").output().unwrap();
    assert!(by_variable.status.success() && folder.path("from-variable/log").exists());
    let mut by_flag = folder.command(&["launch", "numbers.toml", "--data", "from-flag"]);
    assert!(
        by_flag
            .env("DYELINE__DATA", "unused")
            .env("DYELINE__PARAMS__TO", "3")
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(folder.path("from-flag/log").exists() && !folder.path("unused").exists());
    assert_eq!(written(&folder), [0, 1, 2]);
}
