//! What shells and manual readers load: completions and manual pages, in the programs themselves.
//!
//! A shell that is not installed is named on stderr and left out; in CI, where all are installed, it
//! is an error.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use qpiac::cli::arguments::Arguments;

use crate::program::Place;

/// Completes `qpiac app`, and prints what it found.
const BASH: &str = r#"
set -eu
source "$1"
complete -p qpiac >/dev/null
COMP_WORDS=(qpiac app)
COMP_CWORD=1
_qpiac qpiac app qpiac
printf '%s\n' "${COMPREPLY[@]}"
"#;
const FISH: &str = "source $argv[1]; or exit 1; complete -C 'qpiac app'";
/// zsh completes only on a terminal, so there is one.
const ZSH: &str = r#"
fpath=("${1:h}" $fpath)
autoload -Uz compinit && compinit -u -D || exit 1
[[ ${_comps[qpiac]} == _qpiac ]] || exit 2
autoload +X _qpiac || exit 3
zmodload zsh/zpty || exit 4
shell() {
  zpty -w shell "fpath=(${(q)1} \$fpath); PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' list-prompt ''; bindkey '^I' complete-word"
}
zpty shell zsh -f -i
shell "${1:h}"
zpty -w shell "print READY"
zpty -r shell line '*READY'$'\r'
zpty -w -n shell $'qpiac app\t'
zpty -r shell line '*apply*' && print apply
zpty -d shell
"#;

/// A completed command, or nothing where the shell is not installed.
fn completed(place: &Place, shell: &str, arguments: &[&str]) -> Option<String> {
    let name = match shell {
        "zsh" => "_qpiac",
        _ => "completions",
    };
    let script = place.path(name);
    let made = place.run(&["completions", shell]).expect(0);
    assert_eq!(made.err, "");
    std::fs::write(&script, made.out).expect("a file");
    let mut command = Command::new(shell);
    command.args(arguments).arg(&script).stdin(Stdio::null());
    let command = command.env("HOME", place.path("")).env("TERM", "xterm");
    run(command, shell).map(|(out, _)| out)
}

/// What a program says, or nothing where it is not installed.
fn run(command: &mut Command, name: &str) -> Option<(String, String)> {
    match command.output() {
        Ok(output) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert!(
                output.status.success(),
                "{name}: {}\n{out}\n{err}",
                output.status
            );
            Some((out, err))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let in_ci = std::env::var_os("CI").is_some();
            assert!(
                !in_ci,
                "{name} is not installed, and .ci/run should have done that"
            );
            let line = format!("{name} is not installed: what it loads was not tried\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn every_shell_completes_a_command() {
    let place = Place::new();
    for (shell, arguments) in [
        ("bash", &["--noprofile", "--norc", "-c", BASH, "bash"][..]),
        ("fish", &["--no-config", "-c", FISH, "--"]),
        ("zsh", &["-f", "-c", ZSH, "zsh"]),
    ] {
        if let Some(found) = completed(&place, shell, arguments) {
            let first = found.split_whitespace().next();
            assert_eq!(first, Some("apply"), "{shell}: {found}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page_that_a_reader_takes() {
    let place = Place::new();
    let main = place.run(&["man"]).expect(0);
    assert!(
        main.out.contains(".TH qpiac 1") && main.err.is_empty(),
        "{}",
        main.out
    );
    let done = place.run(&["man", "pages/man1"]).expect(0);
    assert_eq!(
        (done.out.as_str(), done.err.as_str()),
        ("", "wrote the pages into pages/man1\n")
    );
    let folder = place.path("pages/man1");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let commands = Arguments::command();
    let commands = commands
        .get_subcommands()
        .map(|it| format!("qpiac-{}.1", it.get_name()));
    let mut expected: Vec<String> = commands.chain(["qpiac.1".to_owned()]).collect();
    expected.sort();
    assert_eq!(names, expected);
    for name in names {
        read_page(&folder.join(name));
    }
    std::fs::write(place.path("file"), "").expect("a file");
    let done = place.run(&["man", "file"]).expect(1);
    assert!(
        done.err
            .starts_with("error: cannot write the pages into file"),
        "{}",
        done.err
    );
}

/// A page as `man` shows it, without a warning.
fn read_page(page: &Path) {
    let mut command = Command::new("man");
    command.args(["--warnings", "-E", "UTF-8", "-l"]).arg(page);
    command
        .env("MANWIDTH", "80")
        .env("MANPAGER", "cat")
        .stdin(Stdio::null());
    let Some((text, warnings)) = run(&mut command, "man") else {
        return;
    };
    assert_eq!(warnings, "", "{}", page.display());
    for part in ["NAME", "SYNOPSIS", "OPTIONS", "qpiac"] {
        assert!(text.contains(part), "{}: {part}:\n{text}", page.display());
    }
}
