//! Lines as text.
//!
//! Depends on the tokens and lines of this room. Invariant: one blank between two tokens, or none;
//! no line ends with a blank, except where a scalar says so.

use super::indent::Line;
use super::tokens::{Kind, Token};

const BLANKS: [char; 2] = [' ', '\t'];

/// All lines as one text.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        if line.follows_blank && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&" ".repeat(line.indent));
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}

/// The tokens of a line. Scalars that go on stand at `hang` there; those in block style belong to a
/// collection that stood in one column and will stand in another.
pub(super) fn row(row: &[Token<'_>], indent: usize, hang: usize, level: (usize, usize)) -> String {
    let mut text = String::new();
    let mut before: Option<&Token<'_>> = None;
    for token in row {
        if token.kind == Kind::Block {
            let head = row.iter().rev().find(|token| token.kind == Kind::Word);
            let given = head.and_then(|head| head.text.chars().find_map(|c| c.to_digit(10)));
            text.push_str(&block(token.text, given.map(|given| given as usize), level));
            continue;
        }
        if before.is_some_and(|before| parted(before, token)) {
            text.push(' ');
        }
        text.push_str(&scalar(token, hang.max(indent)));
        before = Some(token);
    }
    text
}

/// Whether there is a blank between two tokens.
fn parted(before: &Token<'_>, token: &Token<'_>) -> bool {
    match (before.kind, token.kind) {
        (_, Kind::Comment) => true,
        (_, Kind::Comma) => before.kind == Kind::Colon,
        (Kind::Alias | Kind::Word | Kind::Comma | Kind::Colon, Kind::Colon) => true,
        (Kind::Open, Kind::Colon) => before.text == "{",
        (_, Kind::Colon) => false,
        (Kind::Open, Kind::Close) => false,
        (Kind::Open, _) => before.text == "{",
        (Kind::Colon, Kind::Close) => true,
        (_, Kind::Close) => token.text == "}",
        (_, _) => true,
    }
}

/// A token whose further lines, if it has any, begin in this column.
fn scalar(token: &Token<'_>, hang: usize) -> String {
    let keeps_end = |line: &str| token.kind == Kind::Escaped && line.trim_end().ends_with('\\');
    let mut text = String::new();
    for (at, line) in token.text.split('\n').enumerate() {
        let line = if keeps_end(line) {
            line
        } else {
            line.trim_end_matches(BLANKS)
        };
        if at == 0 {
            text.push_str(line);
            continue;
        }
        text.push('\n');
        let line = line.trim_start_matches(BLANKS);
        if !line.is_empty() {
            text.push_str(&" ".repeat(hang));
            text.push_str(line);
        }
    }
    text
}

/// The lines of a block scalar, moved as a whole. `given` is the indentation that its head names.
fn block(lines: &str, given: Option<usize>, (column, indent): (usize, usize)) -> String {
    let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = lines
        .split('\n')
        .find(|line| !line.trim_matches(' ').is_empty());
    let (old, new) = match given {
        Some(given) => (column + given, indent + given),
        None => (first.map_or(0, blanks), indent + super::indent::STEP),
    };
    let mut text = String::new();
    for line in lines.split('\n') {
        text.push('\n');
        let rest = &line[blanks(line).min(old)..];
        if !rest.is_empty() {
            text.push_str(&" ".repeat(new));
            text.push_str(rest);
        }
    }
    text
}
