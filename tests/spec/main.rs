//! The stack file, from its text to its spec or its diagnostics: every file under
//! `tests/golden/spec` is read, and what comes out is compared with the file beside it.
//!
//! `UPDATE_GOLDEN=1` writes what comes out instead.

mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use qpiac::spec;

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/spec")
        .join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned()
}

/// Compares all files before it fails, so that one run shows every difference.
fn compare(outputs: Vec<(PathBuf, String)>) {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    for (golden, output) in outputs {
        if update {
            fs::write(&golden, output).expect("the golden file can be written");
            continue;
        }
        match fs::read_to_string(&golden) {
            Ok(expected) if expected == output => {}
            Ok(expected) => differing.push(format!(
                "{}\n--- expected\n{expected}\n--- found\n{output}",
                name(&golden)
            )),
            Err(_) => differing.push(format!("{} is missing; found\n{output}", name(&golden))),
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

#[test]
fn bad_files_are_refused_with_every_problem_at_its_place() {
    let files = corpus("bad");
    assert!(files.len() >= 40, "{} bad files", files.len());
    let outputs = files.into_iter().map(|path| {
        let text = fs::read(&path).expect("a readable file");
        let Err(diagnostics) = spec::read(&name(&path), &text) else {
            panic!("{} is not refused", name(&path));
        };
        assert!(diagnostics.errors() > 0, "{}", name(&path));
        (
            path.with_extension("txt"),
            diagnostics.render(spec::Style::default()),
        )
    });
    compare(outputs.collect());
}

#[test]
fn every_problem_says_what_was_expected_and_what_to_do() {
    for path in corpus("bad") {
        let text = fs::read(&path).expect("a readable file");
        let diagnostics = spec::read(&name(&path), &text).expect_err("a bad file");
        let mut last = spec::Span::default();
        for problem in diagnostics.iter() {
            assert!(
                problem.expected.is_some(),
                "{}: {}",
                name(&path),
                problem.message
            );
            assert!(
                problem.hint.is_some(),
                "{}: {}",
                name(&path),
                problem.message
            );
            assert!(problem.span >= last, "{} is not sorted", name(&path));
            last = problem.span;
        }
    }
}

#[test]
fn good_files_are_resolved_with_their_defaults() {
    let outputs = corpus("good").into_iter().map(|path| {
        let text = fs::read(&path).expect("a readable file");
        let reading = spec::read(&name(&path), &text)
            .unwrap_or_else(|diagnostics| panic!("{}\n{diagnostics}", name(&path)));
        let mut shown = serde_json::to_string_pretty(&reading.spec).expect("a spec as JSON");
        shown.push('\n');
        if !reading.warnings.is_empty() {
            shown.push_str(&format!("\n{}\n", reading.warnings));
        }
        (path.with_extension("txt"), shown)
    });
    compare(outputs.collect());
}

/// Over plain HTTP the header crosses in clear, and without a domain there is no other way.
#[test]
fn the_default_stack_is_a_good_file_with_no_other_warning() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stack.yaml");
    let text = fs::read(path).expect("stack.yaml at the root");
    let reading = spec::read("stack.yaml", &text).unwrap_or_else(|problems| panic!("{problems}"));
    let other = |problem: &&spec::Diagnostic| !problem.message.ends_with("crosses in clear");
    let others = reading.warnings.iter().filter(other).count();
    assert_eq!(others, 0, "{}", reading.warnings);
    assert_eq!(reading.spec.stack.as_str(), "qp-iac-cdn-headers");
}

#[test]
fn sources_know_their_place() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spec/good/whole_system.yaml");
    let text = fs::read(path).expect("a readable file");
    let reading = spec::read("stack.yaml", &text).expect("a good file");
    let named: Vec<(&str, String)> = reading
        .sources
        .iter()
        .map(|source| {
            let purpose = match &source.purpose {
                spec::Purpose::Image(service) => format!("image {service}"),
                spec::Purpose::Function(function) => format!("function {function}"),
                spec::Purpose::EdgeFunction => "edge".to_owned(),
            };
            (source.path.as_str(), purpose)
        })
        .collect();
    let expected = [
        ("workload/edge/guard.js", "edge"),
        ("workload/app", "image app"),
        ("workload/functions/jwt_generator", "function jwt-generator"),
        ("workload/functions/rotation", "function rotation"),
    ];
    assert_eq!(
        named,
        expected.map(|(path, purpose)| (path, purpose.to_owned()))
    );
    let missing = reading
        .sources
        .iter()
        .map(|source| source.problem(format!("there is no {}", source.path), "create it"));
    let problems = reading.problems(missing.collect());
    assert_eq!(problems.errors(), 4);
    assert_eq!(
        problems.to_string().split("\n\n").nth(1),
        Some(
            "error: there is no workload/app
  --> stack.yaml:27:12
   |
27 |     build: workload/app
   |            ^^^^^^^^^^^^
   |
   = expected: a directory with a Dockerfile, relative to the stack file
   = hint: create it"
        )
    );
}

#[test]
fn diagnostics_are_data_too() {
    let diagnostics = spec::read("stack.yaml", "stack: shop\nregion: us-east-1\nstack: x\n")
        .expect_err("a duplicate key");
    assert_eq!(
        serde_json::to_value(&diagnostics).expect("diagnostics as JSON"),
        serde_json::json!([{
            "severity": "error",
            "message": "the key `stack` stands twice",
            "file": "stack.yaml",
            "line": 3,
            "column": 1,
            "end": { "line": 3, "column": 6 },
            "expected": "each key once",
            "hint": "remove one of them, or put both values under one key",
            "related": [{ "message": "first here", "line": 1, "column": 1 }],
        }])
    );
}

#[test]
fn colour_and_width_change_the_drawing_alone() {
    let long = format!("stack: {}\nregion: us-east-1\n", "x".repeat(300));
    let diagnostics = spec::read("stack.yaml", &long).expect_err("a long name");
    let narrow = diagnostics.render(spec::Style {
        colour: false,
        width: 60,
        wraps: false,
    });
    let source_line = narrow
        .lines()
        .find(|line| line.starts_with("1 |"))
        .expect("the line");
    assert!(source_line.len() <= 80, "{source_line}");
    let coloured = diagnostics.render(spec::Style {
        colour: true,
        width: 60,
        wraps: false,
    });
    assert!(coloured.contains("\u{1b}[") && !narrow.contains("\u{1b}["));
}

#[test]
fn every_key_stands_in_the_reference() {
    let reference = spec::reference();
    let schema = spec::schema();
    let sections = schema["$defs"].as_object().expect("sections").values();
    for section in sections.chain([&schema]) {
        for key in section["properties"].as_object().expect("keys").keys() {
            assert!(reference.contains(&format!("\n| `{key}` | ")), "{key}");
        }
    }
}
