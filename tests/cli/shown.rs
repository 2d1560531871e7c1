//! Plans for other eyes than those at the terminal: saved ones, and pages for a pull request.

use crate::program::{DEFAULT_STACK, Place, done};

const SAVED: &str = "stack.plan";

/// A folder with a saved plan of a stack that is not there yet.
fn place() -> Place {
    let place = Place::new();
    let planned = place.run(&["plan", "--sandbox", "--out", SAVED]).expect(0);
    assert!(planned.out.contains("Plan: "), "{}", planned.out);
    place
}

#[test]
fn a_saved_plan_is_shown_as_it_was_planned() {
    let place = place();
    for format in ["human", "markdown"] {
        let planned = place
            .run(&["plan", "--sandbox", "--format", format])
            .expect(0);
        let shown = place.run(&["show", SAVED, "--format", format]).expect(0);
        assert_eq!(shown.out, planned.out, "{format}");
    }
    let shown = place.run(&["show", SAVED]).expect(0);
    for words in [
        "in account 123456789012 of a sandbox",
        "qpiac apply stack.plan --sandbox",
    ] {
        assert!(shown.err.contains(words), "{words}: {}", shown.err);
    }
    // No stack file is needed for that.
    std::fs::remove_file(place.path("stack.yaml")).expect("a stack file");
    let document = place
        .run(&["show", SAVED, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(document["saved"]["account"], "123456789012");
    assert_eq!(document["stats"], serde_json::Value::Null);
    assert!(document["forecast"]["total_s"].as_u64() > Some(60));
}

#[test]
fn what_is_no_plan_is_not_shown() {
    let place = place();
    let path = place.path(SAVED);
    let whole = std::fs::read_to_string(&path).expect("a plan");
    for (text, words) in [
        (&whole[..whole.len() / 2], "it is not a whole plan"),
        (
            &whole.replacen("10.0.0.0", "10.1.0.0", 1),
            "its content was changed",
        ),
        (DEFAULT_STACK, "it is not a whole plan"),
        ("", "it is not a whole plan"),
    ] {
        std::fs::write(&path, text).expect("a file");
        for format in ["human", "json", "markdown"] {
            let done = place.run(&["show", SAVED, "--format", format]).expect(1);
            assert_eq!(done.out, "");
            assert!(done.err.contains(words), "{words}: {}", done.err);
        }
    }
    let none = place.run(&["show", "none.plan"]).expect(1);
    assert!(none.err.contains("cannot read none.plan"), "{}", none.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = place();
    for format in ["human", "json", "markdown"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.command(&["show", SAVED, "--format", format]);
        let output = command.stdout(writer).output().expect("it runs");
        let done = done(&output).expect(0);
        assert!(!done.err.contains("pipe"), "{}", done.err);
    }
}

#[test]
fn a_page_for_a_pull_request_has_no_colours_and_no_talk() {
    let place = Place::new();
    let arguments = [
        "plan",
        "--sandbox",
        "--format",
        "markdown",
        "--color",
        "always",
    ];
    let done = place.run(&arguments).expect(0);
    assert!(done.out.starts_with("### qpiac: `"), "{}", done.out);
    assert!(!done.out.contains('\u{1b}'));
    assert!(done.out.len() < 60_000);
    for words in ["This is a sandbox", "\n+ create vpc/main\n", "</details>\n"] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
}
