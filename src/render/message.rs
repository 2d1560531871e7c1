//! Errors, hints and notes in one style.
//!
//! May depend on nothing. Invariant: a message begins with a word that says what it is, so that
//! colour is not needed.

use super::paint::{BAD, CAUTION, HINT, STRONG, paint};

/// `error: ...`.
pub fn error(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(BAD.bold(), "error:"))
}

/// `warning: ...`.
pub fn warning(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(CAUTION.bold(), "warning:"))
}

/// The same where lines of the message begin with `hint: `.
pub fn warning_with_hints(message: &str) -> String {
    let (hints, said): (Vec<&str>, Vec<&str>) =
        message.lines().partition(|line| line.starts_with("hint: "));
    let hints = hints.iter().map(|line| hint(&line["hint: ".len()..]));
    std::iter::once(warning(said.join("\n")))
        .chain(hints)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `hint: ...`.
pub fn hint(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(HINT.bold(), "hint:"))
}

/// `note: ...`.
pub fn note(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(STRONG, "note:"))
}
