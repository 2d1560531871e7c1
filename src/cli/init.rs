//! `qpiac init`.
//!
//! May depend on `spec` and `render`. Invariant: a file that is there is overwritten only with
//! `--force`, and what is written is valid.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, anyhow};

use super::arguments::File;
use super::arguments::authoring::Init;
use super::questions::{self, Questions};
use super::terminal::Terminal;
use super::{Exit, Misuse, fmt, sources, stack_file};
use crate::render::message;
use crate::spec::draft::{Draft, SCHEMA_FILE};
use crate::spec::{self, Diagnostic, Diagnostics};

pub(super) fn run(given: &Init, terminal: &Terminal) -> anyhow::Result<Exit> {
    let is_stream = given.file == Path::new(stack_file::STREAM);
    let path = given.file.display();
    if !is_stream && !given.force && given.file.symlink_metadata().is_ok() {
        return Err(is_there(&given.file));
    }
    let directory = given.file.parent().unwrap_or(Path::new(""));
    let missing = questions::missing(given);
    let asks = !given.yes && terminal.can_ask();
    if !given.yes && !asks && !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Misuse(format!(
            "there is no terminal to ask on, and nothing says {missing}\nhint: give them, or --yes, which takes the defaults"
        ))
        .into());
    }
    let mut draft = questions::given(given, &questions::usual(given, directory));
    if let Err(problems) = checked(&draft, directory) {
        // A Dockerfile that nobody named is no reason not to ask.
        match questions::without_dockerfile(given, &draft) {
            Some(other) if asks && checked(&other, directory).is_ok() => {
                let what = "the Dockerfile here cannot be used";
                let why = problems.iter().next().map(|problem| &problem.message);
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                terminal.line(&message::note(format!("{what}{why}")));
                draft = other;
            }
            Some(_) | None => return Ok(refused(&problems, terminal)),
        }
    }
    if asks {
        let check = &checked;
        let questions = Questions {
            given,
            directory,
            check,
            terminal,
        };
        draft = questions.answered(draft)?;
    }
    let text = match checked(&draft, directory) {
        Ok(text) => text,
        Err(problems) => return Ok(refused(&problems, terminal)),
    };
    if is_stream {
        terminal.data(&text)?;
        return Ok(Exit::Done);
    }
    write(&given.file, &text, given.force)?;
    let schema = directory.join(SCHEMA_FILE);
    write_schema(&schema)?;
    terminal.line(&format!(
        "wrote {path}, and {} for editors",
        schema.display()
    ));
    terminal.line(&message::hint(format!("next: {}", next(&given.file))));
    Ok(Exit::Done)
}

/// The text of a draft, once it and what it names beside the file are looked at.
fn checked(draft: &Draft, directory: &Path) -> Result<String, Diagnostics> {
    let text = draft.text()?;
    let reading = spec::read("stack.yaml", &text)?;
    let file = File {
        file: directory.join("stack.yaml"),
        image: Vec::new(),
    };
    sources::gather(&file, &reading)?;
    Ok(text)
}

fn is_there(path: &Path) -> anyhow::Error {
    let path = path.display();
    anyhow!("{path} is there already\nhint: --force overwrites it, and -f names another file")
}

fn refused(problems: &Diagnostics, terminal: &Terminal) -> Exit {
    for problem in problems.iter() {
        terminal.line(&said(problem));
    }
    terminal.line(&message::error("nothing was written"));
    Exit::Failed
}

/// A problem of an answer: where it would stand in the file does not matter yet.
pub(super) fn said(problem: &Diagnostic) -> String {
    let expected = problem
        .expected
        .iter()
        .map(|text| format!("expected {text}"));
    let hint = problem.hint.iter().map(message::hint);
    std::iter::once(message::error(&problem.message))
        .chain(expected)
        .chain(hint)
        .collect::<Vec<_>>()
        .join("\n")
}

fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    match new {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && force => {
            return fmt::replace(path, text);
        }
        // Somebody made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(is_there(path));
        }
        Err(error) => Err(error),
    }
    .with_context(|| format!("cannot write {}", path.display()))
}

fn write_schema(path: &Path) -> anyhow::Result<()> {
    let text = format!("{:#}\n", spec::schema());
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The command to go on with.
fn next(file: &Path) -> String {
    if file == Path::new(stack_file::USUAL) {
        "qpiac apply --sandbox".to_owned()
    } else {
        format!("qpiac apply --sandbox -f {}", file.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_made_meanwhile_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stack.yaml");
        std::fs::write(&path, "somebody's").expect("a file");
        let refused = write(&path, "ours", false).expect_err("it is there");
        assert!(refused.to_string().contains("is there already"));
        let read = || std::fs::read_to_string(&path).expect("a file");
        assert_eq!(read(), "somebody's");
        write(&path, "ours", true).expect("it may");
        assert_eq!(read(), "ours");
    }
}
