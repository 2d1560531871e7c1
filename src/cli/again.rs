//! The command line of this process, as a person would type it.
//!
//! May depend on nothing. Invariant: a shell takes it as it was given.

/// The command that was given.
pub(super) fn again() -> String {
    let quoted = std::env::args().skip(1).map(|word| {
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
