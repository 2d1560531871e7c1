//! Runs the tests in `workload/tests`, in an environment with the packages that are locked there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file with tests: each runs by itself, so that they run side by side.
const FILES: [&str; 6] = [
    "test_app.py",
    "test_crashes.py",
    "test_functions.py",
    "test_generator.py",
    "test_keys.py",
    "test_rotation.py",
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workload/tests")
}

/// Runs the tests of one file. Neither fewer than all nor a skipped one counts as passing.
fn run(file: &str) {
    let requirements = fs::read_to_string(directory().join("requirements.txt")).unwrap();
    let python = testbed::python_environment(&requirements).unwrap();
    let mut command = Command::new(python);
    command
        .args(["-m", "pytest", "--quiet", "--tb=short", "--color=no"])
        .args(["-p", "no:cacheprovider", "--show-capture=no", file])
        .current_dir(directory())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("PYTEST_ADDOPTS")
        .env_remove("PYTHONPATH");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{file}:\n{said}\n{errors}");
    let summary = said.lines().last().unwrap_or_default();
    let words: Vec<&str> = summary.split_whitespace().collect();
    assert!(
        matches!(words.as_slice(), [count, "passed", "in", ..] if *count != "0"),
        "{file}: not every test passed: {summary}"
    );
}

#[test]
fn every_file_with_tests_is_run() {
    let mut found: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("test_"))
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}

#[test]
fn the_application() {
    run(FILES[0]);
}

#[test]
fn rotations_that_break_off() {
    run(FILES[1]);
}

#[test]
fn the_functions_as_delivered() {
    run(FILES[2]);
}

#[test]
fn the_token_generator() {
    run(FILES[3]);
}

#[test]
fn the_memory_of_keys() {
    run(FILES[4]);
}

#[test]
fn rotation_step_by_step() {
    run(FILES[5]);
}
