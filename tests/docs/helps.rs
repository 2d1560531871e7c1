//! The examples of every command's `--help`, run in their order.

use clap::CommandFactory;
use qpiac::cli::arguments::Arguments;

use crate::place::{Place, can_run};
use crate::scenes::Stack;

/// The names of all commands.
pub(crate) fn verbs() -> Vec<String> {
    let program = Arguments::command();
    let names = program.get_subcommands().map(|it| it.get_name().to_owned());
    names.collect()
}

/// The examples of a command.
fn examples(verb: &str) -> Vec<String> {
    let program = Arguments::command();
    let command = program.find_subcommand(verb).expect("a command");
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let lines = help.lines().skip_while(|line| !line.starts_with("Example"));
    let lines = lines.skip(1).take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}

/// A folder in which somebody uses this command.
fn place(verb: &str) -> Place {
    let stack = Stack::Shop.text("");
    let place = Place::brought_up(&stack);
    place.write(
        "staging.yaml",
        &stack.replace("stack: shop", "stack: staging"),
    );
    place.write("app/Dockerfile", "FROM scratch\n");
    place.write("docs/README.md", "");
    for folder in [
        ".local/share/bash-completion/completions",
        ".config/fish/completions",
        ".zfunc",
    ] {
        std::fs::create_dir_all(place.home(folder)).expect("a folder");
    }
    if verb == "show" {
        place.run("qpiac plan --out shop.plan").expect(0, "a plan");
    }
    place
}

/// Runs the examples of a command; says how many.
fn run(verb: &str) -> usize {
    let examples = examples(verb);
    assert!(!examples.is_empty(), "{verb} has no example");
    let place = place(verb);
    for example in examples.iter().filter(|example| can_run(example)) {
        if verb == "init" {
            std::fs::remove_file(place.path("stack.yaml")).expect("a stack file");
        }
        place.run(example).expect(0, example);
        if verb == "init" && !place.path("stack.yaml").exists() {
            place.write("stack.yaml", "");
        }
    }
    examples.len()
}

/// Most of the time is spent in waiting, so all run at once.
#[test]
fn every_example_of_every_command_works() {
    let verbs = verbs();
    let count: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = verbs.iter().map(|verb| scope.spawn(|| run(verb))).collect();
        let counts = runs.into_iter().map(|run| run.join());
        counts.map(|count| count.expect("examples work")).sum()
    });
    assert!(count > 50, "{count}");
}
