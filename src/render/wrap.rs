//! Long texts in the columns that there are.
//!
//! May depend on nothing. Invariant: nothing is lost, unless a note says how much was cut.

use super::paint::{FAINT, count, paint};
use crate::model::words;

/// Where the attributes of a resource begin.
pub(super) const INDENT: &str = "      ";
/// How much further in the later lines of a value begin.
const HANG: usize = 4;
/// The least room for a word, however narrow it is.
const NARROWEST: usize = 20;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns to fill.
    pub width: usize,
    /// The most lines that one value may take; nothing is cut where this is absent.
    pub value_lines: Option<usize>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            width: 100,
            value_lines: Some(6),
        }
    }
}

/// The value of an attribute in lines, the later ones further in.
pub(super) fn wrapped(layout: Layout, line: &str) -> String {
    let text = line.trim_start();
    let margin = INDENT.len() + line.len() - text.len();
    let lines = broken(text, layout.width, margin, margin + HANG);
    let Some(most) = layout.value_lines.filter(|most| lines.len() > *most) else {
        return lines.join("\n");
    };
    let shown = &lines[..most];
    let left = shown.iter().fold(text, |left, line| {
        left.strip_prefix(line.trim()).map_or(left, str::trim_start)
    });
    let rest = left.chars().count();
    let more = count(rest, "more character", "more characters");
    let note = paint(FAINT, format!("… {more}; -v shows all"));
    format!(
        "{}\n{:margin$}{note}",
        shown.join("\n"),
        "",
        margin = margin + HANG
    )
}

/// Prose in lines of this width, the later ones further in.
pub(super) fn prose(text: &str, width: usize, hang: usize) -> String {
    broken(text, width, 0, hang).join("\n")
}

/// Prose that begins so far in, and goes on so.
pub(super) fn inset(text: &str, width: usize, margin: usize) -> String {
    broken(text, width, margin, margin).join("\n")
}

/// Messages in lines of this width, the later ones further in. What is longer than a line stays whole, so
/// that it can be copied.
pub fn told(text: &str, width: usize) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .flat_map(|line| lines(line, width, 0, HANG, false))
        .collect();
    lines.join("\n")
}

/// The same of one line that begins so far in.
pub(super) fn told_inset(line: &str, width: usize, margin: usize) -> String {
    lines(line, width, margin, margin + HANG, false).join("\n")
}

fn broken(text: &str, width: usize, first: usize, later: usize) -> Vec<String> {
    lines(text, width, first, later, true)
}

fn lines(text: &str, width: usize, first: usize, later: usize, breaks: bool) -> Vec<String> {
    let (first, later) = (" ".repeat(first), " ".repeat(later));
    let room = width.max(later.len() + NARROWEST);
    let options = textwrap::Options::new(room)
        .initial_indent(&first)
        .subsequent_indent(&later)
        .break_words(breaks)
        .word_separator(if breaks {
            textwrap::WordSeparator::AsciiSpace
        } else {
            textwrap::WordSeparator::Custom(words)
        })
        // The hyphens of names are no places to break at.
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_long_words_stay_whole() {
        let text = "note: it is there; `qpiac apply --wait deployed` waits for it, see \
                    arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL now";
        assert_eq!(
            told(text, 40),
            "note: it is there;\n    `qpiac apply --wait deployed` waits\n    for it, see\n    \
             arn:aws:cloudfront::123456789012:distribution/E2QWRUHAPOMQZL\n    now"
        );
        assert_eq!(
            told("an open ` quote and so many words", 24),
            "an open ` quote and so\n    many words"
        );
        assert_eq!(told("a b", usize::MAX), "a b");
    }

    #[test]
    fn what_is_cut_is_counted_to_the_character() {
        let layout = Layout {
            width: 60,
            value_lines: Some(2),
        };
        let cut = |text: &str| {
            let shown = anstream::adapter::strip_str(&wrapped(layout, text)).to_string();
            let (head, note) = shown.split_once('…').expect("a note");
            let number = note.trim().split(' ').next().expect("a number");
            (head.to_owned(), number.parse::<usize>().expect("a number"))
        };
        let words = format!("key: {}", "word ".repeat(60).trim());
        assert_eq!(cut(&words).1, "word ".repeat(40).trim().len());
        let (head, more) = cut(&format!("key: {}", "x".repeat(200)));
        assert_eq!(more, 200 - head.matches('x').count());
    }
}
