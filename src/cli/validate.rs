//! `qpiac validate`.

use serde_json::json;

use super::Exit;
use super::arguments::{Format, Validate};
use super::stack_file;
use super::terminal::Terminal;
use crate::{spec, stack};

pub(super) fn run(given: &Validate, terminal: &Terminal) -> anyhow::Result<Exit> {
    if given.format == Format::Human {
        let Some(spec) = stack_file::read(&given.file, terminal)? else {
            return Ok(Exit::Failed);
        };
        let count = stack::graph(&spec).nodes().count();
        let path = given.file.file.display();
        terminal.line(&format!(
            "{path} is valid: stack {}, {count} resources.",
            spec.stack
        ));
        return Ok(Exit::Done);
    }
    let name = given.file.file.display().to_string();
    let (valid, problems) = match spec::read(&name, stack_file::text(&given.file)?) {
        Ok(reading) => (true, reading.warnings),
        Err(problems) => (false, problems),
    };
    let document = json!({ "format_version": 1, "valid": valid, "diagnostics": problems });
    terminal.data(&if given.format == Format::Json {
        format!("{document:#}\n")
    } else {
        format!("{document}\n")
    })?;
    Ok(if valid { Exit::Done } else { Exit::Failed })
}
