//! The conventions of the project hold for the files of this repository.

use std::{
    io,
    path::{Path, PathBuf},
};

use dyeline_tests::tidy::{Finding, Ratchet, Tree, check, report};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn tree() -> io::Result<Tree> {
    Tree::read(&root())
}

fn ratchet() -> Ratchet {
    Ratchet::parse(include_str!("../src/tidy/ratchet.txt"))
}

#[track_caller]
fn holds(findings: Vec<Finding>) {
    let text = report(findings);
    assert!(text.is_empty(), "\n{text}");
}

#[test]
fn the_tree_is_the_whole_repository() {
    let tree = tree().unwrap();
    for file in ["framework/src/lib.rs", "router/src/lib.rs", "processors/src/lib.rs", "tests/tests/tidy.rs"]
    {
        assert!(tree.rust().any(|f| f.path == file), "{file} was not read");
    }
    assert!(tree.rust().all(|f| !f.path.starts_with("target")));
    assert!(tree.product().count() > 50);
}

#[test]
fn crates_depend_as_the_design_says() {
    let packages = check::packages(&root()).unwrap();
    holds(check::edges(&packages));
    holds(check::outside(&packages, &tree().unwrap()));
}

#[test]
fn files_are_small() {
    holds(check::file_sizes(&tree().unwrap(), &ratchet()));
}

#[test]
fn functions_are_small() {
    holds(check::function_sizes(&tree().unwrap(), &ratchet()));
}

#[test]
fn modules_say_what_they_are_for() {
    holds(check::module_docs(&tree().unwrap()));
}

#[test]
fn roots_are_tables_of_contents() {
    holds(check::tables_of_contents(&tree().unwrap(), &ratchet()));
}

#[test]
fn every_error_code_has_its_page_and_back() {
    let tree = tree().unwrap();
    assert!(!check::error_codes(&tree).is_empty());
    holds(check::codes(&tree));
}

#[test]
fn every_sync_has_its_id_and_its_test() {
    holds(check::sync_points(&tree().unwrap(), &ratchet()));
    holds(check::syncs_elsewhere(&tree().unwrap()));
}

#[test]
fn every_write_goes_through_the_file_layer() {
    holds(check::disk_layer(&tree().unwrap()));
}

#[test]
fn the_engine_is_pure() {
    holds(check::purity(&tree().unwrap()));
}

#[test]
fn names_say_something() {
    holds(check::names(&tree().unwrap()));
}

#[test]
fn lints_are_expected_and_not_allowed() {
    holds(check::attributes(&tree().unwrap()));
}

#[test]
fn nothing_is_left_unfinished() {
    holds(check::unfinished(&tree().unwrap()));
}

#[test]
fn tests_wait_and_do_not_sleep() {
    holds(check::sleeps(&tree().unwrap()));
}

#[test]
fn invariants_are_explained_by_their_ids() {
    holds(check::invariants(&tree().unwrap()));
}

#[test]
fn the_pages_name_every_command_and_exit_code() {
    holds(check::commands(&tree().unwrap()));
    holds(check::exit_codes(&tree().unwrap()));
}

#[test]
fn the_top_is_what_the_design_says() {
    holds(check::layout(&tree().unwrap()));
}

#[test]
fn reserved_keys_are_the_same_where_they_are_read_and_refused() {
    holds(check::reserved_keys(&tree().unwrap()));
}

#[test]
fn links_lead_somewhere() {
    holds(check::links(&tree().unwrap()));
}
