//! `qpiac fmt`.
//!
//! May depend on `spec`, `files` and `render`. Invariant: a file is written only when its form is another
//! one, and as a whole.

use std::path::Path;

use anyhow::Context;
use similar::TextDiff;

use super::arguments::authoring::Fmt;
use super::terminal::Terminal;
use super::{Exit, stack_file};
use crate::files;
use crate::render::message;
use crate::spec::layout::{self, Unformatted};

/// What the standard input is called.
const STREAM_NAME: &str = "<stdin>";

pub(super) fn run(given: &Fmt, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for path in &given.files {
        match one(path, given.check, terminal) {
            Ok(Exit::Failed) => exit = Exit::Failed,
            Ok(_) => {}
            // The others can be formatted all the same.
            Err(error) => {
                terminal.error(&error);
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn one(path: &Path, check: bool, terminal: &Terminal) -> anyhow::Result<Exit> {
    let is_stream = path == Path::new(stack_file::STREAM);
    let name = if is_stream {
        STREAM_NAME.to_owned()
    } else {
        path.display().to_string()
    };
    let before = stack_file::bytes(path)?;
    let after = match layout::format(&name, &before) {
        Ok(after) => after,
        Err(Unformatted::Problems(problems)) => {
            stack_file::refuse_named(&name, &problems, terminal);
            return Ok(Exit::Failed);
        }
        Err(Unformatted::Unsafe) => {
            let what =
                format!("{name} is left as it is: it would say something else in the usual form");
            terminal.line(&message::error(what));
            terminal.line(&message::hint(
                "look for anchors, tags and texts of several lines, and write them in a simpler way",
            ));
            return Ok(Exit::Failed);
        }
    };
    let is_same = before == after.as_bytes();
    if check {
        if is_same {
            return Ok(Exit::Done);
        }
        terminal.data(&difference(
            &name,
            &String::from_utf8_lossy(&before),
            &after,
        ))?;
        terminal.line(&message::error(format!("{name} is not in the usual form")));
        return Ok(Exit::Failed);
    }
    if is_stream {
        terminal.data(&after)?;
    } else if !is_same {
        replace(path, &after)?;
        terminal.line(&format!("formatted {name}"));
    }
    Ok(Exit::Done)
}

/// What would change, as `diff -u` shows it.
fn difference(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let formatted = format!("{name} (formatted)");
    diff.unified_diff().header(name, &formatted).to_string()
}

/// Puts a text in the place of a file, which keeps its permissions.
pub(super) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = files::replace_durably(path, text.as_bytes());
    written.with_context(|| format!("cannot write {}", path.display()))
}
