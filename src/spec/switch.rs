//! Values that can also be off.
//!
//! Depends on the reader and the shapes of this room. Invariant: "off" has one form after reading,
//! whatever the file says.

use super::choice::{Whole, within};
use super::reader::{FromNode, Reader};
use super::shape::Shape;
use super::tree::{Content, Meaning, Node};

/// A section, or `true` for all its defaults, or `false` for nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Switch<T>(pub(crate) Option<T>);

impl<T: FromNode> FromNode for Switch<T> {
    fn shape() -> Shape {
        Shape::Either(vec![Shape::Bool, T::shape()])
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        let section = match &node.content {
            Content::Scalar(scalar) => match scalar.meaning() {
                Meaning::Bool(false) => return Some(Self(None)),
                Meaning::Bool(true) => &Node::null(node.subject),
                Meaning::Text => {
                    let hint = match scalar.text.to_lowercase().as_str() {
                        "yes" | "on" => "write true",
                        "no" | "off" => "write false",
                        _ => "true takes all defaults of the section",
                    };
                    reader.wrong_type(node, &Self::shape().described(), hint.to_owned());
                    return None;
                }
                Meaning::Null | Meaning::Integer(_) | Meaning::Float => node,
            },
            Content::List(_) | Content::Map(_) => node,
        };
        T::from_node(section, reader).map(|section| Self(Some(section)))
    }
}

/// A whole number between two bounds, both admitted, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrOff<const MIN: u32, const MAX: u32>(pub(crate) Option<u32>);

impl<const MIN: u32, const MAX: u32> FromNode for OrOff<MIN, MAX> {
    fn shape() -> Shape {
        Shape::Either(vec![Shape::Off, Whole::<MIN, MAX>::shape()])
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Content::Scalar(scalar) = &node.content
            && (scalar.text == "off" || scalar.meaning() == Meaning::Bool(false))
        {
            return Some(Self(None));
        }
        let expected = Self::shape().described();
        let number = within(node, reader, (MIN, MAX), &expected)?;
        Some(Self(Some(number)))
    }
}
