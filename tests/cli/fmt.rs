//! `qpiac fmt` from outside.

use std::io::Write;
use std::process::Stdio;

use crate::program::{DEFAULT_STACK, Done, Place, done, golden};

/// A stack file as somebody wrote it in a hurry.
const UNTIDY: &str = "\
# where it runs
region:   eu-west-1
stack: shop   # the name


services:
      app:
          image: ghcr.io/example/app:1.0
          # worker, for now
          environment: {LOG_LEVEL: info,MODE: 'a'}
tags:
# who pays
- not here
";

fn untidy() -> String {
    UNTIDY.replace("- not here\n", "      team: web\n")
}

fn fed(place: &Place, arguments: &[&str], input: &str) -> Done {
    let mut command = place.command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    done(&child.wait_with_output().expect("the program ends"))
}

fn text(place: &Place) -> String {
    std::fs::read_to_string(place.path("stack.yaml")).expect("a stack file")
}

#[test]
fn a_file_is_formatted_once_and_then_left_alone() {
    let place = Place::with(&untidy());
    let check = place.run(&["fmt", "--check"]).expect(1);
    golden("fmt_check.txt", &format!("{}---\n{}", check.out, check.err));
    assert_eq!(text(&place), untidy(), "--check writes nothing");
    let first = place.run(&["fmt"]).expect(0);
    assert_eq!(
        (first.out.as_str(), first.err.as_str()),
        ("", "formatted stack.yaml\n")
    );
    golden("fmt.yaml", &text(&place));
    let form = text(&place);
    for arguments in [
        &["fmt"][..],
        &["fmt", "--check"],
        &["fmt", "stack.yaml", "stack.yaml"],
    ] {
        let again = place.run(arguments).expect(0);
        assert_eq!(
            (again.out.as_str(), again.err.as_str()),
            ("", ""),
            "{arguments:?}"
        );
    }
    assert_eq!(text(&place), form);
    let names = std::fs::read_dir(place.path("")).expect("a folder");
    assert_eq!(names.count(), 1, "nothing is left beside the file");
}

#[test]
fn the_standard_input_is_formatted_to_the_standard_output() {
    let place = Place::new();
    let done = fed(&place, &["fmt", "-"], &untidy()).expect(0);
    assert_eq!(done.err, "");
    golden("fmt.yaml", &done.out);
    let check = fed(&place, &["fmt", "--check", "-"], &untidy()).expect(1);
    assert!(check.out.starts_with("--- <stdin>\n"), "{}", check.out);
    assert_eq!(text(&place), DEFAULT_STACK, "no file is touched");
    let empty = place.run(&["fmt", "-"]).expect(1);
    assert!(empty.err.contains("the file is empty"), "{}", empty.err);
}

#[test]
fn a_file_with_errors_is_left_alone_and_all_of_them_are_shown() {
    let place = Place::with(UNTIDY);
    std::fs::write(place.path("other.yaml"), untidy()).expect("a file");
    let wrong = UNTIDY.replace("stack: shop", "stack:   Shop");
    place.write(&wrong);
    for arguments in [
        &["fmt", "none.yaml", "stack.yaml", "other.yaml"][..],
        &["fmt", "--check", "stack.yaml"],
    ] {
        let done = place.run(arguments).expect(1);
        assert_eq!(done.out, "");
        for part in [
            "stack.yaml:3:",
            "stack.yaml:13:",
            "2 errors in stack.yaml; nothing was changed",
        ] {
            assert!(done.err.contains(part), "{part}: {}", done.err);
        }
    }
    assert_eq!(text(&place), wrong);
    // The others are formatted all the same.
    place.run(&["fmt", "--check", "other.yaml"]).expect(0);
    for bytes in [&b"stack: \xff"[..], b"{", b"a: &x [*x]", b"\t", b""] {
        std::fs::write(place.path("stack.yaml"), bytes).expect("a file");
        let done = place.run(&["fmt"]).expect(1);
        assert!(
            done.err.contains("error: ") && done.err.contains("stack.yaml"),
            "{}",
            done.err
        );
        assert_eq!(
            std::fs::read(place.path("stack.yaml")).expect("a file"),
            bytes
        );
    }
    let missing = place.run(&["fmt", "none.yaml"]).expect(1);
    assert!(
        missing
            .err
            .starts_with("error: there is no file none.yaml\nhint: "),
        "{}",
        missing.err
    );
    place.run(&["fmt", "."]).expect(1);
}

#[test]
fn a_link_and_the_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::with(&untidy());
    let real = place.path("stack.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink(&real, place.path("link.yaml")).expect("a link");
    place.run(&["fmt", "link.yaml"]).expect(0);
    let link = std::fs::symlink_metadata(place.path("link.yaml")).expect("a link");
    assert!(link.file_type().is_symlink());
    let mode = std::fs::metadata(&real)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    place.run(&["fmt", "--check"]).expect(0);
}

#[test]
fn what_comes_with_the_program_is_in_its_form() {
    let place = Place::new();
    for file in ["stack.yaml", "tests/wire/web_stack.yaml"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let done = place.run(&["fmt", "--check", &path]);
        assert_eq!(
            (done.code, done.out.as_str()),
            (Some(0), ""),
            "{}",
            done.err
        );
    }
}
