//! The binary, run against a test bed, with a stack file of its own.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::Value;
use testbed::Testbed;
use tokio::process::Command;

/// The stack of the repository's root.
pub(crate) const DEFAULT_STACK: &str = include_str!("../../stack.yaml");

/// A folder with a stack file, and the emulator that it is applied to.
pub(crate) struct Program {
    pub(crate) bed: Testbed,
    folder: tempfile::TempDir,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The document that was printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }

    /// That the run ended so.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }
}

impl Program {
    /// An empty emulator, and this stack file.
    pub(crate) async fn with(stack: &str) -> Self {
        let program = Self {
            bed: Testbed::start().await.expect("a test bed"),
            folder: tempfile::tempdir().expect("a folder"),
        };
        program.write(stack);
        program
    }

    /// Another stack file in the place of the last.
    pub(crate) fn write(&self, stack: &str) {
        self.write_as("stack.yaml", stack);
    }

    /// A further file beside the stack file.
    pub(crate) fn write_as(&self, name: &str, stack: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, stack).expect("a stack file");
        path
    }

    /// A place beside the stack file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary with these arguments.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = self
            .command(arguments)
            .output()
            .await
            .expect("the program runs");
        Ran::from(output)
    }

    /// The binary with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qpiac"));
        for foreign in Testbed::FOREIGN {
            command.env_remove(foreign);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .envs(self.bed.environment())
            .env_remove("QPIAC_SANDBOX")
            .env("QPIAC_PACE_MS", "5")
            .env("QPIAC_READ_LAG_MS", "50")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Applies; everything must succeed.
    #[track_caller]
    pub(crate) fn apply(&self) -> impl Future<Output = Ran> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let ran = self.run(&["apply", "--yes"]).await;
            assert_eq!(
                ran.code, 0,
                "{caller}\nstdout:\n{}\nstderr:\n{}",
                ran.out, ran.err
            );
            ran
        }
    }

    /// Destroys; everything must succeed.
    pub(crate) async fn destroy(&self) -> Ran {
        self.run(&["destroy", "--yes"]).await.exits(0)
    }

    /// The plan as a document.
    pub(crate) async fn plan(&self) -> Value {
        self.run(&["plan", "--format", "json"])
            .await
            .exits(0)
            .json()
    }

    /// That there is nothing to do, and that finding out changed nothing.
    pub(crate) async fn assert_in_sync(&self) {
        self.bed.clear_journal();
        let ran = self
            .run(&["plan", "--format", "json", "--detailed-exitcode"])
            .await;
        assert_eq!(
            ran.code,
            0,
            "not in sync:\n{}\n{}",
            short(&ran.json()),
            ran.err
        );
        let changing: Vec<String> = self
            .bed
            .mutating()
            .iter()
            .map(testbed::Call::name)
            .collect();
        assert!(
            changing.is_empty(),
            "a plan made changing calls: {changing:?}"
        );
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A plan's document as one line per step: what a golden file holds.
pub(crate) fn short(plan: &Value) -> String {
    let mut text = String::new();
    for step in plan["steps"].as_array().into_iter().flatten() {
        let replaces = if step.get("replaces").is_some_and(|r| !r.is_null()) {
            " (replacement)"
        } else {
            ""
        };
        let attributes: Vec<&str> = step["changes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|change| change["attribute"].as_str())
            .collect();
        let attributes = if step["action"] == "update" {
            format!(": {}", attributes.join(", "))
        } else {
            String::new()
        };
        text.push_str(&format!(
            "{} {}{replaces}{attributes}\n",
            step["action"].as_str().unwrap_or("?"),
            step["address"].as_str().unwrap_or("?"),
        ));
    }
    let summary = &plan["summary"];
    let counts: Vec<String> = ["create", "update", "replace", "delete", "unchanged"]
        .iter()
        .map(|what| format!("{what} {}", summary[what]))
        .collect();
    text + &counts.join(", ") + "\n"
}

/// Compares with a golden file of these tests; `UPDATE_GOLDEN=1` writes it.
#[track_caller]
pub(crate) fn golden(name: &str, actual: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    testbed::golden(std::path::Path::new(folder).join(name), actual);
}
