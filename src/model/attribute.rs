//! How a Rust type projects onto values and back, and what an attribute declares.
//!
//! May depend on `value` and `reference`. Invariant: `from_value(value(x))` is `x`, and a value that
//! does not fit is an error, never skipped.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Name;
use super::cidr::Cidr;
use super::reference::{Class, Id, Ref, Text};
use super::value::{Piece, Value};

/// What a type looks like, for documentation and schemas.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
    /// Text; the argument says what kind of text.
    Text(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A reference to something of this class.
    Id(&'static str),
    /// A JSON document.
    Document,
    /// May be absent.
    Optional(&'static Shape),
    /// Ordered.
    List(&'static Shape),
    /// Unordered.
    Set(&'static Shape),
    /// By key.
    Map(&'static Shape),
    /// A nested structure.
    Struct(&'static [Member]),
    /// One of several structures, each under its own key.
    OneOf(&'static [Member]),
}

/// A member of a nested structure.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What it looks like.
    pub shape: Shape,
}

/// What changing an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnChange {
    /// AWS changes it in place.
    Update,
    /// AWS sets it in place where it holds nothing; otherwise only a new resource can have the new
    /// value.
    Attach,
    /// Only a new resource can have the new value.
    Replace,
    /// It may not be changed, for this reason.
    Refuse(&'static str),
}

/// How far another resource must be before a step that refers to it may start.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// AWS has accepted it and its outputs are known.
    Exists,
    /// It works.
    Ready,
    /// It is no more.
    Gone,
}

/// One attribute of a resource kind.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it means, its unit and its source.
    pub doc: &'static str,
    /// What it looks like.
    pub shape: Shape,
    /// What a change takes.
    pub on_change: OnChange,
    /// AWS lets the target of this reference be deleted while the reference stands.
    pub loose: bool,
    /// A text in it that is the ARN of something is a use of that: the variables of an environment. What is
    /// used so is deleted last, as far as that is possible.
    pub mentions: bool,
    /// What the target of a reference must have reached.
    pub until: Milestone,
}

/// A value does not have the shape that a type needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute {path} is {found}, expected {expected}")]
pub struct Misfit {
    /// Where, as `a.b.c`.
    pub path: String,
    /// What was needed.
    pub expected: &'static str,
    /// What stood there.
    pub found: String,
}

impl Misfit {
    /// A value that is not what `expected` says.
    pub fn new(expected: &'static str, found: &Value) -> Self {
        Self {
            path: String::new(),
            expected,
            found: match found {
                Value::Absent => "absent".to_owned(),
                Value::Bool(_) => "a boolean".to_owned(),
                Value::Int(_) => "a number".to_owned(),
                Value::Text(_) => "text".to_owned(),
                Value::List(_) => "a list".to_owned(),
                Value::Set(_) => "a set".to_owned(),
                Value::Map(_) => "a map".to_owned(),
                Value::Id { class, .. } => format!("an identifier of class {class}"),
                Value::Template(_) => "text that is not known yet".to_owned(),
                Value::Pending { from, .. } => format!("the unknown {from}"),
            },
        }
    }

    /// The same, one level further out.
    #[must_use]
    pub fn under(mut self, name: &str) -> Self {
        self.path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{name}.{}", self.path)
        };
        self
    }
}

/// A type that an attribute can have.
pub trait Field: Sized {
    /// What it looks like.
    const SHAPE: Shape;

    /// The value that stands for it.
    fn value(&self) -> Value;

    /// The type that the value stands for.
    ///
    /// # Errors
    /// [`Misfit`] where the value has another shape.
    fn from_value(value: &Value) -> Result<Self, Misfit>;
}

impl Field for bool {
    const SHAPE: Shape = Shape::Bool;

    fn value(&self) -> Value {
        Value::Bool(*self)
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Bool(yes) => Ok(*yes),
            other => Err(Misfit::new("a boolean", other)),
        }
    }
}

macro_rules! whole_numbers {
    ($($number:ty),+) => {$(
        impl Field for $number {
            const SHAPE: Shape = Shape::Int;

            fn value(&self) -> Value {
                Value::Int(i64::from(*self))
            }

            fn from_value(value: &Value) -> Result<Self, Misfit> {
                match value {
                    Value::Int(number) => <$number>::try_from(*number)
                        .map_err(|_| Misfit::new("a number in range", value)),
                    other => Err(Misfit::new("a number", other)),
                }
            }
        }
    )+};
}

whole_numbers!(i64, i32, u32, u16, u8);

impl Field for String {
    const SHAPE: Shape = Shape::Text("text");

    fn value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(Misfit::new("text", other)),
        }
    }
}

impl Field for Cidr {
    const SHAPE: Shape = Shape::Text("IPv4 range");

    fn value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Text(text) => text
                .parse()
                .map_err(|_| Misfit::new("a canonical IPv4 range", value)),
            other => Err(Misfit::new("an IPv4 range", other)),
        }
    }
}

impl Field for Text {
    const SHAPE: Shape = Shape::Text("text");

    fn value(&self) -> Value {
        self.to_value()
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Text(text) => Ok(Self::from(text.as_str())),
            Value::Template(pieces) => Ok(Self::from_pieces(pieces.clone())),
            Value::Pending { from, .. } => {
                Ok(Self::from_pieces(vec![Piece::Pending(from.clone())]))
            }
            Value::Id { id, .. } => Ok(Self::from(id.as_str())),
            other => Err(Misfit::new("text", other)),
        }
    }
}

impl<C: Class> Field for Ref<C> {
    const SHAPE: Shape = Shape::Id(C::CLASS);

    fn value(&self) -> Value {
        self.to_value()
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Id { class, id } if class == C::CLASS => Ok(Self::known(id.as_str())),
            Value::Pending { class, from } if class == C::CLASS => Ok(Self::to(from.clone())),
            other => Err(Misfit::new(C::CLASS, other)),
        }
    }
}

impl<C: Class> Field for Id<C> {
    const SHAPE: Shape = Shape::Id(C::CLASS);

    fn value(&self) -> Value {
        Value::Id {
            class: Name::Borrowed(C::CLASS),
            id: self.as_str().to_owned(),
        }
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Id { class, id } if class == C::CLASS => Ok(Self::from(id.as_str())),
            other => Err(Misfit::new(C::CLASS, other)),
        }
    }
}

impl<T: Field> Field for Option<T> {
    const SHAPE: Shape = Shape::Optional(&T::SHAPE);

    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Absent, Field::value)
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Absent => Ok(None),
            present => T::from_value(present).map(Some),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn value(&self) -> Value {
        Value::List(self.iter().map(Field::value).collect())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| T::from_value(item).map_err(|e| e.under(&at.to_string())))
                .collect(),
            other => Err(Misfit::new("a list", other)),
        }
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    const SHAPE: Shape = Shape::Set(&T::SHAPE);

    fn value(&self) -> Value {
        Value::Set(self.iter().map(Field::value).collect())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Set(items) => items.iter().map(T::from_value).collect(),
            other => Err(Misfit::new("a set", other)),
        }
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);

    fn value(&self) -> Value {
        Value::Map(
            self.iter()
                .map(|(key, item)| (key.clone(), item.value()))
                .collect(),
        )
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        match value {
            Value::Map(items) => items
                .iter()
                .map(|(key, item)| {
                    let item = T::from_value(item).map_err(|e| e.under(key))?;
                    Ok((key.clone(), item))
                })
                .collect(),
            other => Err(Misfit::new("a map", other)),
        }
    }
}
