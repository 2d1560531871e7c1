//! The program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// One web service behind a load balancer.
pub(crate) const DEFAULT_STACK: &str = include_str!("../wire/web_stack.yaml");
/// What the environment of a test must not decide.
const FOREIGN: [&str; 11] = [
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "NO_COLOR",
    "QPIAC_PACE_MS",
    "QPIAC_PROGRESS",
    "QPIAC_READ_LAG_MS",
    "QPIAC_SANDBOX",
    "QPIAC_SANDBOX_BREAKS",
];

/// A folder with a stack file, in which the program runs.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a command came to.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The same, when it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        let Self { out, err, .. } = &self;
        assert_eq!(self.code, Some(code), "stdout:\n{out}\nstderr:\n{err}");
        self
    }

    /// The document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}:\n{}", self.out))
    }
}

impl Place {
    /// A folder with this stack file.
    pub(crate) fn with(stack: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        place.write(stack);
        place
    }

    /// A folder with the stack file that comes with the program.
    pub(crate) fn new() -> Self {
        Self::with(DEFAULT_STACK)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, stack: &str) {
        std::fs::write(self.path("stack.yaml"), stack).expect("a stack file");
    }

    /// Replaces a text of the default stack file.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        assert!(DEFAULT_STACK.contains(from), "{from}");
        self.write(&DEFAULT_STACK.replacen(from, to, 1));
    }

    /// The program with these arguments, without terminal, colours, credentials and input.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qpiac"));
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", Path::new("/nonexistent"))
            .env("AWS_SHARED_CREDENTIALS_FILE", Path::new("/nonexistent"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        done(&self.command(arguments).output().expect("the program runs"))
    }
}

/// What a command came to, as text.
pub(crate) fn done(output: &Output) -> Done {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    Done {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

/// Compares with a golden file of these tests; `UPDATE_GOLDEN=1` writes it.
#[track_caller]
pub(crate) fn golden(name: &str, actual: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/cli");
    testbed::golden(std::path::Path::new(folder).join(name), actual);
}
