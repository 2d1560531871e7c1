//! The one form that all resources share: plain values.
//!
//! May depend on `address`. Invariant: two values are equal exactly when AWS would hold the same
//! thing; every canonical form is made by the type that projects onto the value, never here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::address::{Name, OutputName};

/// The attributes of a resource, by name.
pub type Values = BTreeMap<Name, Value>;

/// The outputs of a resource, by name: always plain identifiers.
pub type OutputValues = BTreeMap<Name, String>;

/// Any value of any attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// Explicitly nothing.
    Absent,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Text, also the name of an enum's variant.
    Text(String),
    /// Values whose order matters.
    List(Vec<Value>),
    /// Values whose order does not matter.
    Set(BTreeSet<Value>),
    /// Values by key; also a nested structure.
    Map(BTreeMap<String, Value>),
    /// The physical identifier of something in AWS.
    Id {
        /// What it identifies, such as `subnet`.
        class: Name,
        /// The identifier.
        id: String,
    },
    /// Text with outputs of other resources inside.
    Template(Vec<Piece>),
    /// An output of another resource that is not known yet.
    Pending {
        /// What the output identifies.
        class: Name,
        /// Where it comes from.
        from: OutputName,
    },
}

/// A part of a [`Value::Template`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Piece {
    /// Text that is known.
    Literal(String),
    /// An output that is not known yet.
    Pending(OutputName),
}

/// Where a reference to another resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The value itself is the reference, so AWS knows of it.
    Reference,
    /// The reference is inside a text, which AWS does not look into.
    InText,
}

impl Value {
    /// Calls `each` for every output that is still awaited inside this value.
    pub fn each_pending<'a>(&'a self, each: &mut dyn FnMut(&'a OutputName, Position)) {
        match self {
            Self::Pending { from, .. } => each(from, Position::Reference),
            Self::Template(pieces) => {
                for piece in pieces {
                    if let Piece::Pending(from) = piece {
                        each(from, Position::InText);
                    }
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.each_pending(each)),
            Self::Set(items) => items.iter().for_each(|item| item.each_pending(each)),
            Self::Map(items) => items.values().for_each(|item| item.each_pending(each)),
            Self::Absent | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Id { .. } => {}
        }
    }

    /// Calls `each` for every physical identifier inside this value, with its class.
    pub fn each_id<'a>(&'a self, each: &mut dyn FnMut(&'a str, &'a str)) {
        match self {
            Self::Id { class, id } => each(class, id),
            Self::List(items) => items.iter().for_each(|item| item.each_id(each)),
            Self::Set(items) => items.iter().for_each(|item| item.each_id(each)),
            Self::Map(items) => items.values().for_each(|item| item.each_id(each)),
            Self::Absent
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Text(_)
            | Self::Template(_)
            | Self::Pending { .. } => {}
        }
    }

    /// Calls `each` for every text inside this value.
    pub fn each_text<'a>(&'a self, each: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Text(text) => each(text),
            Self::List(items) => items.iter().for_each(|item| item.each_text(each)),
            Self::Set(items) => items.iter().for_each(|item| item.each_text(each)),
            Self::Map(items) => items.values().for_each(|item| item.each_text(each)),
            Self::Absent
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Id { .. }
            | Self::Template(_)
            | Self::Pending { .. } => {}
        }
    }

    /// Whether nothing inside is awaited.
    pub fn is_known(&self) -> bool {
        let mut known = true;
        self.each_pending(&mut |_, _| known = false);
        known
    }

    /// The same value with every awaited output that `lookup` knows filled in.
    #[must_use]
    pub fn resolve(&self, lookup: &dyn Fn(&OutputName) -> Option<String>) -> Self {
        match self {
            Self::Pending { class, from } => match lookup(from) {
                Some(id) => Self::Id {
                    class: class.clone(),
                    id,
                },
                None => self.clone(),
            },
            Self::Template(pieces) => resolve_template(pieces, lookup),
            Self::List(items) => Self::List(items.iter().map(|i| i.resolve(lookup)).collect()),
            Self::Set(items) => Self::Set(items.iter().map(|i| i.resolve(lookup)).collect()),
            Self::Map(items) => Self::Map(
                items
                    .iter()
                    .map(|(key, item)| (key.clone(), item.resolve(lookup)))
                    .collect(),
            ),
            Self::Absent | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Id { .. } => {
                self.clone()
            }
        }
    }
}

fn resolve_template(pieces: &[Piece], lookup: &dyn Fn(&OutputName) -> Option<String>) -> Value {
    let mut resolved: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let next = match piece {
            Piece::Literal(text) => Piece::Literal(text.clone()),
            Piece::Pending(from) => lookup(from).map_or_else(|| piece.clone(), Piece::Literal),
        };
        match (resolved.last_mut(), next) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (_, next) => resolved.push(next),
        }
    }
    text_or_template(resolved)
}

/// A template whose literals are merged, or plain text where nothing is awaited.
pub(super) fn text_or_template(mut pieces: Vec<Piece>) -> Value {
    match pieces.as_mut_slice() {
        [] => Value::Text(String::new()),
        [Piece::Literal(text)] => Value::Text(std::mem::take(text)),
        [_] | [_, _, ..] => Value::Template(pieces),
    }
}

/// One attribute that is not as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which attribute.
    pub attribute: Name,
    /// What AWS holds.
    pub from: Value,
    /// What is wanted.
    pub to: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn output(text: &str) -> OutputName {
        OutputName::try_from(text.to_owned()).expect("an output")
    }

    #[test]
    fn a_template_resolves_to_text_once_all_is_known() {
        let value = Value::Template(vec![
            Piece::Literal("arn:".into()),
            Piece::Pending(output("vpc/a.id")),
            Piece::Literal("/".into()),
            Piece::Pending(output("vpc/b.id")),
        ]);
        let half = value.resolve(&|name| {
            (name.address == Address::new("vpc".to_owned().into(), "a")).then(|| "vpc-1".to_owned())
        });
        assert_eq!(
            half,
            Value::Template(vec![
                Piece::Literal("arn:vpc-1/".into()),
                Piece::Pending(output("vpc/b.id"))
            ])
        );
        let whole = half.resolve(&|_| Some("vpc-2".to_owned()));
        assert_eq!(whole, Value::Text("arn:vpc-1/vpc-2".into()));
        assert!(whole.is_known() && !half.is_known());
    }
}
