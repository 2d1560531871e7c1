//! Reading the stack file, with everything that is wrong with it.
//!
//! May depend on `spec` and `render`. Invariant: nothing goes on with a file that has an error.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail};

use super::arguments::File;
use super::terminal::Terminal;
use super::{Misuse, sources};
use crate::spec::diagnostic::{Diagnostics, Style};
use crate::spec::{self, Reading, Spec};

/// What the stack file is called, unless another one is named.
pub(super) const USUAL: &str = "stack.yaml";

/// Stands for the standard streams.
pub(super) const STREAM: &str = "-";

/// The text of a stack file, or of the standard input.
pub(super) fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    let path = file.display();
    if file == Path::new(STREAM) {
        let mut text = Vec::new();
        let read = std::io::stdin().read_to_end(&mut text);
        return read.map(|_| text).context("cannot read the standard input");
    }
    match std::fs::read(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("there is no file {path}\nhint: name another, or let `qpiac init` write one")
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}

/// The stack that the file describes, or nothing after its errors were shown. What it is only warned of is
/// said by the commands that are about the file.
pub(super) fn read(file: &File, terminal: &Terminal) -> anyhow::Result<Option<Spec>> {
    match load(file, terminal)? {
        Ok(reading) => Ok(Some(reading.spec)),
        Err(problems) => {
            refuse(file, &problems, terminal);
            Ok(None)
        }
    }
}

/// What the file says, with the images that the command line and the environment put into its
/// place, or what is wrong with it.
pub(super) fn load(
    file: &File,
    terminal: &Terminal,
) -> anyhow::Result<Result<Reading, Diagnostics>> {
    let mut reading = match spec::read(&file.file.display().to_string(), bytes(&file.file)?) {
        Ok(reading) => reading,
        Err(problems) => return Ok(Err(problems)),
    };
    let variable = |name: &str| std::env::var(name).ok();
    sources::substitute(&mut reading.spec, &file.image, &variable)?;
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for stranger in sources::strangers(&reading.spec, names) {
        terminal.line(&stranger);
    }
    Ok(Ok(reading))
}

/// Shows why the file cannot be used.
pub(super) fn refuse(file: &File, problems: &Diagnostics, terminal: &Terminal) {
    refuse_named(&file.file.display().to_string(), problems, terminal);
}

/// Shows why a file of this name cannot be used.
pub(super) fn refuse_named(path: &str, problems: &Diagnostics, terminal: &Terminal) {
    terminal.say(&drawn(problems, terminal));
    let count = problems.errors();
    let plural = if count == 1 { "" } else { "s" };
    terminal.line(&crate::render::message::error(format!(
        "{count} error{plural} in {path}; nothing was changed"
    )));
}

/// Problems as they are drawn on this terminal.
pub(super) fn drawn(problems: &Diagnostics, terminal: &Terminal) -> String {
    problems.render(Style {
        colour: terminal.has_colour(),
        width: terminal.width_of_talk().unwrap_or_else(|| terminal.width()),
        wraps: terminal.width_of_talk().is_some(),
    })
}

/// That the command line and the file mean the same region.
pub(super) fn check_region(given: Option<&str>, spec: &Spec) -> Result<(), Misuse> {
    match given {
        Some(region) if region != spec.region.as_str() => Err(Misuse(format!(
            "--region {region} differs from the stack file's region {}\nhint: leave --region out, or change the file",
            spec.region
        ))),
        Some(_) | None => Ok(()),
    }
}
