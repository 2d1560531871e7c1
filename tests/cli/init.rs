//! `qpiac init` from outside, without a terminal. With one, see `newcomer`.

use qpiac::spec;

use crate::program::{DEFAULT_STACK, Done, Place};

/// What answers every question.
const ALL: [&str; 11] = [
    "init",
    "--name",
    "shop",
    "--region",
    "eu-west-1",
    "--image",
    "ghcr.io/example/app:1.0",
    "--port",
    "8000",
    "--health",
    "/health",
];

/// A folder with nothing in it.
fn empty() -> Place {
    let place = Place::new();
    std::fs::remove_file(place.path("stack.yaml")).expect("a stack file");
    place
}

fn with(place: &Place, more: &[&str]) -> Done {
    let arguments: Vec<&str> = ALL.iter().chain(more).copied().collect();
    place.run(&arguments)
}

fn text(place: &Place) -> String {
    std::fs::read_to_string(place.path("stack.yaml")).expect("a stack file")
}

#[test]
fn every_choice_gives_a_file_that_is_valid_formatted_and_can_be_applied() {
    for (more, applied) in [
        (&[][..], true),
        (&["--cdn"], true),
        (&["--domain", "www.example.com"], false),
        (
            &["--cdn", "--domain", "www.example.com", "--count", "3"],
            false,
        ),
        (
            &[
                "--cdn=false",
                "--domain",
                "shop.example.org",
                "--zone",
                "Z0123456789ABC",
            ],
            false,
        ),
    ] {
        let place = empty();
        let done = with(&place, more).expect(0);
        assert_eq!(done.out, "");
        assert!(
            done.err.ends_with("hint: next: qpiac apply --sandbox\n"),
            "{}",
            done.err
        );
        place.run(&["validate"]).expect(0);
        let form = place.run(&["fmt", "--check"]);
        assert_eq!((form.code, form.out.as_str()), (Some(0), ""), "{more:?}");
        place.run(&["plan", "--sandbox"]).expect(0);
        if applied {
            place.run(&["apply", "--sandbox"]).expect(0);
            place
                .run(&["plan", "--sandbox", "--detailed-exitcode"])
                .expect(0);
        }
    }
}

#[test]
fn editors_find_the_schema_that_is_written_beside_it() {
    let place = empty();
    with(&place, &[]).expect(0);
    let text = text(&place);
    let first = text.lines().next().expect("a line");
    let path = first
        .strip_prefix("# yaml-language-server: $schema=")
        .expect("a modeline");
    let schema = std::fs::read_to_string(place.path(path)).expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema, spec::schema());
    let stack: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
    assert!(jsonschema::is_valid(&schema, &stack));
}

#[test]
fn without_a_terminal_what_is_missing_is_named_or_taken_from_the_defaults() {
    let place = empty();
    let done = place.run(&["init", "--name", "shop", "--cdn"]).expect(64);
    assert_eq!(done.out, "");
    assert!(
        done.err
            .contains("nothing says --region, --image or --build, --port, --health\nhint: "),
        "{}",
        done.err
    );
    assert!(!place.path("stack.yaml").exists());
    // Whether there is a CDN has an answer without a flag only where somebody can be asked.
    assert!(
        place
            .run(&["init"])
            .expect(64)
            .err
            .contains("--name, --region")
    );
    place.run(&["init", "--yes"]).expect(0);
    place.run(&["apply", "--sandbox"]).expect(0);
}

#[test]
fn a_file_that_is_there_is_kept_unless_told_otherwise() {
    let place = Place::new();
    let done = with(&place, &[]).expect(1);
    assert!(
        done.err
            .starts_with("error: stack.yaml is there already\nhint: --force"),
        "{}",
        done.err
    );
    assert_eq!(text(&place), DEFAULT_STACK);
    with(&place, &["--force"]).expect(0);
    assert!(text(&place).contains("stack: shop"));
    let done = with(&place, &["-f", "other.yaml"]).expect(0);
    assert!(
        done.err
            .contains("next: qpiac apply --sandbox -f other.yaml\n"),
        "{}",
        done.err
    );
    with(&place, &["-f", "none/stack.yaml"]).expect(1);
}

#[test]
fn all_that_is_wrong_is_said_at_once_and_nothing_is_written() {
    let place = empty();
    let arguments = [
        "init",
        "--name",
        "Shop",
        "--region",
        "eu-west-1a",
        "--image",
        "App",
        "--port",
        "0",
        "--health",
        "health",
        "--count",
        "many",
        "--domain",
        "example",
    ];
    let done = place.run(&arguments).expect(1);
    for part in [
        "`Shop` is not a stack name",
        "`eu-west-1a` is not a region",
        "hint: this is a zone; its region is eu-west-1",
        "`App` is not a container image",
        "0 is out of range",
        "`health` is not a path",
        "`many` is text",
        "`example` is not a domain name",
        "error: nothing was written",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    assert_eq!(
        (done.out.as_str(), place.path("stack.yaml").exists()),
        ("", false)
    );
}

#[test]
fn a_directory_is_built_when_it_can_be() {
    let place = empty();
    let build = |directory: &'static str| ["init", "--yes", "--name", "shop", "--build", directory];
    let done = place.run(&build("app")).expect(1);
    assert!(done.err.contains("app"), "{}", done.err);
    assert!(!place.path("stack.yaml").exists());
    std::fs::create_dir(place.path("app")).expect("a folder");
    std::fs::write(place.path("app/Dockerfile"), "FROM scratch\nEXPOSE 9000\n").expect("a file");
    place.run(&build("./app/")).expect(0);
    let text = text(&place);
    assert!(
        text.contains("build: app #") && text.contains("port: 9000 #"),
        "{text}"
    );
    place.run(&["apply", "--sandbox"]).expect(0);
    let done = place
        .run(&["init", "--yes", "--force", "--build", "../app"])
        .expect(1);
    assert!(
        done.err.contains("could leave the stack file's directory"),
        "{}",
        done.err
    );
    let both = place
        .run(&["init", "--build", "app", "--image", "x"])
        .expect(64);
    assert!(both.err.contains("cannot be used with"), "{}", both.err);
}

#[test]
fn the_standard_output_takes_the_file_too() {
    let place = Place::new();
    let done = place.run(&["init", "--yes", "-f", "-"]).expect(0);
    assert_eq!(done.err, "");
    spec::read("stack.yaml", &done.out).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(!done.out.contains('\u{1b}'));
    assert_eq!(text(&place), DEFAULT_STACK);
    assert!(!place.path(".qpiac").exists());
}

#[test]
fn the_environment_says_the_region() {
    let place = empty();
    for (variable, value, expected) in [
        ("AWS_REGION", "eu-central-1", "region: eu-central-1\n"),
        ("AWS_DEFAULT_REGION", "eu-west-3", "region: eu-west-3\n"),
        ("AWS_REGION", "nowhere", "region: us-east-1\n"),
    ] {
        let mut command = place.command(&["init", "--yes", "-f", "-"]);
        command.env(variable, value);
        let out = command.output().expect("the program runs").stdout;
        assert!(
            String::from_utf8_lossy(&out).contains(expected),
            "{variable}={value}"
        );
    }
}
