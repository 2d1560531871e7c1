//! The stack that a command is about, where it needs no more of it than whose it is.
//!
//! May depend on `spec` and `stack`. Invariant: a stack by name needs no file.

use super::arguments::Subject;
use super::stack_file;
use super::terminal::Terminal;
use crate::model::Owner;
use crate::spec::Spec;
use crate::stack;

/// A stack, and what is known of it.
pub(super) struct Known {
    pub(super) owner: Owner,
    /// The only account that may be meant.
    pub(super) account: Option<String>,
    /// What the stack's file says, where it is meant by its file.
    pub(super) spec: Option<Spec>,
}

impl Known {
    /// What is known of the stack that a file describes.
    pub(super) fn of_spec(spec: &Spec) -> Self {
        Self {
            owner: stack::owner(spec),
            account: spec.account.as_ref().map(ToString::to_string),
            spec: Some(spec.clone()),
        }
    }
}

/// The stack that is meant, by name or by its file; nothing after the file's errors were shown.
pub(super) fn known(given: &Subject, terminal: &Terminal) -> anyhow::Result<Option<Known>> {
    if let (Some(stack), Some(region)) = (&given.stack, &given.cloud.region) {
        return Ok(Some(Known {
            owner: Owner::new(stack, region),
            account: None,
            spec: None,
        }));
    }
    let Some(spec) = stack_file::read(&given.file, terminal)? else {
        terminal.line(&crate::render::message::hint(
            "with `--stack NAME --region REGION` this needs no stack file",
        ));
        return Ok(None);
    };
    stack_file::check_region(given.cloud.region.as_deref(), &spec)?;
    Ok(Some(Known::of_spec(&spec)))
}
