//! A text as the tokens that stand in it, one behind the other.
//!
//! Depends on the parser of this room. Invariant: the tokens are all of the text but its blanks and
//! line breaks; what is a comment, a key or a value is what the parser says.

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, StructureStyle};

use crate::spec::parse::DEPTH_LIMIT;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bracket or brace that opens.
    Open,
    /// A bracket or brace that closes.
    Close,
    Comma,
    Colon,
    /// `?` in front of a key.
    Question,
    /// `-` in front of an item.
    Dash,
    /// An anchor, a tag, the head of a block scalar, or a mark of the document.
    Word,
    Alias,
    /// A scalar that may go on in the next line, without quotes or with single ones.
    Scalar,
    /// The same in double quotes, where a blank behind a backslash counts.
    Escaped,
    /// The lines of a block scalar.
    Block,
    Comment,
}

/// A part of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'text> {
    pub(super) kind: Kind,
    pub(super) text: &'text str,
    /// Its first byte.
    start: usize,
    /// Line breaks between the token before and this one; at the beginning of the text at least one.
    pub(super) breaks: usize,
    /// Column, from 0.
    pub(super) column: usize,
    /// Whether it is a key of a map in block style.
    pub(super) is_key: bool,
}

/// What the parser says of a part of the text.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    kind: Kind,
    is_key: bool,
}

/// The tokens of a text, or nothing where it is no YAML.
pub(super) fn scan(text: &str) -> Option<Vec<Token<'_>>> {
    let mut scan = Scan {
        text,
        at: 0,
        breaks: 1,
        flow: 0,
        mark: (0, 0),
        tokens: Vec::new(),
    };
    for piece in pieces(text)? {
        scan.gap(piece.start.max(scan.at));
        match piece.kind {
            Kind::Block => scan.block(piece.end),
            kind => {
                scan.flow += usize::from(kind == Kind::Open);
                scan.flow -= usize::from(kind == Kind::Close).min(scan.flow);
                let end = piece.end.max(scan.at);
                scan.push(kind, scan.at, end, piece.is_key);
            }
        }
    }
    scan.gap(text.len());
    Some(scan.tokens)
}

/// What the parser finds in the text, in its order.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEPTH_LIMIT,
        block_nesting_limit: DEPTH_LIMIT,
        emit_comments: true,
    };
    let mut pieces = Vec::new();
    let mut keys = Keys::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let range = span.byte_range()?;
        let is_key = keys.see(&event);
        let kind = match &event {
            Event::Comment(..) => Kind::Comment,
            Event::Alias(_) => Kind::Alias,
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => Kind::Block,
            Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) => Kind::Escaped,
            Event::Scalar(..) => Kind::Scalar,
            Event::SequenceStart(StructureStyle::Flow, ..)
            | Event::MappingStart(StructureStyle::Flow, ..) => Kind::Open,
            Event::SequenceEnd | Event::MappingEnd => Kind::Close,
            _ => continue,
        };
        // The end of what has no brackets takes no room, nor does a value that is left out.
        if !range.is_empty() || kind == Kind::Block {
            pieces.push(Piece {
                start: range.start,
                end: range.end,
                kind,
                is_key,
            });
        }
    }
    pieces.sort_by_key(|piece| piece.start);
    Some(pieces)
}

/// Which nodes are keys of maps in block style.
#[derive(Default)]
struct Keys {
    /// For each open collection: whether it is a map in block style, and whether a key comes next.
    open: Vec<(Option<bool>, bool)>,
}

impl Keys {
    fn see(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Scalar(..) | Event::Alias(_) => self.node(),
            Event::SequenceStart(..) => {
                self.node();
                self.open.push((None, false));
                false
            }
            Event::MappingStart(style, ..) => {
                self.node();
                self.open
                    .push((Some(*style == StructureStyle::Block), true));
                false
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                false
            }
            _ => false,
        }
    }

    fn node(&mut self) -> bool {
        match self.open.last_mut() {
            Some((Some(is_block), comes_next)) => {
                let is_key = *comes_next;
                *comes_next = !is_key;
                is_key && *is_block
            }
            Some((None, _)) | None => false,
        }
    }
}

struct Scan<'text> {
    text: &'text str,
    at: usize,
    breaks: usize,
    flow: usize,
    /// A place of which the column is known, and that column.
    mark: (usize, usize),
    tokens: Vec<Token<'text>>,
}

impl Scan<'_> {
    /// What stands between two pieces: blanks, indicators, anchors and tags.
    fn gap(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.text[self.at..end];
            let Some(first) = rest.chars().next() else {
                return;
            };
            let kind = match first {
                '\n' => {
                    self.breaks += 1;
                    self.at += 1;
                    continue;
                }
                ' ' | '\t' => {
                    self.at += 1;
                    continue;
                }
                ',' if self.flow > 0 => Some(Kind::Comma),
                ':' => Some(Kind::Colon),
                '?' => Some(Kind::Question),
                '-' if rest.len() == 1 || rest[1..].starts_with([' ', '\t', '\n']) => {
                    Some(Kind::Dash)
                }
                _ => None,
            };
            let length = match kind {
                Some(_) => first.len_utf8(),
                None => word(rest, self.flow > 0),
            };
            let start = self.at;
            self.push(kind.unwrap_or(Kind::Word), start, start + length, false);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, is_key: bool) {
        let text = self.text[start..end].trim_end_matches([' ', '\t', '\n']);
        let column = self.column(start);
        self.tokens.push(Token {
            kind,
            text,
            start,
            breaks: std::mem::take(&mut self.breaks),
            column,
            is_key,
        });
        self.at = end;
    }

    /// The column of a place behind those that were asked for before.
    fn column(&mut self, place: usize) -> usize {
        let (mark, known) = self.mark;
        let passed = &self.text[mark..place];
        let column = match passed.rfind('\n') {
            Some(at) => passed[at + 1..].chars().count(),
            None => known + passed.chars().count(),
        };
        self.mark = (place, column);
        column
    }

    /// The lines of a block scalar, from the one behind its head. Empty lines at its end belong to it
    /// only where its head says so.
    fn block(&mut self, end: usize) {
        let is_head =
            |token: &&Token<'_>| token.kind == Kind::Word && token.text.starts_with(['|', '>']);
        let head = self.tokens.iter().rev().find(is_head);
        let keeps = head.is_some_and(|head| head.text.contains('+'));
        // The parser's place is behind the indentation, and behind empty lines in front.
        let behind = self
            .tokens
            .last()
            .map_or(0, |last| last.start + last.text.len());
        let start = self.text[behind..].find('\n').map(|at| behind + at + 1);
        let Some(start) = start.filter(|start| *start < end) else {
            return;
        };
        let lines = &self.text[start..end];
        let whole = match lines.rfind('\n') {
            // The last line is the indentation of what follows.
            Some(at) if lines[at..].trim().is_empty() => &lines[..at],
            Some(_) | None => lines,
        };
        let body = if keeps { whole } else { trimmed(whole) };
        self.tokens.push(Token {
            kind: Kind::Block,
            text: body,
            start,
            breaks: 1,
            column: 0,
            is_key: false,
        });
        self.at = end;
        let behind = &self.text[start + body.len()..end];
        self.breaks = behind.matches('\n').count();
    }
}

/// Lines without the empty ones at their end.
fn trimmed(lines: &str) -> &str {
    let end = lines.trim_end_matches([' ', '\n']).len();
    match lines[end..].find('\n') {
        Some(at) => &lines[..end + at],
        None => lines,
    }
}

/// Length of a word: up to a blank, and among brackets up to a comma or bracket as well.
fn word(text: &str, in_flow: bool) -> usize {
    let ends = |letter: char| letter.is_whitespace() || in_flow && ",[]{}".contains(letter);
    let length = text.find(ends).unwrap_or(text.len());
    length.max(text.chars().next().map_or(1, char::len_utf8))
}
