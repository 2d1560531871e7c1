//! Typed references from one resource to another's outputs.
//!
//! May depend on `address` and `value`. Invariant: a reference of the wrong class does not compile.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::address::{Name, OutputName};
use super::value::{Piece, Value, text_or_template};

/// A class of physical identifiers.
pub trait Class: 'static {
    /// The class's name, unique among classes.
    const CLASS: &'static str;
    /// What an identifier looks like; `#` stands for a hexadecimal digit, `{name}` for an
    /// attribute's text, `{attribute.output}` for an output of what the attribute refers to. The
    /// simulator mints from it.
    const FORM: &'static str;
}

/// Declares classes of identifiers, each with its form.
#[macro_export]
macro_rules! classes {
    ($($(#[$meta:meta])* $name:ident = $class:literal, $form:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Debug)]
        pub enum $name {}
        impl $crate::model::Class for $name {
            const CLASS: &'static str = $class;
            const FORM: &'static str = $form;
        }
    )+};
}

/// A physical identifier of class `C`.
pub struct Id<C> {
    id: String,
    class: PhantomData<fn() -> C>,
}

impl<C> Id<C> {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// The identifier as owned text.
    pub fn into_string(self) -> String {
        self.id
    }
}

impl<C, T: Into<String>> From<T> for Id<C> {
    fn from(id: T) -> Self {
        Self {
            id: id.into(),
            class: PhantomData,
        }
    }
}

impl<C> Clone for Id<C> {
    fn clone(&self) -> Self {
        Self::from(self.id.clone())
    }
}

impl<C> fmt::Debug for Id<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(out)
    }
}

impl<C> PartialEq for Id<C> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<C> Eq for Id<C> {}

/// A reference to something of class `C` in AWS: known, or an output of a resource of this stack.
pub enum Ref<C> {
    /// Not known before that resource exists.
    Pending(OutputName, PhantomData<fn() -> C>),
    /// Known.
    Known(Id<C>),
}

impl<C: Class> Ref<C> {
    /// A reference to an output of a resource in the same graph.
    pub fn to(name: OutputName) -> Self {
        Self::Pending(name, PhantomData)
    }

    /// A reference to something that exists already.
    pub fn known(id: impl Into<String>) -> Self {
        Self::Known(Id::from(id.into()))
    }

    /// The identifier, where it is known.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Pending(..) => None,
            Self::Known(id) => Some(id.as_str()),
        }
    }

    /// The reference as a value.
    pub fn to_value(&self) -> Value {
        let class = Name::Borrowed(C::CLASS);
        match self {
            Self::Pending(from, _) => Value::Pending {
                class,
                from: from.clone(),
            },
            Self::Known(id) => Value::Id {
                class,
                id: id.as_str().to_owned(),
            },
        }
    }

    fn order_key(&self) -> (Option<&OutputName>, Option<&str>) {
        match self {
            Self::Pending(name, _) => (Some(name), None),
            Self::Known(id) => (None, Some(id.as_str())),
        }
    }
}

impl<C> Clone for Ref<C> {
    fn clone(&self) -> Self {
        match self {
            Self::Pending(name, _) => Self::Pending(name.clone(), PhantomData),
            Self::Known(id) => Self::Known(id.clone()),
        }
    }
}

impl<C> fmt::Debug for Ref<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending(name, _) => write!(out, "${{{name}}}"),
            Self::Known(id) => id.fmt(out),
        }
    }
}

impl<C: Class> PartialEq for Ref<C> {
    fn eq(&self, other: &Self) -> bool {
        self.order_key() == other.order_key()
    }
}

impl<C: Class> Eq for Ref<C> {}

impl<C: Class> PartialOrd for Ref<C> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<C: Class> Ord for Ref<C> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order_key().cmp(&other.order_key())
    }
}

/// Text that may hold outputs of other resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Vec<Piece>);

impl Text {
    /// Text from its parts.
    pub fn from_pieces(pieces: Vec<Piece>) -> Self {
        Self(pieces)
    }

    /// This text followed by more literal text.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Literal(text.into()));
        self
    }

    /// This text followed by an output.
    #[must_use]
    pub fn then_ref<C: Class>(mut self, reference: &Ref<C>) -> Self {
        self.0.push(match reference {
            Ref::Pending(name, _) => Piece::Pending(name.clone()),
            Ref::Known(id) => Piece::Literal(id.as_str().to_owned()),
        });
        self
    }

    /// This text followed by another one.
    #[must_use]
    pub fn then_text(mut self, text: Self) -> Self {
        self.0.extend(text.0);
        self
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<String> {
        match self.to_value() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text as a value.
    pub fn to_value(&self) -> Value {
        let mut merged: Vec<Piece> = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match (merged.last_mut(), piece) {
                (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(text),
                (_, piece) => merged.push(piece.clone()),
            }
        }
        text_or_template(merged)
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(vec![Piece::Literal(text.into())])
    }
}

impl<C: Class> From<&Ref<C>> for Text {
    fn from(reference: &Ref<C>) -> Self {
        Self::default().then_ref(reference)
    }
}
