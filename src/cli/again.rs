//! The command line of this process, as a person would type it.
//!
//! May depend on nothing. Invariant: a shell takes it as it was given, but for what is no text.

use std::path::Path;

/// The command that was given; without the saved plan, which can be carried out only once.
pub(super) fn again(used: Option<&Path>) -> String {
    let given = std::env::args_os().skip(1);
    let given = given.filter(|word| used.is_none_or(|path| Path::new(word) != path));
    let words = given.map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("qpiac".to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_as_it_was() {
        for (word, expected) in [
            ("--yes", "--yes"),
            ("", "''"),
            ("my plan", "'my plan'"),
            ("it's", r"'it'\''s'"),
            ("$(rm)", "'$(rm)'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
