//! The house rules that the compiler does not know: who may use whom, and how large a room may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use beside `model`.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("spec", &[]),
    ("aws", &[]),
    ("files", &[]),
    ("plan", &[]),
    ("engine", &["plan"]),
    ("sim", &["engine", "files"]),
    ("keep", &["aws", "engine", "files"]),
    ("picture", &["resources"]),
    ("verify", &["aws", "spec", "resources"]),
    ("render", &["engine", "plan", "verify", "keep"]),
    ("resources", &["aws", "engine"]),
    ("stack", &["spec", "resources"]),
    ("package", &["aws", "spec", "stack"]),
    (
        "cli",
        &[
            "spec",
            "stack",
            "aws",
            "files",
            "package",
            "resources",
            "plan",
            "engine",
            "keep",
            "sim",
            "picture",
            "verify",
            "render",
        ],
    ),
];

/// Most lines of a file of ours.
const FILE_LIMIT_LINES: usize = 600;

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
    {
        if entry.is_dir() {
            rust_files(&entry, files);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            files.push(entry);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below `src`, each with its room and its text without comments.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files
        .into_iter()
        .map(|path| {
            let inside = path
                .strip_prefix(root().join("src"))
                .expect("below src")
                .to_owned();
            let first = inside
                .components()
                .next()
                .expect("a room")
                .as_os_str()
                .to_string_lossy();
            let room = first.trim_end_matches(".rs").to_owned();
            let code: String = fs::read_to_string(&path)
                .expect("text")
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .fold(String::new(), |text, line| text + line + "\n");
            (room, inside, code)
        })
        .collect()
}

/// The part of a file before its tests.
fn without_tests(code: &str) -> &str {
    code.split("#[cfg(test)]").next().unwrap_or(code)
}

/// Whether a file below `src` is there for tests alone.
fn is_of_tests(path: &Path) -> bool {
    path.with_extension("")
        .components()
        .any(|part| part.as_os_str().to_string_lossy().ends_with("tests"))
}

#[test]
fn rooms_use_only_what_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut offences = Vec::new();
    for (room, path, code) in rooms() {
        if room == "lib" || room == "main" || is_of_tests(&path) {
            continue;
        }
        let Some(may) = allowed.get(room.as_str()) else {
            offences.push(format!("{} is in no known room", path.display()));
            continue;
        };
        for (other, _) in MAY_USE {
            let used = [format!("crate::{other}::"), format!("qpiac::{other}::")]
                .iter()
                .any(|needle| without_tests(&code).contains(needle.as_str()));
            if used && other != room && other != "model" && !may.contains(&other) {
                offences.push(format!("{} uses {other}", path.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn only_aws_and_the_kinds_speak_with_the_sdk() {
    for (room, path, code) in rooms() {
        if room != "aws" && room != "resources" {
            assert!(
                !code.contains("aws_sdk_"),
                "{} names an SDK crate",
                path.display()
            );
        }
    }
}

#[test]
fn planner_engine_simulator_and_renderers_name_no_kind() {
    let kinds: Vec<String> = qpiac::resources::KINDS
        .iter()
        .map(|entry| format!("\"{}\"", entry.schema.kind))
        .collect();
    for (room, path, code) in rooms() {
        if ["plan", "engine", "sim", "render"].contains(&room.as_str()) {
            for kind in &kinds {
                assert!(
                    !without_tests(&code).contains(kind.as_str()),
                    "{} names the kind {kind}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_pure_rooms_have_no_clock_no_chance_and_no_waiting() {
    for (room, path, code) in rooms() {
        if ["model", "spec", "stack", "plan"].contains(&room.as_str()) {
            for word in [
                "async fn",
                ".await",
                "Instant::now",
                "SystemTime",
                "rand::",
                "tokio::",
            ] {
                assert!(
                    !without_tests(&code).contains(word),
                    "{} uses {word}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn kinds_make_calls_and_nothing_else() {
    for (room, path, code) in rooms() {
        if room == "resources" {
            for word in [
                "sleep(",
                "println!",
                "tracing::",
                "tokio::time",
                "Instant::",
            ] {
                assert!(
                    !without_tests(&code).contains(word),
                    "{} uses {word}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_emulator_is_named_in_the_program() {
    for (_, path, code) in rooms() {
        for word in ["moto", "ministack", "localstack", "emulator"] {
            assert!(
                !code
                    .to_lowercase()
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|w| w == word),
                "{} names {word}",
                path.display()
            );
        }
    }
}

#[test]
fn files_stay_small() {
    let mut files = Vec::new();
    for folder in ["src", "derive/src", "testbed/src", "tests", "examples"] {
        rust_files(&root().join(folder), &mut files);
    }
    for path in files {
        let lines = fs::read_to_string(&path).expect("text").lines().count();
        assert!(
            lines <= FILE_LIMIT_LINES,
            "{} has {lines} lines, more than {FILE_LIMIT_LINES}",
            path.display()
        );
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    for path in files {
        let text = fs::read_to_string(&path).expect("text");
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}

#[test]
fn kinds_are_named_once_and_refer_only_to_what_exists() {
    let schemas: Vec<_> = qpiac::resources::KINDS
        .iter()
        .map(|entry| entry.schema)
        .collect();
    let mut names: Vec<&str> = schemas.iter().map(|s| s.kind.as_str()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two kinds have one name");
    for schema in &schemas {
        for following in schema.after {
            for kind in [Some(following.kind), following.sharing]
                .into_iter()
                .flatten()
            {
                assert!(
                    names.contains(&kind),
                    "{} follows the unknown {kind}",
                    schema.kind
                );
            }
        }
        assert!(
            !schema.outputs.is_empty(),
            "{} has no identity",
            schema.kind
        );
        for output in schema.outputs {
            if let Some(from) = output.from {
                assert!(
                    schema.attribute(from).is_some(),
                    "{}.{}",
                    schema.kind,
                    output.name
                );
            }
        }
    }
}
