//! Names: of kinds, of nodes in a stack, and of a node's outputs.
//!
//! May depend on nothing. Invariant: an address is assigned by a recipe and never holds text that a
//! user merely displays.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A short text that is usually known at compile time.
pub type Name = Cow<'static, str>;

/// The name of a resource kind, such as `subnet`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(Name);

impl Kind {
    /// A kind known at compile time.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The kind's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Kind {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl PartialEq<str> for Kind {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Kind {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// The identity of a resource within its stack: `subnet/public-a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address {
    /// What it is.
    pub kind: Kind,
    /// Which one of its kind.
    pub name: Name,
}

impl Address {
    /// The address of the resource `name` of this kind.
    pub fn new(kind: Kind, name: impl Into<Name>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.kind, self.name)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// A text is not an address.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an address; expected KIND/NAME, such as subnet/public-a")]
pub struct NotAnAddress(String);

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                Ok(Self::new(Kind::from(kind.to_owned()), name.to_owned()))
            }
            Some(_) | None => Err(NotAnAddress(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        text.parse()
    }
}

/// One output of one resource: `vpc/main.id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OutputName {
    /// The resource that has it.
    pub address: Address,
    /// Its name.
    pub output: Name,
}

impl fmt::Display for OutputName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.address, self.output)
    }
}

impl From<OutputName> for String {
    fn from(name: OutputName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for OutputName {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        // Names of children contain dots, outputs never do.
        let (address, output) = text
            .rsplit_once('.')
            .ok_or_else(|| NotAnAddress(text.clone()))?;
        Ok(Self {
            address: address.parse()?,
            output: Cow::Owned(output.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_outputs_survive_text() {
        let address: Address = "route/private.0.0.0.0/0".parse().expect("an address");
        assert_eq!(address.kind, "route");
        assert_eq!(address.name, "private.0.0.0.0/0");
        let output = OutputName {
            address,
            output: "id".into(),
        };
        let back = OutputName::try_from(output.to_string()).expect("an output");
        assert_eq!(back, output);
        assert!("subnet".parse::<Address>().is_err());
        assert!("/a".parse::<Address>().is_err());
    }
}
