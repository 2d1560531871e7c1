//! Lists and maps.
//!
//! Depends on the reader, the shapes and the text types of this room. Invariant: items that cannot
//! be read are reported and left out; the others are there, in the order of the file.

use super::diagnostic::Diagnostic;
use super::reader::{FromNode, Origin, Reader, Spanned, shortened};
use super::shape::Shape;
use super::text::{Text, misfit};
use super::tree::{Content, Node};

impl<T: FromNode> FromNode for Vec<Spanned<T>> {
    fn shape() -> Shape {
        Shape::List {
            of: Box::new(T::shape()),
            min: 0,
        }
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::List(items) => Some(
                items
                    .iter()
                    .filter_map(|item| Spanned::from_node(item, reader))
                    .collect(),
            ),
            Content::Scalar(_) if node.is_null() => Some(Vec::new()),
            Content::Scalar(scalar) => {
                let items: Vec<&str> = scalar.text.split_whitespace().collect();
                let hint = format!("write [{}]", shortened(&items.join(", ")));
                reader.wrong_type(node, "a list", hint);
                None
            }
            Content::Map(_) => {
                let hint = "begin each item with `- ` on a line of its own".to_owned();
                reader.wrong_type(node, "a list", hint);
                None
            }
        }
    }
}

/// A list that may be written as its only item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<Spanned<T>>);

impl<T: FromNode> FromNode for OneOrMany<T> {
    fn shape() -> Shape {
        Shape::Either(vec![
            T::shape(),
            Shape::List {
                of: Box::new(T::shape()),
                min: 1,
            },
        ])
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::List(items) if items.is_empty() => {
                let problem = Diagnostic::error(node.span, "this list is empty");
                reader.report(
                    problem
                        .expected("at least one item")
                        .hint("or leave the key out"),
                );
                None
            }
            Content::List(_) => Vec::from_node(node, reader).map(Self),
            Content::Scalar(_) | Content::Map(_) => {
                Spanned::from_node(node, reader).map(|item| Self(vec![item]))
            }
        }
    }
}

/// A map with keys of the user's choice, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named<K, T>(
    pub(crate) Vec<(Spanned<K>, Spanned<T>)>,
    /// Whether every entry could be read.
    bool,
);

impl<K: PartialEq, T> Named<K, T> {
    /// Whether a key is surely not there: not even among the entries that could not be read.
    pub(crate) fn lacks(&self, key: &K) -> bool {
        self.1 && self.0.iter().all(|(known, _)| known.value != *key)
    }
}

impl<K: Text, T: FromNode> FromNode for Named<K, T> {
    fn shape() -> Shape {
        Shape::Map {
            key: K::SHAPE,
            of: Box::new(T::shape()),
        }
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        let entries = match &node.content {
            Content::Map(entries) => entries.as_slice(),
            Content::Scalar(_) if node.is_null() => &[],
            Content::Scalar(_) | Content::List(_) => {
                let expected = format!("a section whose keys are each {}", K::SHAPE.name);
                let hint = "write each as `key: value` on a line of its own, indented".to_owned();
                reader.wrong_type(node, &expected, hint);
                return None;
            }
        };
        let mut named = Vec::new();
        let mut complete = true;
        for entry in entries {
            let value = Spanned::from_node(&entry.value, reader);
            match (K::admit(&entry.key), value) {
                (Ok(key), Some(value)) => {
                    let key = Spanned {
                        value: key,
                        span: entry.span,
                        subject: entry.span,
                        origin: Origin::Written,
                    };
                    named.push((key, value));
                }
                (Ok(_), None) => complete = false,
                (Err(hint), _) => {
                    complete = false;
                    reader.report(misfit::<K>(entry.span, &entry.key, hint));
                }
            }
        }
        Some(Self(named, complete))
    }
}
