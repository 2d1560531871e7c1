//! The canonical form of a stack file: how `qpiac fmt` writes it.
//!
//! Depends on the parser, the shapes and the diagnostics of this room. Invariant: lines stay lines.
//! What a file says, and every comment in it, is the same behind it, or the file is left alone.

mod indent;
mod order;
mod print;
mod tokens;

use super::diagnostic::Diagnostics;
use super::{Reading, read, root_shape};

/// Why a file is not put into its form.
#[derive(Debug)]
pub enum Unformatted {
    /// It is no stack file.
    Problems(Diagnostics),
    /// It would say something else in that form.
    Unsafe,
}

/// The text of a stack file in its canonical form. `file_name` is what diagnostics call it.
///
/// # Errors
/// Everything that is wrong with the file, or that the form would change what it says.
pub fn format(file_name: &str, source: impl AsRef<[u8]>) -> Result<String, Unformatted> {
    let source = source.as_ref();
    let before = read(file_name, source).map_err(Unformatted::Problems)?;
    let text = String::from_utf8_lossy(source);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some(tokens) = tokens::scan(&text) else {
        return Err(Unformatted::Unsafe);
    };
    let lines = indent::lines(&tokens);
    let sections: Vec<&str> = root_shape().keys.iter().map(|key| key.name).collect();
    let sorted = order::sorted(&lines, &sections);
    // A section that repeats a value of another one must stay behind it.
    let forms = [print::text(&sorted), print::text(&lines)];
    let same = |form: &String| says_the_same(&before, &text, form);
    forms.into_iter().find(same).ok_or(Unformatted::Unsafe)
}

/// Whether another text says what a reading of this one found, in the same comments.
fn says_the_same(before: &Reading, text: &str, other: &str) -> bool {
    let Ok(after) = read("", other) else {
        return false;
    };
    let warnings = |reading: &Reading| {
        let mut messages: Vec<String> =
            reading.warnings.iter().map(|w| w.message.clone()).collect();
        messages.sort();
        messages
    };
    let comments = comments(text);
    before.spec == after.spec
        && warnings(before) == warnings(&after)
        && comments.is_some()
        && comments == self::comments(other)
}

/// The comments of a text, sorted.
fn comments(text: &str) -> Option<Vec<&str>> {
    let mut comments: Vec<&str> = tokens::scan(text)?
        .iter()
        .filter(|token| token.kind == tokens::Kind::Comment)
        .map(|token| token.text)
        .collect();
    comments.sort_unstable();
    Some(comments)
}

#[cfg(test)]
mod tests;
