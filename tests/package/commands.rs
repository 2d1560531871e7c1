//! Build commands of the user's.
#![cfg(unix)]

use std::sync::Mutex;

use qpiac::package::run_command;

use crate::folder::Folder;

async fn run(folder: &Folder, words: &[&str]) -> (Result<(), String>, Vec<String>) {
    let said = Mutex::new(Vec::new());
    let tell = |line: &str| said.lock().expect("no panic").push(line.to_owned());
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let result = run_command(&words, folder.path(), &tell).await;
    let result = result.map_err(|error| error.to_string());
    (result, said.into_inner().expect("no panic"))
}

#[tokio::test]
async fn a_command_runs_in_its_directory_without_a_shell() {
    let folder = Folder::with(&[]);
    let (result, said) = run(&folder, &["touch", "a b;c", "$HOME"]).await;
    result.expect("it works");
    assert!(said.is_empty());
    assert_eq!(folder.read("a b;c"), "");
    assert_eq!(folder.read("$HOME"), "");
}

#[tokio::test]
async fn a_program_of_the_directory_can_be_run() {
    let folder = Folder::with(&[("tools/make.sh", "#!/bin/sh\necho one; pwd > here\n")]);
    folder.set_mode("tools/make.sh", 0o755);
    let (result, said) = run(&folder, &["./tools/make.sh"]).await;
    result.expect("it works");
    assert_eq!(said, ["one"]);
    let here = folder.path().canonicalize().expect("a path");
    assert_eq!(folder.read("here").trim(), here.to_str().expect("text"));
}

#[tokio::test]
async fn a_failure_is_told_with_what_was_said() {
    let folder = Folder::with(&[]);
    let (result, said) = run(&folder, &["sh", "-c", "echo out; echo err >&2; exit 3"]).await;
    let error = result.expect_err("a failure");
    assert!(
        error.starts_with("`sh -c echo out; echo err >&2; exit 3` failed: "),
        "{error}"
    );
    assert!(error.contains("exit status: 3"), "{error}");
    for line in ["out", "err"] {
        assert!(said.contains(&line.to_owned()), "{said:?}");
        assert!(error.contains(&format!("\n  {line}")), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_program_is_told() {
    let folder = Folder::with(&[]);
    let (result, _) = run(&folder, &["no-such-program"]).await;
    let error = result.expect_err("a failure");
    assert!(error.contains("it cannot be started"), "{error}");
    let (result, _) = run(&folder, &[]).await;
    result.expect_err("nothing to run");
}
