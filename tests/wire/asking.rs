//! Nothing real is changed before somebody said yes: on a terminal by hand, elsewhere by `--yes`.

use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::program::{Program, Ran, WEB_STACK};

/// Runs its arguments on a terminal, with its own input typed there.
const ON_A_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// How a question ends.
const QUESTION: &str = "is taken as yes: ";

/// Runs the program on a terminal, and types this when it asks.
async fn typed(program: &Program, arguments: &[&str], keys: &str) -> Ran {
    let direct = program.command(arguments);
    let direct = direct.as_std();
    let mut command = Command::new("python3");
    command
        .args(["-c", ON_A_TERMINAL])
        .arg(direct.get_program())
        .args(direct.get_args())
        .current_dir(direct.get_current_dir().expect("a folder"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in direct.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.kill_on_drop(true).spawn().expect("python3 runs");
    let mut input = child.stdin.take().expect("a pipe");
    let mut screen = child.stdout.take().expect("a pipe");
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(QUESTION) {
        let read = screen.read_buf(&mut shown).await.expect("a screen");
        let text = String::from_utf8_lossy(&shown);
        assert!(read > 0, "the program never asked:\n{text}");
    }
    input.write_all(keys.as_bytes()).await.expect("a listener");
    screen.read_to_end(&mut shown).await.expect("a screen");
    let mut output = child.wait_with_output().await.expect("the program ends");
    // The input was open until now, since its end would have been an answer too.
    drop(input);
    output.stdout = shown;
    Ran::from(output)
}

#[tokio::test]
async fn nothing_is_changed_before_somebody_said_yes() {
    let program = Program::with(WEB_STACK).await;
    let changes = || program.bed.mutating().len();
    let apply = ["apply", "--target", "vpc/main", "--target", "log-group/app"];
    let destroy = ["destroy"];

    let ran = program.run(&apply).await.exits(1);
    assert!(ran.err.contains("there is no terminal"), "{}", ran.err);
    assert!(ran.err.contains("hint: --yes"), "{}", ran.err);
    assert!(ran.out.contains("Plan: 2 to create"), "{}", ran.out);
    for keys in ["no\n", "\n", "y\n", "Yes\n", "\u{4}"] {
        let ran = typed(&program, &apply, keys).await.exits(1);
        assert!(
            ran.out.contains("Apply this plan?"),
            "{keys:?}: {}",
            ran.out
        );
        assert!(ran.out.contains("Nothing was changed."), "{}", ran.out);
    }
    assert_eq!(changes(), 0);

    let ran = typed(&program, &apply, "yes\n").await.exits(0);
    assert!(ran.out.contains("2 created"), "{}", ran.out);
    let after = changes();
    assert!(after > 0);

    program.run(&destroy).await.exits(1);
    let ran = typed(&program, &destroy, "no\n").await.exits(1);
    assert!(ran.out.contains("Destroy the stack"), "{}", ran.out);
    assert!(
        ran.out.contains("this is lost: log-group/app"),
        "{}",
        ran.out
    );
    assert_eq!(changes(), after);
    typed(&program, &destroy, "yes\n").await.exits(0);
}

#[tokio::test]
async fn an_interrupt_instead_of_an_answer_changes_nothing() {
    let program = Program::with(WEB_STACK).await;
    let apply = ["apply", "--target", "vpc/main"];
    let ran = typed(&program, &apply, "\u{3}").await.exits(130);
    assert!(
        ran.out.contains("interrupted; nothing was changed"),
        "{}",
        ran.out
    );
    assert!(program.bed.mutating().is_empty());
}
