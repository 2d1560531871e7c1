//! Booleans, whole numbers and words: values with few possible forms.
//!
//! Depends on the reader and the shapes of this room. Invariant: what is read lies within the
//! bounds that the shape shows.

use super::diagnostic::Diagnostic;
use super::reader::{FromNode, Reader, listed, nearest, shortened};
use super::shape::Shape;
use super::tree::{Content, Meaning, Node};

impl FromNode for bool {
    fn shape() -> Shape {
        Shape::Bool
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        let mut hint = "write true or false without quotes";
        if let Content::Scalar(scalar) = &node.content {
            if let Meaning::Bool(value) = scalar.meaning() {
                return Some(value);
            }
            hint = match scalar.text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "1" => "write true",
                "no" | "off" | "n" | "0" => "write false",
                _ => hint,
            };
        }
        reader.wrong_type(node, "true or false", hint.to_owned());
        None
    }
}

/// A whole number between two bounds, both admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub(crate) u32);

/// A TCP port.
pub(crate) type Port = Whole<1, 65535>;

impl Port {
    /// As the number that AWS takes.
    pub(crate) fn number(self) -> u16 {
        u16::try_from(self.0).expect("a port is at most 65535")
    }
}

impl<const MIN: u32, const MAX: u32> FromNode for Whole<MIN, MAX> {
    fn shape() -> Shape {
        Shape::Integer {
            min: i64::from(MIN),
            max: i64::from(MAX),
        }
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        within(node, reader, (MIN, MAX), &Self::shape().described()).map(Self)
    }
}

/// Reads a whole number between two bounds, both admitted.
pub(crate) fn within(
    node: &Node,
    reader: &mut Reader,
    (min, max): (u32, u32),
    expected: &str,
) -> Option<u32> {
    let (number, text) = whole_number(node, reader, expected)?;
    let near = u32::try_from(number.max(0)).unwrap_or(max).clamp(min, max);
    if i64::from(near) == number {
        return Some(near);
    }
    reader.report(
        Diagnostic::error(node.span, format!("{} is out of range", shortened(text)))
            .expected(expected)
            .hint(format!("the nearest is {near}")),
    );
    None
}

/// A scalar that is a whole number, with its text; one that does not fit becomes the nearest that does.
fn whole_number<'node>(
    node: &'node Node,
    reader: &mut Reader,
    expected: &str,
) -> Option<(i64, &'node str)> {
    let mut hint = "write it in digits, without quotes or a unit".to_owned();
    if let Content::Scalar(scalar) = &node.content {
        if let Meaning::Integer(number) = scalar.meaning() {
            let largest = if scalar.text.starts_with('-') {
                i64::MIN
            } else {
                i64::MAX
            };
            return Some((number.unwrap_or(largest), &scalar.text));
        }
        if !scalar.plain && scalar.text.parse::<u32>().is_ok() {
            hint = format!("write {} without quotes", scalar.text);
        }
    }
    reader.wrong_type(node, expected, hint);
    None
}

/// Reads one of some whole numbers.
pub(crate) fn number_of(node: &Node, reader: &mut Reader, numbers: &[u32]) -> Option<u32> {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    let expected = format!("one of {}", words.join(", "));
    let (number, text) = whole_number(node, reader, &expected)?;
    let near = numbers
        .iter()
        .min_by_key(|known| number.abs_diff(i64::from(**known)))?;
    if i64::from(*near) == number {
        return Some(*near);
    }
    reader.report(
        Diagnostic::error(node.span, format!("{} is not offered", shortened(text)))
            .expected(expected)
            .hint(format!("the nearest is {near}")),
    );
    None
}

/// Declares types of whole numbers that have only some values.
macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident = [$($number:literal),+ $(,)?];)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) u32);

        impl $crate::spec::reader::FromNode for $name {
            fn shape() -> $crate::spec::shape::Shape {
                $crate::spec::shape::Shape::Numbers(&[$($number),+])
            }

            fn from_node(
                node: &$crate::spec::tree::Node,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                $crate::spec::choice::number_of(node, reader, &[$($number),+]).map(Self)
            }
        }
    )+};
}
pub(crate) use numbers;

/// Reads one of some words.
pub(crate) fn word(
    node: &Node,
    reader: &mut Reader,
    words: &[(&'static str, &'static str)],
) -> Option<usize> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let expected = format!("one of {}", listed(&known));
    let scalar = match &node.content {
        Content::Scalar(scalar) if !node.is_null() => scalar,
        Content::Scalar(_) | Content::List(_) | Content::Map(_) => {
            let hint = format!("for example {}", known.first().copied().unwrap_or_default());
            reader.wrong_type(node, &expected, hint);
            return None;
        }
    };
    let found = known.iter().position(|word| *word == scalar.text);
    if found.is_none() {
        let message = format!("unknown value `{}`", shortened(&scalar.text));
        let problem = Diagnostic::error(node.span, message).expected(expected);
        reader.report(match nearest(&scalar.text, &known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("the reference says what each of them means"),
        });
    }
    found
}

/// Declares enums whose variants are words of the file.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident {
        $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+
    })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            const WORDS: &[(&str, &str)] = &[$(($word, concat!($($doc),+))),+];
            const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::spec::reader::FromNode for $name {
            fn shape() -> $crate::spec::shape::Shape {
                $crate::spec::shape::Shape::Words(Self::WORDS)
            }

            fn from_node(
                node: &$crate::spec::tree::Node,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                $crate::spec::choice::word(node, reader, Self::WORDS).map(|place| Self::ALL[place])
            }
        }
    )+};
}
pub(crate) use words;
