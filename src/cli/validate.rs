//! `qpiac validate`.

use serde_json::json;

use super::arguments::{Format, Validate};
use super::terminal::Terminal;
use super::{Exit, sources, stack_file};
use crate::stack;

pub(super) fn run(given: &Validate, terminal: &Terminal) -> anyhow::Result<Exit> {
    let checked = stack_file::load(&given.file, terminal)?.and_then(|reading| {
        let (digests, _) = sources::gather(&given.file, &reading)?;
        Ok((reading, digests))
    });
    if given.format == Format::Human {
        let (reading, digests) = match checked {
            Ok(sound) => sound,
            Err(problems) => {
                stack_file::refuse(&given.file, &problems, terminal);
                return Ok(Exit::Failed);
            }
        };
        terminal.say(&stack_file::drawn(&reading.warnings, terminal));
        let graph = stack::graph(&reading.spec, &stack::Inputs::anywhere(digests));
        let count = graph.nodes().count();
        let path = given.file.file.display();
        let stack = &reading.spec.stack;
        terminal.line(&format!(
            "{path} is valid: stack {stack}, {count} resources."
        ));
        return Ok(Exit::Done);
    }
    let (valid, problems) = match checked {
        Ok((reading, _)) => (true, reading.warnings),
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
