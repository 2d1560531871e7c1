//! The command line of this process, as a person would type it.
//!
//! May depend on nothing. Invariant: a shell takes it as it was given.

use std::path::Path;

/// The command that was given; without the saved plan, which can be carried out only once.
pub(super) fn again(used: Option<&Path>) -> String {
    let given = std::env::args().skip(1);
    let given = given.filter(|word| used.is_none_or(|path| Path::new(word) != path));
    let quoted = given.map(|word| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("qpiac".to_owned())
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}
