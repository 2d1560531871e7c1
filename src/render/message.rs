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

/// `hint: ...`.
pub fn hint(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(HINT.bold(), "hint:"))
}

/// `note: ...`.
pub fn note(message: impl std::fmt::Display) -> String {
    format!("{} {message}", paint(STRONG, "note:"))
}
