//! The ways that `docs/newcomer.md` describes, gone as they stand there: its commands, its questions
//! with the answers, and its numbers.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rexpect::session::{PtySession, spawn_command};

use crate::program::{Place, done};

const PAGE: &str = include_str!("../../docs/newcomer.md");
/// How long a line may be awaited, and what follows a question.
const PATIENCE_MS: u64 = 60_000;
/// The end of a question.
const PROMPT: &str = "]: ";

/// A section of the page.
struct Way {
    commands: Vec<String>,
    /// What is said and answered, line by line.
    talk: Vec<String>,
    counted: (usize, usize),
}

fn way(title: &str) -> Way {
    let section = PAGE
        .split("\n## ")
        .find(|section| section.starts_with(title));
    let section = section.unwrap_or_else(|| panic!("no section {title}"));
    let block = |language: &str| -> Vec<String> {
        let fence = format!("```{language}\n");
        let inside = section
            .split_once(&fence)
            .and_then(|(_, rest)| rest.split("\n```").next());
        inside
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    };
    let mut numbers = section
        .split_whitespace()
        .filter_map(|word| word.parse().ok());
    let mut number = || numbers.next().expect("a number");
    Way {
        commands: block("sh"),
        talk: block("text"),
        counted: (number(), number()),
    }
}

/// The folder in which somebody begins, and where they are.
struct Walk {
    place: Place,
    folder: PathBuf,
    questions: usize,
    commands: usize,
}

impl Walk {
    fn new(folder: &str) -> Self {
        let place = Place::new();
        let folder = place.path(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self {
            place,
            folder,
            questions: 0,
            commands: 0,
        }
    }

    /// A command of the page. A clone is a copy of what the program reads there, and what cargo would
    /// build is built already.
    fn go(&mut self, line: &str, talk: &[String]) {
        self.commands += 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["git", "clone", _, name] => copy(&self.folder.join(name)),
            ["cd", name] => self.folder.push(name),
            ["cargo", "run", "--", arguments @ ..] | ["qpiac", arguments @ ..] => {
                let mut command = self.place.command(arguments);
                command.current_dir(&self.folder);
                if arguments == ["init"] {
                    self.talk(command, talk);
                } else {
                    done(&command.output().expect("the program runs")).expect(0);
                }
            }
            _ => panic!("the page has a command that this test does not know: {line}"),
        }
    }

    /// Answers as the page does, on a terminal.
    fn talk(&mut self, command: Command, talk: &[String]) {
        let mut session = on_terminal(command);
        for line in talk {
            match line.split_once(PROMPT.trim_end()) {
                Some((question, answer)) => {
                    let said = session.exp_string(PROMPT).expect("a question");
                    assert_eq!(
                        format!("{said}{}", PROMPT.trim_end()),
                        format!("{question}{}", PROMPT.trim_end())
                    );
                    session.send_line(answer.trim()).expect("an answer");
                    self.questions += 1;
                }
                None => {
                    let said = session.read_line().expect("a line");
                    assert_eq!(anstream::adapter::strip_str(&said).to_string(), *line);
                    // What is asked again is one question.
                    self.questions -= usize::from(line.starts_with("error: "));
                }
            }
        }
        ended(session);
    }
}

/// The program with a terminal at all three streams.
fn on_terminal(mut command: Command) -> PtySession {
    command
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    spawn_command(command, Some(PATIENCE_MS)).expect("a terminal")
}

/// Nothing more is asked, and all went well.
fn ended(mut session: PtySession) {
    let rest = session.exp_eof().expect("the end");
    assert!(!rest.contains(PROMPT), "{rest}");
    assert!(rest.contains("wrote stack.yaml"), "{rest}");
    let status = session.process().wait().expect("an exit");
    assert!(format!("{status:?}").ends_with(", 0)"), "{status:?}");
}

/// What the program reads in a clone.
fn copy(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir_all(to).expect("a folder");
    std::fs::copy(root.join("stack.yaml"), to.join("stack.yaml")).expect("a copy");
    copy_folder(&root.join("workload"), &to.join("workload"));
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Goes a way in a folder of this name, and then looks whether a stack is there.
fn walk(title: &str, folder: &str) {
    let way = way(title);
    let mut walk = Walk::new(folder);
    for command in &way.commands {
        walk.go(command, &way.talk);
    }
    assert_eq!(
        (walk.commands, walk.questions),
        way.counted,
        "{title}: what the page counts"
    );
    let mut command = walk
        .place
        .command(&["plan", "--sandbox", "--detailed-exitcode"]);
    done(
        &command
            .current_dir(&walk.folder)
            .output()
            .expect("the program runs"),
    )
    .expect(0);
}

#[test]
fn the_stack_of_the_repository_is_there_after_as_many_commands_as_the_page_says() {
    walk("The stack of this repository", "somewhere");
}

#[test]
fn a_stack_of_ones_own_is_there_after_as_many_questions_as_the_page_says() {
    walk("A stack of your own", "shop");
}

#[test]
fn a_script_needs_no_answers() {
    walk("The same without questions", "shop");
}

#[test]
fn who_answers_nothing_gets_nothing() {
    let walk = Walk::new("shop");
    let mut command = walk.place.command(&["init"]);
    command.current_dir(&walk.folder);
    let mut session = on_terminal(command);
    session.exp_string(PROMPT).expect("a question");
    session.send_control('d').expect("an end");
    let rest = session.exp_eof().expect("the end");
    assert!(
        rest.contains("nothing was answered, so nothing was written"),
        "{rest}"
    );
    assert!(!walk.folder.join("stack.yaml").exists());
}

/// What the command line says is not asked, and every kind of wrong answer is asked for again.
#[test]
fn only_what_is_open_is_asked_and_wrong_answers_are_asked_again() {
    let walk = Walk::new("shop");
    let mut command = walk.place.command(&[
        "init",
        "--name",
        "shop",
        "--region",
        "eu-west-1",
        "--health",
        "/",
    ]);
    command.current_dir(&walk.folder).env("NO_COLOR", "1");
    let mut session = on_terminal(command);
    for (question, answer, complaint) in [
        ("Dockerfile", "App", Some("`App` is not a container image")),
        ("Dockerfile", "./app", Some("error: ")),
        ("Dockerfile", "ghcr.io/example/app:1.0", None),
        ("[8000]: ", "0", Some("0 is out of range")),
        ("[8000]: ", "http", Some("`http` is text")),
        ("[8000]: ", "9000", None),
        ("[no]: ", "perhaps", Some("expected yes or no")),
        ("[no]: ", "Yes", None),
    ] {
        session
            .exp_string(question)
            .unwrap_or_else(|error| panic!("{question}: {error}"));
        session.send_line(answer).expect("an answer");
        if let Some(complaint) = complaint {
            session
                .exp_string(complaint)
                .unwrap_or_else(|error| panic!("{complaint}: {error}"));
        }
    }
    ended(session);
    let text = std::fs::read_to_string(walk.folder.join("stack.yaml")).expect("a stack file");
    assert!(
        text.contains("port: 9000") && text.contains("cdn:\n"),
        "{text}"
    );
}
