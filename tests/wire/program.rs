//! The binary, run against a test bed, with a stack file of its own.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use testbed::Testbed;
use tokio::process::Command;

/// The stack of the repository's root, with everything that the reference system has.
pub(crate) const WHOLE_STACK: &str = include_str!("../../stack.yaml");

/// One web service behind a load balancer: what most scenarios need, and no more.
pub(crate) const WEB_STACK: &str = include_str!("web_stack.yaml");

/// What stands for the image of the whole stack's service: nothing is built in these tests.
pub(crate) const IMAGE: &str = "ghcr.io/example/app:1.0";

/// A stack with one text in the place of another, which must be there.
#[track_caller]
pub(crate) fn edited(stack: &str, from: &str, to: &str) -> String {
    assert!(stack.contains(from), "nothing to edit: {from}");
    stack.replace(from, to)
}

/// A folder with a stack file, and the emulators that it is applied to.
pub(crate) struct Program {
    pub(crate) bed: Testbed,
    folder: tempfile::TempDir,
    pub(crate) image: Option<&'static str>,
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
    /// Empty emulators, and this stack file.
    pub(crate) async fn with(stack: &str) -> Self {
        Self::on(Testbed::start().await.expect("a test bed"), stack)
    }

    /// These emulators, and this stack file.
    fn on(bed: Testbed, stack: &str) -> Self {
        let program = Self {
            bed,
            folder: tempfile::tempdir().expect("a folder"),
            image: None,
        };
        program.write(stack);
        program
    }

    /// Empty emulators, and the whole stack, with a copy of the code that it names beside it.
    pub(crate) async fn whole() -> Self {
        Self::with(WHOLE_STACK).await.with_workload()
    }

    /// The same where requests are carried. Nothing scales there: the emulator that does it knows
    /// nothing of the services.
    pub(crate) async fn whole_with_data_plane() -> Self {
        let bed = Testbed::start_data_plane().await.expect("a test bed");
        let scaling = "scaling: { min: 2, max: 6, cpu_percent: 60 }";
        Self::on(bed, &edited(WHOLE_STACK, scaling, "count: 2")).with_workload()
    }

    fn with_workload(self) -> Self {
        let mut program = self;
        program.image = Some(IMAGE);
        let workload = Path::new(env!("CARGO_MANIFEST_DIR")).join("workload");
        for part in ["app", "edge", "functions"] {
            let path = Path::new("workload").join(part);
            copy(&workload.join(part), &program.folder.path().join(path));
        }
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
            .envs(self.image.map(|image| ("QPIAC_IMAGE_APP", image)))
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

/// Copies a folder with what is in it, but for what Python leaves there.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_name() == "__pycache__" {
            continue;
        } else if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
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
