//! The file as a tree in which every key and value knows its place.
//!
//! Depends on the diagnostics of this room. Invariant: a scalar keeps the text that was written;
//! what it means is decided by whoever reads it.

use super::diagnostic::Span;
use super::parse::parse;

/// A value of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Text of the value.
    pub(crate) span: Span,
    /// Where to point when the value as a whole is meant: its key, or itself in a list.
    pub(crate) subject: Span,
    /// The value.
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file; no key stands twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Text of the key.
    pub(crate) span: Span,
    /// The value.
    pub(crate) value: Node,
}

/// A single value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    /// Its text, without quotes.
    pub(crate) text: String,
    /// Whether it stands without quotes, so that it may mean something other than text.
    pub(crate) plain: bool,
}

/// What a scalar means by the core schema of YAML 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Null,
    Bool(bool),
    /// `None` where it does not fit.
    Integer(Option<i64>),
    Float,
    Text,
}

impl Scalar {
    pub(crate) fn meaning(&self) -> Meaning {
        if !self.plain {
            return Meaning::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
            "true" | "True" | "TRUE" => return Meaning::Bool(true),
            "false" | "False" | "FALSE" => return Meaning::Bool(false),
            _ => {}
        }
        let digits = self.text.trim_start_matches(['+', '-']);
        let signs = self.text.len() - digits.len();
        if !digits.is_empty() && signs <= 1 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Meaning::Integer(self.text.parse().ok());
        }
        let octal = self.text.strip_prefix("0o").map(|rest| (rest, 8));
        let hexadecimal = self.text.strip_prefix("0x").map(|rest| (rest, 16));
        if let Some((rest, radix)) = octal.or(hexadecimal)
            && !rest.is_empty()
            && rest.chars().all(|digit| digit.is_digit(radix))
        {
            return Meaning::Integer(i64::from_str_radix(rest, radix).ok());
        }
        let named = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&digits);
        let decimal = self.text.bytes().any(|byte| byte.is_ascii_digit())
            && self
                .text
                .bytes()
                .all(|byte| b"0123456789+-.eE".contains(&byte))
            && self.text.parse::<f64>().is_ok();
        if named || decimal {
            Meaning::Float
        } else {
            Meaning::Text
        }
    }
}

impl Node {
    /// The value that `text`, a declaration in this crate, stands for; every part of it claims to
    /// stand at `span`.
    pub(crate) fn declared(text: &str, span: Span) -> Self {
        let (mut node, _) = parse(text).expect("a declared value is YAML");
        node.move_to(span);
        node
    }

    /// Whether nothing is written here.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(scalar) if scalar.meaning() == Meaning::Null)
    }

    /// The section that a short form stands for: its only key is `key`, its value this node.
    pub(crate) fn widened(&self, key: &str) -> Option<Self> {
        if self.is_null() || matches!(self.content, Content::Map(_)) {
            return None;
        }
        let entry = Entry {
            key: key.to_owned(),
            span: self.subject,
            value: self.clone(),
        };
        Some(Self {
            span: self.span,
            subject: self.subject,
            content: Content::Map(vec![entry]),
        })
    }

    fn move_to(&mut self, span: Span) {
        self.span = span;
        self.subject = span;
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::List(items) => items.iter_mut().for_each(|item| item.move_to(span)),
            Content::Map(entries) => {
                for entry in entries {
                    entry.span = span;
                    entry.value.move_to(span);
                }
            }
        }
    }

    /// Nothing, at a place.
    pub(crate) fn null(span: Span) -> Self {
        Self {
            span,
            subject: span,
            content: Content::Scalar(Scalar {
                text: String::new(),
                plain: true,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says() {
        for (text, meaning) in [
            ("", Meaning::Null),
            ("~", Meaning::Null),
            ("null", Meaning::Null),
            ("nUll", Meaning::Text),
            ("true", Meaning::Bool(true)),
            ("FALSE", Meaning::Bool(false)),
            ("yes", Meaning::Text),
            ("on", Meaning::Text),
            ("0", Meaning::Integer(Some(0))),
            ("-12", Meaning::Integer(Some(-12))),
            ("+12", Meaning::Integer(Some(12))),
            ("012", Meaning::Integer(Some(12))),
            ("0o17", Meaning::Integer(Some(15))),
            ("0x1F", Meaning::Integer(Some(31))),
            ("0b11", Meaning::Text),
            ("1_000", Meaning::Text),
            ("--1", Meaning::Text),
            ("-", Meaning::Text),
            ("99999999999999999999", Meaning::Integer(None)),
            ("1.5", Meaning::Float),
            ("1e3", Meaning::Float),
            (".5", Meaning::Float),
            ("-.inf", Meaning::Float),
            (".nan", Meaning::Float),
            ("inf", Meaning::Text),
            ("e", Meaning::Text),
            ("1.2.3", Meaning::Text),
            ("10:30", Meaning::Text),
        ] {
            let scalar = |plain| Scalar {
                text: text.to_owned(),
                plain,
            };
            assert_eq!(scalar(true).meaning(), meaning, "{text}");
            assert_eq!(scalar(false).meaning(), Meaning::Text, "{text} in quotes");
        }
    }
}
