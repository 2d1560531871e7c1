//! What scripts depend on: exit codes, streams, formats, colours, pipes.

use std::io::Read;

use clap::CommandFactory;
use qpiac::cli::arguments::Arguments;

use crate::program::{DEFAULT_STACK, Done, Place, done, golden};

#[test]
fn the_arguments_are_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn wrong_usage_ends_with_64_and_a_word_on_stderr() {
    let place = Place::new();
    for (arguments, word) in [
        (&[][..], "Usage:"),
        (&["nonsense"], "unrecognized subcommand"),
        (&["plan", "--nonsense"], "unexpected argument"),
        (&["plan", "--format", "xml"], "invalid value 'xml'"),
        (&["plan", "--target", "vpc"], "is not an address"),
        (&["plan", "--color", "pink"], "invalid value 'pink'"),
        (&["plan", "--yes"], "unexpected argument"),
        (&["apply", "--detailed-exitcode"], "unexpected argument"),
        (&["destroy", "--stack", "shop"], "--region"),
        (
            &["destroy", "--stack", "sh*p", "--region", "us-east-1"],
            "lower-case letters",
        ),
        (
            &["destroy", "--stack", "a", "--region", "r", "-f", "b.yaml"],
            "cannot be used with",
        ),
        (
            &["status", "--stack", "a", "--region", "r", "--image", "a=b"],
            "cannot be used with",
        ),
        (
            &["plan", "--sandbox", "--region", "eu-west-1"],
            "differs from the stack file's region us-east-1",
        ),
        (&["verify", "--sandbox"], "the sandbox carries no requests"),
        (
            &["verify", "--endpoint", "127.0.0.1:80"],
            "expected `http://HOST`",
        ),
        (&["policy", "--account", "12"], "expected 12 digits"),
        (
            &["policy", "--plan-only", "--all-kinds"],
            "cannot be used with",
        ),
        (&["policy", "--region", "eu-west-1"], "differs from"),
    ] {
        let done = place.run(arguments).expect(64);
        assert!(done.err.contains(word), "{arguments:?}: {}", done.err);
        assert_eq!(done.out, "", "{arguments:?}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let place = Place::new();
    let mut helps = String::new();
    for command in [
        "",
        "init",
        "validate",
        "fmt",
        "explain",
        "plan",
        "show",
        "apply",
        "destroy",
        "status",
        "output",
        "verify",
        "policy",
        "diagram",
        "document",
        "history",
        "unlock",
        "schema",
        "completions",
        "man",
    ] {
        let arguments: Vec<&str> = [command, "--help"]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        let done = place.run(&arguments).expect(0);
        assert_eq!(done.err, "");
        helps.push_str(&format!("$ qpiac {}\n{}\n", arguments.join(" "), done.out));
    }
    golden("help.txt", &helps);
    let version = place.run(&["--version"]).expect(0).out;
    assert_eq!(version, format!("qpiac {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_file_that_is_missing_or_wrong_ends_with_1() {
    let place = Place::new();
    let missing = place
        .run(&["plan", "--sandbox", "-f", "none.yaml"])
        .expect(1);
    assert!(
        missing
            .err
            .starts_with("error: there is no file none.yaml\nhint: ")
    );

    place.write(&DEFAULT_STACK.replace("memory: 512", "memory: 513\n    colour: red"));
    for verb in ["validate", "plan", "apply", "destroy"] {
        let arguments = [verb, "--sandbox"];
        let arguments = &arguments[..if verb == "validate" { 1 } else { 2 }];
        let done = place.run(arguments).expect(1);
        assert_eq!(done.out, "", "{verb}");
        for part in ["513", "colour", "stack.yaml:", "2 errors in stack.yaml"] {
            assert!(done.err.contains(part), "{verb}: {part}: {}", done.err);
        }
    }
    assert!(!place.path(".qpiac").exists(), "nothing was begun");
    let document = place
        .run(&["validate", "--format", "json"])
        .expect(1)
        .json();
    assert_eq!(document["valid"], false);
    assert_eq!(document["diagnostics"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["diagnostics"][0]["severity"], "error");
}

#[test]
fn a_good_file_is_valid() {
    let place = Place::new();
    let done = place.run(&["validate"]).expect(0);
    assert!(done.err.contains("stack.yaml is valid"), "{}", done.err);
    let document = place
        .run(&["validate", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(document["valid"], true);
}

#[test]
fn without_a_terminal_the_real_aws_is_not_touched_unless_told() {
    let place = Place::new();
    // Nobody is signed in here, which is found out first; the sandbox goes ahead without asking.
    let done = place.run(&["apply"]).expect(1);
    assert!(
        done.err.contains("AWS does not say who you are"),
        "{}",
        done.err
    );
    place.run(&["destroy", "--sandbox"]).expect(0);
}

#[test]
fn another_account_is_refused_even_by_plan() {
    let place = Place::new();
    place
        .run(&["apply", "--sandbox", "--target", "vpc/main"])
        .expect(0);
    place.edit("# account: \"123456789012\"", "account: \"210987654321\"");
    for verb in ["plan", "apply", "destroy"] {
        let done = place.run(&[verb, "--sandbox"]).expect(1);
        assert!(done.err.contains("210987654321"), "{verb}: {}", done.err);
        assert!(done.err.contains("123456789012"), "{verb}: {}", done.err);
        assert_eq!(done.out, "", "{verb}");
    }
}

#[test]
fn an_address_that_is_nowhere_is_refused_by_name() {
    let place = Place::new();
    for argument in ["--target", "--exclude", "--replace"] {
        let done = place
            .run(&["plan", "--sandbox", argument, "vpc/nowhere"])
            .expect(1);
        assert!(done.err.contains("vpc/nowhere"), "{argument}: {}", done.err);
        assert!(done.err.contains("hint: "), "{argument}: {}", done.err);
    }
}

#[test]
fn colours_are_used_where_they_are_wanted() {
    let place = Place::new();
    let coloured = |done: &Done| (done.out.contains('\u{1b}'), done.err.contains('\u{1b}'));
    let plan = |arguments: &[&str], variable: &str| {
        let mut command = place.command(&["plan", "--sandbox"]);
        command.args(arguments).env(variable, "1");
        done(&command.output().expect("the program runs")).expect(0)
    };
    for (arguments, variable, expected) in [
        (&[][..], "NOTHING", (false, false)),
        (&["--color", "always"], "NOTHING", (true, true)),
        (&[], "CLICOLOR_FORCE", (true, true)),
        (&["--color", "never"], "CLICOLOR_FORCE", (false, false)),
        (&["--color", "always"], "NO_COLOR", (true, true)),
        (&[], "NO_COLOR", (false, false)),
    ] {
        let done = plan(arguments, variable);
        assert_eq!(coloured(&done), expected, "{arguments:?} {variable}");
    }
    let plain = plan(&["--color", "never"], "NOTHING").out;
    let painted = plan(&["--color", "always"], "NOTHING").out;
    assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
}

/// Runs the program with a reader that goes away after the first byte.
fn cut_short(place: &Place, arguments: &[&str]) -> Done {
    let mut child = place.command(arguments).spawn().expect("the program runs");
    let mut reader = child.stdout.take().expect("a pipe");
    let mut first = [0; 1];
    reader.read_exact(&mut first).expect("a first byte");
    drop(reader);
    done(&child.wait_with_output().expect("the program ends"))
}

#[test]
fn a_reader_that_goes_away_does_not_stop_the_work() {
    let place = Place::new();
    for arguments in [
        &["schema"][..],
        &["completions", "zsh"],
        &["--help"],
        &["man"],
        &["explain"],
        &["explain", "services", "--format", "json"],
        &["init", "--yes", "-f", "-"],
    ] {
        let done = cut_short(&place, arguments).expect(0);
        assert_eq!(done.err, "", "{arguments:?}");
    }
    let done = cut_short(&place, &["plan", "--sandbox", "--detailed-exitcode"]).expect(2);
    assert!(!done.err.contains("error"), "{}", done.err);
    let done = cut_short(&place, &["apply", "--sandbox", "--format", "jsonl"]).expect(0);
    assert!(!done.err.contains("error"), "{}", done.err);
    place
        .run(&["plan", "--sandbox", "--detailed-exitcode"])
        .expect(0);
}

#[test]
fn the_schema_and_the_completions_are_printed() {
    let place = Place::new();
    let schema = place.run(&["schema"]).expect(0).json();
    let stack: serde_json::Value = serde_yaml::from_str(DEFAULT_STACK).expect("YAML");
    assert!(jsonschema::is_valid(&schema, &stack));
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]).expect(0).out;
        assert!(script.contains("detailed-exitcode"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_is_no_text_is_taken_like_any_other() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let place = Place::new();
    let [stack, page] = [&b"st\xff.yaml"[..], b"t\xff.html"].map(OsStr::from_bytes);
    let folder = place.path("");
    std::fs::copy(place.path("stack.yaml"), folder.join(stack)).expect("a stack file");
    let mut command = place.command(&["apply", "--sandbox", "--yes"]);
    command.arg("-f").arg(stack).arg("--timings").arg(page);
    let applied = done(&command.output().expect("the program runs")).expect(0);
    assert!(applied.err.contains("Done: "), "{}", applied.err);
    assert!(folder.join(page).exists());
}
