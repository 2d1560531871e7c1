//! The command of the user's that makes a function's code before it is packed.
//!
//! May depend on `process`. Invariant: a command runs in its directory and as it is written; no
//! shell looks at it.

use std::path::Path;

use tokio::process::Command;

use super::process;

/// A command of the user's failed.
#[derive(Debug, thiserror::Error)]
#[error("`{command}` failed: {why}")]
pub struct CommandFailed {
    /// The command.
    pub command: String,
    /// How it ended, with what it said at last.
    pub why: String,
}

/// Runs a command, the program and its arguments, in a directory. Each line that it says goes to
/// `tell`.
///
/// # Errors
/// [`CommandFailed`] where it cannot be started or ends with an error.
pub async fn run_command(
    words: &[String],
    directory: &Path,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<(), CommandFailed> {
    let failed = |why: String| CommandFailed {
        command: words.join(" "),
        why,
    };
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed("it has no word".to_owned()));
    };
    let directory = directory
        .canonicalize()
        .map_err(|e| failed(e.to_string()))?;
    let mut command = if program.contains('/') {
        Command::new(directory.join(program))
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(&directory);
    process::run(command, None, tell)
        .await
        .map_err(|error| failed(error.to_string()))
}
