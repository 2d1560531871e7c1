//! Tokens into lines, each with the indentation that it gets.
//!
//! Depends on the tokens of this room. Invariant: what stood on one line stands on one line, and a
//! line stands two columns further in than what it belongs to.

use super::print;
use super::tokens::{Kind, Token};

/// Columns from one level to the next.
pub(super) const STEP: usize = 2;

/// A line as it will be written.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its text, which holds line breaks where a scalar does.
    pub(super) text: String,
    /// Whether an empty line stands in front.
    pub(super) follows_blank: bool,
    /// Columns in front.
    pub(super) indent: usize,
    /// Whether there is nothing but a comment.
    pub(super) is_comment: bool,
    /// The key of the file itself that begins here.
    pub(super) section: Option<String>,
}

/// A collection in block style that is open.
#[derive(Clone, Copy)]
struct Level {
    /// Where its keys or dashes stood.
    column: usize,
    /// Where they will stand.
    indent: usize,
    is_list: bool,
}

/// Where the tokens stand that follow.
#[derive(Default)]
struct State {
    levels: Vec<Level>,
    /// Brackets that are open.
    flow: usize,
}

/// The lines of these tokens.
pub(super) fn lines(tokens: &[Token<'_>]) -> Vec<Line> {
    let mut state = State::default();
    let mut lines = Vec::new();
    let starts = |token: &Token<'_>| token.breaks > 0 && token.kind != Kind::Block;
    let rows: Vec<&[Token<'_>]> = tokens.chunk_by(|_, next| !starts(next)).collect();
    for (row, next) in rows.iter().zip(code_from(&rows)) {
        let Some(first) = row.first() else { continue };
        let is_comment = first.kind == Kind::Comment;
        let indent = if is_comment {
            state.comment(first.column, next)
        } else {
            state.enter(row)
        };
        let section = (state.levels.len() == 1 && state.flow == 0)
            .then(|| row.iter().find(|token| token.is_key))
            .flatten()
            .map(|key| key.text.trim_matches(['"', '\'']).to_owned());
        lines.push(Line {
            text: print::row(row, indent, state.hang(), state.level()),
            follows_blank: first.breaks > 1,
            indent,
            is_comment,
            section,
        });
        state.pass(row);
    }
    lines
}

/// For each row the next one that is more than a comment.
fn code_from<'a, 't>(rows: &[&'a [Token<'t>]]) -> Vec<Option<&'a [Token<'t>]>> {
    let mut next = None;
    let mut found: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| {
            if row.first().is_some_and(|it| it.kind != Kind::Comment) {
                next = Some(*row);
            }
            next
        })
        .collect();
    found.reverse();
    found
}

impl State {
    /// The indentation of a line with something other than a comment.
    fn enter(&mut self, row: &[Token<'_>]) -> usize {
        if self.flow > 0 {
            return self.inside(row);
        }
        let mut first = None;
        let mut rest = row.iter().peekable();
        while let Some(token) = rest.next() {
            let is_mark = token.kind == Kind::Word && token.column == 0 && is_mark(token.text);
            let place = match token.kind {
                _ if is_mark => return 0,
                Kind::Dash => Some((token.column, true)),
                // A key behind `?` stands in the same map.
                Kind::Question => {
                    rest.next_if(|next| next.is_key);
                    Some((token.column, false))
                }
                Kind::Colon => Some((token.column, false)),
                Kind::Word if key_behind(&rest) => {
                    rest.by_ref().find(|next| next.is_key);
                    Some((token.column, false))
                }
                _ if token.is_key => Some((token.column, false)),
                _ => None,
            };
            let Some((column, is_list)) = place else {
                break;
            };
            let indent = self.open(column, is_list);
            first.get_or_insert(indent);
            if !is_list && token.kind != Kind::Colon {
                break;
            }
        }
        first.unwrap_or_else(|| self.hang())
    }

    /// Goes to the collection whose keys or dashes stand in this column.
    fn open(&mut self, column: usize, is_list: bool) -> usize {
        // The dashes of a list may stand below the key that it belongs to.
        self.levels.retain(|level| {
            level.column < column || level.column == column && (is_list || !level.is_list)
        });
        match self.levels.last() {
            Some(level) if level.column == column && level.is_list == is_list => level.indent,
            parent => {
                let indent = parent.map_or(0, |level| level.indent + STEP);
                self.levels.push(Level {
                    column,
                    indent,
                    is_list,
                });
                indent
            }
        }
    }

    /// The indentation of a line among brackets: those that it closes first do not count.
    fn inside(&self, row: &[Token<'_>]) -> usize {
        let closed = row.iter().take_while(|it| it.kind == Kind::Close).count();
        self.base() + STEP * self.flow.saturating_sub(closed)
    }

    /// The indentation of a line with a comment alone: that of what follows, unless it stands
    /// further in and so belongs to what was before.
    fn comment(&self, column: usize, next: Option<&[Token<'_>]>) -> usize {
        if self.flow > 0 {
            return self.base() + STEP * self.flow;
        }
        let next = next.map(|row| {
            let mut ahead = Self {
                levels: self.levels.clone(),
                flow: 0,
            };
            (row[0].column, ahead.enter(row))
        });
        let levels = self.levels.iter().rev();
        let mut around = levels.filter(|level| level.column <= column);
        let around = around.next().map_or(0, |level| level.indent);
        match next {
            Some((of_next, indent)) if column <= of_next => indent,
            // Further in than a line that goes further in itself.
            Some((_, indent)) => indent.max(around),
            None => around,
        }
    }

    /// The indentation of a bracket that closes a value of this line.
    fn base(&self) -> usize {
        let last = self.levels.last();
        last.map_or(0, |level| {
            level.indent + if level.is_list { STEP } else { 0 }
        })
    }

    /// The indentation of lines that go on with a value.
    fn hang(&self) -> usize {
        match self.levels.last() {
            Some(level) if self.flow == 0 => level.indent + STEP,
            Some(_) => self.base() + STEP * self.flow,
            None => 0,
        }
    }

    /// The innermost collection: the column where it stood, and where it will stand.
    fn level(&self) -> (usize, usize) {
        let last = self.levels.last();
        last.map_or((0, 0), |level| (level.column, level.indent))
    }

    fn pass(&mut self, row: &[Token<'_>]) {
        for token in row {
            self.flow += usize::from(token.kind == Kind::Open);
            self.flow -= usize::from(token.kind == Kind::Close).min(self.flow);
        }
    }
}

/// Whether nothing but anchors and tags stands between here and a key.
fn key_behind<'a, 't: 'a>(rest: &(impl Iterator<Item = &'a Token<'t>> + Clone)) -> bool {
    let mut rest = rest.clone().skip_while(|token| token.kind == Kind::Word);
    rest.next().is_some_and(|token| token.is_key)
}

/// Whether a word at the beginning of a line is about the document.
fn is_mark(word: &str) -> bool {
    word == "---" || word == "..." || word.starts_with('%')
}
