//! The files that inputs are made from, and how they are made anew:
//!
//! ```text
//! cargo test --test fuzz -- --ignored anew
//! ```
//!
//! Everything comes from real runs: of the sandbox, and of the whole stack against the emulators.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{IMAGE, WEB_STACK, WHOLE_STACK, copy, edited};

/// The folder of a part.
pub(crate) fn folder(part: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    all.join(part)
}

/// The files of a part, with their names, by name.
pub(crate) fn files(part: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(part)).expect("the corpus is there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path.clone())))
        .map(|(name, path)| (name, fs::read(path).expect("a readable file")))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there is no corpus of {part}");
    files
}

/// The contents alone.
pub(crate) fn contents(part: &str) -> Vec<Vec<u8>> {
    files(part)
        .into_iter()
        .map(|(_, content)| content)
        .collect()
}

/// A folder in which the program works on its sandbox.
struct Desk(TempDir);

impl Desk {
    fn with(stack: &str) -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        desk.write(stack);
        let workload = Path::new(env!("CARGO_MANIFEST_DIR")).join("workload");
        copy(&workload, &desk.0.path().join("workload"));
        desk
    }

    fn write(&self, stack: &str) {
        fs::write(self.0.path().join("stack.yaml"), stack).expect("a stack file");
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qpiac"));
        command.args(arguments).arg("--sandbox");
        command
            .env("QPIAC_IMAGE_APP", IMAGE)
            .env("QPIAC_PACE_MS", "20");
        let output = command.current_dir(self.0.path()).output();
        let output = output.expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    /// Keeps a file of the folder in the corpus, without what is there for people's eyes.
    fn keep(&self, file: &str, part: &str, name: &str) {
        let text = fs::read_to_string(self.0.path().join(file)).expect("a file");
        let text = serde_json::from_str::<serde_json::Value>(&text)
            .map_or(text, |document| format!("{document}\n"));
        fs::write(folder(part).join(name), text).expect("a file of the corpus");
    }

    /// The newest file in a folder of the sandbox.
    fn newest(&self, of: &str) -> String {
        let below = fs::read_dir(self.0.path().join(of)).expect("a folder");
        let names = below.map(|entry| entry.expect("an entry").file_name());
        let newest = names.max().expect("a file").into_string();
        format!("{of}/{}", newest.expect("a name"))
    }
}

#[test]
#[ignore = "writes the corpus"]
fn the_corpus_of_the_sandbox_is_made_anew() {
    let desk = Desk::with(WEB_STACK);
    desk.run(&["plan", "--out", "a.plan"]);
    desk.keep("a.plan", "plan", "create.json");
    desk.run(&["apply", "--yes"]);
    desk.keep(".qpiac/sandbox.json", "sandbox", "web.json");
    desk.keep(
        &desk.newest(".qpiac/sandbox.json.kept/history/qp-iac-cdn-headers"),
        "history",
        "create.jsonl",
    );
    let wider = edited(WEB_STACK, "memory: 512", "memory: 1024");
    desk.write(&edited(&wider, "10.0.", "10.1."));
    desk.run(&["plan", "--out", "b.plan"]);
    desk.keep("b.plan", "plan", "replace.json");
    desk.run(&["apply", "--yes"]);
    desk.keep(
        &desk.newest(".qpiac/sandbox.json.kept/history/qp-iac-cdn-headers"),
        "history",
        "replace.jsonl",
    );

    let whole = Desk::with(WHOLE_STACK);
    whole.run(&["apply", "--yes"]);
    whole.keep(".qpiac/sandbox.json", "sandbox", "whole.json");
    whole.write(&edited(WHOLE_STACK, "cpu_percent: 60", "cpu_percent: 70"));
    whole.run(&["plan", "--out", "c.plan"]);
    whole.keep("c.plan", "plan", "update.json");
}
