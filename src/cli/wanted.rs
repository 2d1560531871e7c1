//! What a stack file wants, with what it refers to packed.
//!
//! May depend on `spec`, `package` and `stack`. Invariant: nothing goes on with a file that has an
//! error, or that refers to something that is not there.

use super::terminal::Terminal;
use super::{arguments, cloud, sources, stack_file};
use crate::model::Contents;
use crate::spec::Spec;
use crate::spec::diagnostic::Diagnostics;
use crate::stack::Digests;

/// A spec, and what its digests stand for.
pub(super) struct Wanted {
    pub(super) spec: Spec,
    pub(super) digests: Digests,
    pub(super) contents: Contents,
}

/// What the file wants, or nothing after its errors were shown.
pub(super) async fn wanted(
    given: &arguments::Wanted,
    terminal: &Terminal,
) -> anyhow::Result<Option<Wanted>> {
    match made(given, terminal).await? {
        Ok(wanted) => Ok(Some(wanted)),
        Err(problems) => {
            stack_file::refuse(&given.file, &problems, terminal);
            Ok(None)
        }
    }
}

/// The same, or what is wrong with the file. For the sandbox no command of the user's is run.
async fn made(
    given: &arguments::Wanted,
    terminal: &Terminal,
) -> anyhow::Result<Result<Wanted, Diagnostics>> {
    let file = &given.file;
    let reading = match stack_file::load(file, terminal)? {
        Ok(reading) => reading,
        Err(problems) => return Ok(Err(problems)),
    };
    if cloud::sandbox_file(&given.cloud).is_none()
        && let Err(problems) = sources::build_functions(file, &reading, terminal).await
    {
        return Ok(Err(problems));
    }
    Ok(sources::gather(file, &reading).map(|(digests, contents)| {
        terminal.say(&stack_file::drawn(&reading.warnings, terminal));
        Wanted {
            spec: reading.spec,
            digests,
            contents,
        }
    }))
}
