//! How `fmt`, `explain`, `init` and `show` behave at a narrow terminal, with and without colours, in a pipe
//! whose reader goes away, and with a file that does not parse.

#![cfg(unix)]

use std::process::{Command, Stdio};

use rexpect::session::spawn_command;

use crate::program::{DEFAULT_STACK, Done, Place, done};
use crate::window::Window;

const COLUMNS: u16 = 60;
/// The commands, each with how it ends where the file is untidy but good.
const COMMANDS: [(&[&str], i32); 4] = [
    (&["fmt", "--check"], 1),
    (&["explain", "services.*.scaling"], 0),
    (&["init", "--yes", "-f", "-"], 0),
    (&["show", "a.plan"], 0),
];

/// A folder with a plan, and a stack file that is not in the usual form.
fn place() -> Place {
    let place = Place::new();
    place
        .run(&["plan", "--sandbox", "--out", "a.plan"])
        .expect(0);
    place.write(&DEFAULT_STACK.replace("  nat: single", "  nat:    single"));
    place
}

fn at_a_terminal(place: &Place, arguments: &[&str], settings: &[(&str, &str)]) -> (Vec<u8>, i32) {
    let mut command = place.command(arguments);
    command.envs(settings.iter().copied());
    Window::open(&command, COLUMNS, 300).end_raw()
}

#[test]
fn a_terminal_gets_colours_unless_they_are_not_wanted() {
    let place = place();
    for (arguments, code) in COMMANDS {
        let (plain, ended) = at_a_terminal(&place, arguments, &[("NO_COLOR", "1")]);
        assert_eq!(ended, code, "{arguments:?}");
        assert!(!plain.contains(&0x1b), "{arguments:?}");
        assert!(!plain.is_empty(), "{arguments:?}");
    }
    for arguments in [&["explain", "port"][..], &["show", "a.plan"]] {
        let (coloured, _) = at_a_terminal(&place, arguments, &[]);
        assert!(coloured.contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn prose_fits_a_narrow_terminal() {
    let place = place();
    for arguments in [
        &["explain", "services.*.scaling"][..],
        &["explain", "ecs-service"],
        &["show", "a.plan"],
    ] {
        let (text, _) = at_a_terminal(&place, arguments, &[("NO_COLOR", "1")]);
        let text = String::from_utf8(text).expect("text");
        for line in text.lines() {
            let columns = line.trim_end().chars().count();
            assert!(columns <= usize::from(COLUMNS), "{arguments:?}: {line}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = place();
    for (arguments, code) in COMMANDS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = place.command(arguments).stdout(writer).output();
        let done = done(&output.expect("the program runs")).expect(code);
        assert!(!done.err.contains("ipe"), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn a_file_that_does_not_parse_is_said_to_be_so_and_left_alone() {
    let place = place();
    let broken = "stack: shop\nregion: [eu-west-1\n";
    place.write(broken);
    std::fs::write(place.path("a.plan"), broken).expect("a file");
    let refused = |arguments: &[&str], words: &[&str]| {
        let Done { err, out, .. } = place.run(arguments).expect(1);
        assert_eq!(out, "", "{arguments:?}");
        for words in words {
            assert!(err.contains(words), "{arguments:?}: {words}: {err}");
        }
    };
    refused(&["fmt"], &["error: ", "stack.yaml:", "expected"]);
    refused(&["fmt", "--check"], &["error: ", "stack.yaml:"]);
    refused(&["show", "a.plan"], &["a.plan", "it is not a whole plan"]);
    refused(&["init", "--yes"], &["stack.yaml is there already"]);
    let text = std::fs::read_to_string(place.path("stack.yaml")).expect("a file");
    assert_eq!(text, broken);
    // What a key means does not depend on the file.
    place.run(&["explain", "services.*.port"]).expect(0);
}

#[test]
fn a_stack_is_taken_from_the_standard_input_too() {
    let place = Place::new();
    for (stack, code) in [(DEFAULT_STACK, 0), ("stack: [", 1)] {
        std::fs::write(place.path("given"), stack).expect("a file");
        let given = std::fs::File::open(place.path("given")).expect("a file");
        let mut command = place.command(&["validate", "-f", "-"]);
        let output = command.stdin(given).output();
        done(&output.expect("the program runs")).expect(code);
    }
}

#[test]
fn a_sandbox_that_is_taken_for_a_plan_is_told_so() {
    let place = Place::new();
    place.run(&["apply", "--sandbox=world.json"]).expect(0);
    let refused = place.run(&["apply", "--sandbox", "world.json"]).expect(1);
    assert!(
        refused.err.contains("hint: --sandbox=world.json uses it"),
        "{}",
        refused.err
    );
}

/// Somebody who has a Dockerfile that cannot be used is told so, and asked all the same.
#[test]
fn a_dockerfile_that_cannot_be_used_does_not_keep_from_asking() {
    let place = Place::new();
    std::fs::remove_file(place.path("stack.yaml")).expect("a file");
    std::fs::write(place.path("Dockerfile"), "FROM scratch\n").expect("a file");
    let made = Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    let mut command: Command = place.command(&["init", "--color", "never"]);
    command
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    let mut session = spawn_command(command, Some(20_000)).expect("a terminal");
    session
        .exp_string("note: the Dockerfile here cannot be used")
        .expect("a note");
    for question in ["Name of the stack", "Region"] {
        session.exp_string(question).expect("a question");
        session.exp_string("]: ").expect("its end");
        session.send_line("").expect("an answer");
    }
    session
        .exp_string(
            "Container image, or directory with a Dockerfile [public.ecr.aws/nginx/nginx:stable]: ",
        )
        .expect("the usual image");
    assert!(!place.path("stack.yaml").exists());
    let told = place.run(&["init", "--yes"]).expect(1);
    assert!(told.err.contains("nothing was written"), "{}", told.err);
}
