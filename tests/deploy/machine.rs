//! What a machine has: an interpreter, programs, and the checkout of this repository.

use std::path::{Path, PathBuf};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The interpreter of the emulators, which is new enough for the scripts too.
pub(crate) fn python() -> PathBuf {
    let requirements = include_str!("../../testbed/requirements/moto.txt");
    testbed::python_environment(requirements).expect("a Python")
}

/// A program that is this other one.
pub(crate) fn write_forward(path: &Path, program: &Path) {
    write_program(path, &format!("exec '{}' \"$@\"", program.display()));
}

pub(crate) fn write_program(path: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

/// A workflow of this repository.
pub(crate) fn workflow(name: &str) -> serde_json::Value {
    let path = root().join(".github/workflows").join(name);
    let text = std::fs::read_to_string(path).expect("a workflow");
    serde_yaml::from_str(&text).expect("a document")
}

/// Git, as somebody, in a folder.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
