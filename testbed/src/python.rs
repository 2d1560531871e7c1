//! The virtual environments that emulators run in: found, or made once under `target/testbed/`.
//!
//! Depends on nothing else of this crate. Invariant: an environment is used only when its
//! `complete` marker was written, and one process at a time makes it (a lock file).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The oldest Python that the pinned packages run on.
const OLDEST: (u32, u32) = (3, 10);

/// What is asked of an interpreter: its version, and whether it can make environments.
const QUESTION: &str = "import sys, importlib.util as u; print(*sys.version_info[:3], \
     *[m for m in ('venv', 'ensurepip') if u.find_spec(m) is None])";

/// Where the test bed keeps what it installs and writes.
pub(crate) fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(
            || PathBuf::from("target"),
            |workspace| workspace.join("target"),
        )
        .join("testbed")
}

/// The interpreter of an environment that has these packages, made now when it is not there yet.
///
/// # Errors
///
/// When no usable Python is found, or a package cannot be installed; the message says what to do.
pub fn environment(requirements: &str) -> Result<PathBuf> {
    let base = interpreter()?;
    let room = room();
    fs::create_dir_all(&room).with_context(|| format!("cannot create {}", room.display()))?;
    let name = format!("python-{}", digest(&[&base.version, requirements]));
    let directory = room.join(&name);
    let python = directory.join("bin").join("python");
    let marker = directory.join("complete");
    if marker.exists() {
        return Ok(python);
    }
    let lock =
        File::create(room.join(format!("{name}.lock"))).context("cannot create the lock file")?;
    lock.lock()
        .context("cannot lock the test bed's directory")?;
    if !marker.exists() {
        install(&base, requirements, &directory, &python)?;
        fs::write(&marker, "").context("cannot mark the environment complete")?;
    }
    Ok(python)
}

/// An interpreter that can make environments.
struct Interpreter {
    program: String,
    version: String,
}

/// `$PYTHON` where it is set, else the first usable of `python3` and `python`.
fn interpreter() -> Result<Interpreter> {
    let usual = || vec!["python3".to_owned(), "python".to_owned()];
    let candidates = std::env::var("PYTHON").map_or_else(|_| usual(), |chosen| vec![chosen]);
    let mut refused = Vec::new();
    for program in candidates {
        match examine(&program) {
            Ok(version) => return Ok(Interpreter { program, version }),
            Err(reason) => refused.push(format!("{program}: {reason}")),
        }
    }
    bail!(
        "the emulators need Python {}.{} or newer with venv and pip ({}); install it, for example \
         `apt install python3 python3-venv` or `brew install python`, or set PYTHON to its path",
        OLDEST.0,
        OLDEST.1,
        refused.join("; ")
    )
}

/// The version of `program`, or why it cannot be used.
fn examine(program: &str) -> std::result::Result<String, String> {
    let output = Command::new(program)
        .args(["-c", QUESTION])
        .output()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "not found".to_owned(),
            _ => error.to_string(),
        })?;
    if !output.status.success() {
        return Err("does not run".to_owned());
    }
    judge(&String::from_utf8_lossy(&output.stdout))
}

/// Reads the answer to [`QUESTION`].
fn judge(answer: &str) -> std::result::Result<String, String> {
    let words: Vec<&str> = answer.split_whitespace().collect();
    let [major, minor, micro, missing @ ..] = words.as_slice() else {
        return Err("gave no version".to_owned());
    };
    let version = format!("{major}.{minor}.{micro}");
    let (Ok(major), Ok(minor)) = (major.parse::<u32>(), minor.parse::<u32>()) else {
        return Err("gave no version".to_owned());
    };
    if (major, minor) < OLDEST {
        return Err(format!("is {version}"));
    }
    if !missing.is_empty() {
        return Err(format!(
            "{version} lacks the module {}",
            missing.join(" and ")
        ));
    }
    Ok(version)
}

fn install(base: &Interpreter, requirements: &str, directory: &Path, python: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).context("cannot remove an unfinished environment")?;
    }
    let list = directory.with_extension("requirements");
    fs::write(&list, requirements).context("cannot write the list of requirements")?;
    run(Command::new(&base.program)
        .args(["-m", "venv"])
        .arg(directory))?;
    run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"])
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(&list))
}

fn run(command: &mut Command) -> Result<()> {
    let output: Output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    bail!(
        "cannot make the emulators' Python environment: {command:?} failed: {}",
        last.join(" | ")
    )
}

/// FNV-1a: the same text has the same digest with every compiler.
fn digest(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_interpreter_is_judged_by_version_and_modules() {
        assert_eq!(judge("3 11 7\n"), Ok("3.11.7".to_owned()));
        assert_eq!(judge("3 10 0"), Ok("3.10.0".to_owned()));
        assert_eq!(judge("3 9 18"), Err("is 3.9.18".to_owned()));
        assert_eq!(judge("2 7 18"), Err("is 2.7.18".to_owned()));
        assert_eq!(
            judge("3 12 1 ensurepip"),
            Err("3.12.1 lacks the module ensurepip".to_owned())
        );
        assert_eq!(judge(""), Err("gave no version".to_owned()));
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing() {
        assert_eq!(examine("/nonexistent/python"), Err("not found".to_owned()));
    }

    #[test]
    fn every_requirement_is_pinned() {
        let lists = [
            include_str!("../requirements/moto.txt"),
            include_str!("../requirements/ministack.txt"),
        ];
        let loose: Vec<&str> = lists
            .iter()
            .flat_map(|list| list.lines())
            .filter(|line| !line.starts_with('#') && !line.is_empty() && !line.contains("=="))
            .collect();
        assert!(loose.is_empty(), "not pinned: {loose:?}");
    }

    #[test]
    fn the_digest_tells_versions_and_requirements_apart() {
        assert_ne!(digest(&["3.11.7", "a"]), digest(&["3.11.8", "a"]));
        assert_ne!(digest(&["3.11.7", "a"]), digest(&["3.11.7", "b"]));
        assert_ne!(digest(&["ab", ""]), digest(&["a", "b"]));
    }
}
