//! Where lines of messages may be broken.
//!
//! May depend on nothing. Invariant: a command or a snippet in backquotes is one word, so that it can be
//! copied.

use textwrap::core::Word;

/// The words of a line; what stands between two backquotes is one.
pub fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut starts = vec![0];
    let mut is_quoted = false;
    let mut was_space = false;
    for (at, c) in line.char_indices() {
        if was_space && c != ' ' && !is_quoted {
            starts.push(at);
        }
        if c == '`' {
            // One that is never closed quotes nothing.
            is_quoted = !is_quoted && line[at + 1..].contains('`');
        }
        was_space = c == ' ';
    }
    starts.push(line.len());
    let words: Vec<&str> = starts
        .windows(2)
        .map(|pair| &line[pair[0]..pair[1]])
        .filter(|word| !word.is_empty())
        .collect();
    Box::new(words.into_iter().map(Word::from))
}
