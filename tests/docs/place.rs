//! The folder in which examples are run: a home of its own, the program on the path, a sandbox.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use tempfile::TempDir;

use crate::pages::root;

/// What examples need of the machine, beside a shell. Where one is missing, they are left out; in CI
/// none is.
const TOOLS: [&str; 3] = ["jq", "less", "man"];
/// The number of a run in the documentation. In its place comes that of the last run.
const RUN: &str = "20260504T030201Z-0a1b2c3d";
/// Programs that stand for others. They are run from where they are, since a program that has just been
/// written may still be open in a process that another thread starts.
const STAND_INS: &str = "tests/docs/stand_ins";

/// A home, and in it the folder of a stack.
pub(crate) struct Place {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// What a script came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// A folder with this stack file, and with the code that it names.
    pub(crate) fn with(stack: &str) -> Self {
        let place = Self {
            home: tempfile::tempdir().expect("a folder"),
            environment: Vec::new(),
        };
        // Where a person's own programs are, `man` looks for pages beside them.
        std::fs::create_dir_all(place.home(".local/bin")).expect("a folder");
        place.write("stack.yaml", stack);
        if stack.contains("workload/") {
            for part in ["app", "edge", "functions"] {
                let part = Path::new("workload").join(part);
                copy(&root().join(&part), &place.path(&part));
            }
        }
        place
    }

    /// The same with this stack in its sandbox.
    pub(crate) fn brought_up(stack: &str) -> Self {
        let place = Self::with(stack);
        let sandbox = sandbox_with(stack);
        for (name, text) in sandbox.get().expect("it is brought up") {
            place.write(name, text);
        }
        place
    }

    /// The same with these variables.
    pub(crate) fn among(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.home.path().join("here").join(name)
    }

    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// A script, run as a person would type it.
    pub(crate) fn run(&self, script: &str) -> Ran {
        let script = if script.contains(RUN) {
            script.replace(RUN, &self.last_run())
        } else {
            script.to_owned()
        };
        let output = self.shell(&script).output().expect("bash");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn last_run(&self) -> String {
        let listed = self.run("qpiac history --format json").expect(0, "history");
        let history: serde_json::Value = serde_json::from_str(&listed.out).expect("JSON");
        history["runs"][0]["run"]
            .as_str()
            .expect("a run")
            .to_owned()
    }

    fn shell(&self, script: &str) -> Command {
        let own = [root().join(STAND_INS), self.home(".local/bin")];
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = own.into_iter().chain(std::env::split_paths(&others));
        let path = std::env::join_paths(path).expect("a path");
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-euo", "pipefail", "-c", script])
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .envs([("LANG", "C.UTF-8"), ("TERM", "dumb"), ("MANPAGER", "cat")])
            .envs([("QPIAC_SANDBOX", "1"), ("QPIAC_PACE_MS", "50")])
            .envs([
                ("AWS_EC2_METADATA_DISABLED", "true"),
                ("AWS_CONFIG_FILE", "/nonexistent"),
                ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
            ])
            .env("EXAMPLES_PROGRAM", env!("CARGO_BIN_EXE_qpiac"))
            .env("EXAMPLES_CHECKOUT", root())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }
}

impl Ran {
    /// The same, when it ended with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, what: &str) -> Self {
        let Self { out, err, .. } = &self;
        assert_eq!(
            self.code,
            Some(code),
            "{what}\nstdout:\n{out}\nstderr:\n{err}"
        );
        self
    }
}

/// Whether all is there that a script needs of the machine. What is not is said.
pub(crate) fn can_run(script: &str) -> bool {
    let words: Vec<&str> = script.split_whitespace().collect();
    let is_used = |tool: &&&str| words.contains(*tool);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |tool: &str| std::env::split_paths(&path).any(|folder| folder.join(tool).exists());
    for tool in TOOLS.iter().filter(is_used) {
        if !is_there(tool) {
            assert!(std::env::var_os("CI").is_none(), "CI has no {tool}");
            let line = format!("{tool} is not installed: not tried: {script}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            return false;
        }
    }
    true
}

/// The files of a folder, by their paths in it.
type Files = BTreeMap<PathBuf, String>;

/// The files of a sandbox with this stack, which is brought up once. Nothing drops what is static, so no
/// folder is.
fn sandbox_with(stack: &str) -> Arc<OnceLock<Files>> {
    static ALL: Mutex<BTreeMap<String, Arc<OnceLock<Files>>>> = Mutex::new(BTreeMap::new());
    let made = {
        let mut all = ALL.lock().expect("nobody panics here");
        Arc::clone(all.entry(stack.to_owned()).or_default())
    };
    made.get_or_init(|| {
        let place = Place::with(stack);
        place.run("qpiac apply").expect(0, "to bring the stack up");
        let mut files = Files::new();
        read(&place.path(""), Path::new(".qpiac"), &mut files);
        files
    });
    made
}

/// Reads what is below a part of a folder.
fn read(folder: &Path, below: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            read(folder, &path, files);
        } else {
            files.insert(path, std::fs::read_to_string(entry.path()).expect("a file"));
        }
    }
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
