//! From the tree to typed sections, collecting every problem on the way.
//!
//! Depends on the tree, the shapes and the diagnostics of this room. Invariant: reading always
//! gives a value; where the file is wrong it is a stand-in marked [`Origin::Broken`], so that the
//! other keys are checked too.

use super::diagnostic::{Diagnostic, Span};
use super::shape::Shape;
use super::tree::{Content, Entry, Node};

/// A type that a value of the file can be read into.
pub(crate) trait FromNode: Sized {
    /// What such a value looks like.
    fn shape() -> Shape;

    /// Reads it; `None` after reporting why not.
    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self>;
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The file.
    Written,
    /// The default: the key is not in the file.
    Default,
    /// A stand-in, wholly or in parts: the file is wrong there, and that has been reported.
    Broken,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    /// Its text; for a default the name of the section it belongs to.
    pub(crate) span: Span,
    /// Where to point when it is meant as a whole: its key, or itself in a list.
    pub(crate) subject: Span,
    pub(crate) origin: Origin,
}

/// A value that the file may leave out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Optional<T> {
    Absent,
    /// The file is wrong there, and that has been reported.
    Broken,
    Given(Spanned<T>),
}

/// Collects the problems of one file.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    problems: Vec<Diagnostic>,
}

impl<T> Spanned<T> {
    /// Whether a check of this value would only repeat what has been reported.
    pub(crate) fn is_broken(&self) -> bool {
        self.origin == Origin::Broken
    }

    /// Whether the file itself says it.
    pub(crate) fn is_written(&self) -> bool {
        self.origin == Origin::Written
    }
}

impl<T> Optional<T> {
    pub(crate) fn given(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Broken => None,
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Broken => true,
            Self::Given(value) => value.is_broken(),
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: FromNode> FromNode for Spanned<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        let before = reader.problems.len();
        let value = T::from_node(node, reader)?;
        let origin = if reader.problems.len() == before {
            Origin::Written
        } else {
            Origin::Broken
        };
        Some(Self {
            value,
            span: node.span,
            subject: node.subject,
            origin,
        })
    }
}

impl Reader {
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// Reports a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, node: &Node, expected: &str, hint: String) {
        let span = if node.is_null() {
            node.subject
        } else {
            node.span
        };
        let found = found(node);
        self.report(Diagnostic::error(span, found).expected(expected).hint(hint));
    }

    /// Opens a section: reports keys that it does not have.
    pub(crate) fn section<'node>(
        &mut self,
        node: &'node Node,
        known: &[&'static str],
    ) -> Option<Keys<'node>> {
        let entries: &[Entry] = match &node.content {
            Content::Map(entries) => entries,
            Content::Scalar(_) if node.is_null() => &[],
            Content::Scalar(_) | Content::List(_) => {
                let expected = format!("a section with the keys {}", listed(known));
                let hint = "write each as `key: value` on a line of its own, indented".to_owned();
                self.wrong_type(node, &expected, hint);
                return None;
            }
        };
        let mut misspelt = Vec::new();
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let near = nearest(&entry.key, known);
                self.report(unknown_key(entry, known, near));
                misspelt.extend(near);
            }
        }
        Some(Keys {
            entries,
            misspelt,
            subject: node.subject,
        })
    }
}

/// The entries of a section that is being read.
pub(crate) struct Keys<'node> {
    entries: &'node [Entry],
    /// Keys that unknown ones are probably meant to be.
    misspelt: Vec<&'static str>,
    subject: Span,
}

impl Keys<'_> {
    fn find(&self, name: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|entry| entry.key == name)
            .map(|entry| &entry.value)
    }

    /// A key that must be there; `example` stands in where it is not.
    pub(crate) fn required<T: FromNode>(
        &self,
        reader: &mut Reader,
        name: &str,
        example: &str,
    ) -> Spanned<T> {
        match self.find(name) {
            Some(node) => Spanned::from_node(node, reader)
                .unwrap_or_else(|| stand_in(example, node.span, Origin::Broken)),
            None => {
                if !self.misspelt.contains(&name) {
                    reader.report(
                        Diagnostic::error(self.subject, format!("the key `{name}` is missing"))
                            .expected(T::shape().described())
                            .hint(format!("for example `{name}: {example}`")),
                    );
                }
                stand_in(example, self.subject, Origin::Broken)
            }
        }
    }

    /// A key with a default.
    pub(crate) fn defaulted<T: FromNode>(
        &self,
        reader: &mut Reader,
        name: &str,
        default: &str,
    ) -> Spanned<T> {
        match self.find(name) {
            Some(node) => Spanned::from_node(node, reader)
                .unwrap_or_else(|| stand_in(default, node.span, Origin::Broken)),
            None if self.misspelt.contains(&name) => {
                stand_in(default, self.subject, Origin::Broken)
            }
            None => stand_in(default, self.subject, Origin::Default),
        }
    }

    /// A key that may be left out.
    pub(crate) fn optional<T: FromNode>(&self, reader: &mut Reader, name: &str) -> Optional<T> {
        match self.find(name) {
            Some(node) => {
                Spanned::from_node(node, reader).map_or(Optional::Broken, Optional::Given)
            }
            None if self.misspelt.contains(&name) => Optional::Broken,
            None => Optional::Absent,
        }
    }
}

fn stand_in<T: FromNode>(text: &str, span: Span, origin: Origin) -> Spanned<T> {
    let mut scratch = Reader::default();
    let value = T::from_node(&Node::declared(text, span), &mut scratch)
        .expect("a declared default or example reads");
    Spanned {
        value,
        span,
        subject: span,
        origin,
    }
}

fn unknown_key(entry: &Entry, known: &[&'static str], near: Option<&str>) -> Diagnostic {
    let message = format!("unknown key `{}`", shortened(&entry.key));
    let problem =
        Diagnostic::error(entry.span, message).expected(format!("one of {}", listed(known)));
    match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("remove it, or look at the indentation"),
    }
}

/// The known word that a misspelt one is probably meant to be.
pub(crate) fn nearest<'word>(text: &str, known: &[&'word str]) -> Option<&'word str> {
    let folded = text.to_lowercase().replace('-', "_");
    known
        .iter()
        .map(|word| (likeness(&folded, &word.replace('-', "_")), *word))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// How much two words have in common, from 0 to 1. One letter too many, too few, wrong or in the
/// place of its neighbour is little, also in short words.
fn likeness(one: &str, other: &str) -> f64 {
    let likeness = strsim::jaro_winkler(one, other);
    let short = one.len().min(other.len()) < 3;
    if !short && strsim::damerau_levenshtein(one, other) == 1 {
        likeness.max(0.8)
    } else {
        likeness
    }
}

/// Words as a list for people.
pub(crate) fn listed<T: std::fmt::Display>(words: &[T]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn found(node: &Node) -> String {
    use super::tree::Meaning;
    match &node.content {
        Content::List(_) => "this is a list".to_owned(),
        Content::Map(_) => "this is a section".to_owned(),
        Content::Scalar(scalar) => match scalar.meaning() {
            Meaning::Null => "there is no value".to_owned(),
            Meaning::Bool(_) => format!("`{}` is a boolean", scalar.text),
            Meaning::Integer(_) | Meaning::Float => {
                format!("`{}` is a number", shortened(&scalar.text))
            }
            Meaning::Text => format!("`{}` is text", shortened(&scalar.text)),
        },
    }
}

/// A text of the file as it may stand in a message.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    if text.chars().count() > LIMIT {
        let start: String = text.chars().take(LIMIT).collect();
        format!("{}…", start.escape_debug())
    } else {
        text.escape_debug().to_string()
    }
}
