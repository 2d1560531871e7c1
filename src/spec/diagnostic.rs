//! What is wrong with a stack file, where, what was expected instead, and what to do.
//!
//! May depend on `model`. Invariant: diagnostics come out sorted by their place in
//! the file, whatever order they were found in.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::model::words;

/// The least room for a word, in columns.
const NARROWEST: usize = 20;

/// A part of the file's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte behind the last one.
    pub end: usize,
}

/// A place in the file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column in characters.
    pub column: usize,
}

/// Whether a diagnostic stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and probably says something that was not meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the run.
    pub severity: Severity,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// The text that is wrong.
    pub span: Span,
    /// What would be right there.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error at a part of the text.
    pub fn error(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span,
            expected: None,
            hint: None,
            related: Vec::new(),
        }
    }

    /// A warning at a part of the text.
    pub fn warning(span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(span, message)
        }
    }

    /// Says what would be right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }
}

/// How diagnostics are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether terminal colours are used.
    pub colour: bool,
    /// Columns to draw in; longer lines of the file are cut around the place that is wrong.
    pub width: usize,
    /// Whether what is said below is broken into these columns too, as for a person at a terminal.
    pub wraps: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
            wraps: false,
        }
    }
}

/// Everything that is wrong with one file, sorted by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    file: String,
    text: String,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The diagnostics of a file with this name and text.
    pub fn new(file: &str, text: &str, mut list: Vec<Diagnostic>) -> Self {
        for diagnostic in &mut list {
            diagnostic.span = fitted(text, diagnostic.span);
            for (span, _) in &mut diagnostic.related {
                *span = fitted(text, *span);
            }
        }
        list.sort_by(|a, b| {
            (a.span, a.severity, &a.message).cmp(&(b.span, b.severity, &b.message))
        });
        list.dedup();
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            list,
        }
    }

    /// Other diagnostics of the same file.
    pub fn of_the_same_file(&self, list: Vec<Diagnostic>) -> Self {
        Self::new(&self.file, &self.text, list)
    }

    /// The diagnostics, sorted by place.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of them stop the run.
    pub fn errors(&self) -> usize {
        self.iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .count()
    }

    /// Where a part of the text begins.
    pub fn position(&self, span: Span) -> Position {
        let before = &self.text[..fitted(&self.text, span).start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Draws each diagnostic with its line, a caret under the text and its notes, one empty line
    /// between two of them.
    pub fn render(&self, style: Style) -> String {
        let renderer = if style.colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .term_width(style.width);
        let mut out = String::new();
        for diagnostic in self.iter() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(
                renderer
                    .render(&[self.group(
                        diagnostic,
                        if style.wraps { style.width } else { usize::MAX },
                    )])
                    .trim_end(),
            );
            out.push('\n');
        }
        out
    }

    fn group<'a>(&'a self, diagnostic: &'a Diagnostic, width: usize) -> Group<'a> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut snippet = Snippet::source(self.text.as_str())
            .path(self.file.as_str())
            .annotation(AnnotationKind::Primary.span(self.first_line(diagnostic.span)));
        for (span, words) in &diagnostic.related {
            let annotation = AnnotationKind::Context
                .span(self.first_line(*span))
                .label(words.as_str());
            snippet = snippet.annotation(annotation);
        }
        let mut group = level
            .primary_title(diagnostic.message.as_str())
            .element(snippet);
        // Line numbers stand in front of everything.
        let last = diagnostic.related.iter().map(|(span, _)| *span);
        let last = last
            .chain([diagnostic.span])
            .map(|span| self.position(span).line);
        let digits = last.max().unwrap_or_default().to_string().len();
        let fitted = |name: &str, text: &str| {
            let before = digits + " = ".len() + name.len() + ": ".len();
            let options = textwrap::Options::new(width.saturating_sub(before).max(NARROWEST))
                .break_words(false)
                .word_separator(textwrap::WordSeparator::Custom(words))
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            textwrap::fill(text, options)
        };
        if let Some(expected) = &diagnostic.expected {
            let text = fitted("expected", expected);
            group = group.element(Level::NOTE.with_name("expected").message(text));
        }
        if let Some(hint) = &diagnostic.hint {
            let text = fitted("hint", hint);
            group = group.element(Level::HELP.with_name("hint").message(text));
        }
        group
    }

    /// A whole section under carets is hard to read: its first line says which one it is.
    fn first_line(&self, span: Span) -> std::ops::Range<usize> {
        let marked = &self.text[span.start..span.end];
        let line = marked.split(['\n', '\r']).next().unwrap_or(marked);
        span.start..span.start + line.trim_end().len()
    }
}

/// The nearest span that lies within the text and between characters.
fn fitted(text: &str, span: Span) -> Span {
    let start = text.floor_char_boundary(span.start);
    let end = text.floor_char_boundary(span.end).max(start);
    Span { start, end }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.render(Style::default()).trim_end())
    }
}

impl std::error::Error for Diagnostics {}

#[derive(Serialize)]
struct Shown<'a> {
    severity: Severity,
    message: &'a str,
    file: &'a str,
    #[serde(flatten)]
    start: Position,
    end: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<ShownRelated<'a>>,
}

#[derive(Serialize)]
struct ShownRelated<'a> {
    message: &'a str,
    #[serde(flatten)]
    start: Position,
}

/// A list of objects with `severity`, `message`, `file`, `line`, `column`, `end`, and where known
/// `expected`, `hint` and `related`.
impl Serialize for Diagnostics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.list.len()))?;
        for diagnostic in self.iter() {
            let after = Span {
                start: diagnostic.span.end,
                end: diagnostic.span.end,
            };
            list.serialize_element(&Shown {
                severity: diagnostic.severity,
                message: &diagnostic.message,
                file: &self.file,
                start: self.position(diagnostic.span),
                end: self.position(after),
                expected: diagnostic.expected.as_deref(),
                hint: diagnostic.hint.as_deref(),
                related: diagnostic
                    .related
                    .iter()
                    .map(|(span, message)| ShownRelated {
                        message,
                        start: self.position(*span),
                    })
                    .collect(),
            })?;
        }
        list.end()
    }
}
