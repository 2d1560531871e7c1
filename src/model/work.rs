//! What the engine asks a provider to do, as plain data.
//!
//! May depend on `record`. Invariant: everything that the work needs is inside it.

use serde::{Deserialize, Serialize};

use super::address::Kind;
use super::attribute::Misfit;
use super::record::{Record, Tags};
use super::reference::{Class, Ref, Text};
use super::schema::Attributes;
use super::value::{Change, Value, Values};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Make a resource.
    Create {
        /// What it is.
        kind: Kind,
        /// Its attributes, all known.
        want: Values,
        /// Its tags, given in the create call.
        mark: Tags,
        /// A text that is the same when the same create is repeated, for APIs that take a token.
        token: String,
    },
    /// Change a resource; where nothing differs, finish what a create began whose reply was lost.
    Update {
        /// The attributes that it shall have, all known.
        want: Values,
        /// What it is now.
        found: Record,
        /// What differs; empty where only tags do.
        changes: Vec<Change>,
        /// How its tags differ.
        tags: TagChange,
    },
    /// Delete a resource.
    Delete {
        /// What it is now.
        found: Record,
    },
}

impl Work {
    /// The kind that it is about.
    pub fn kind(&self) -> &Kind {
        match self {
            Self::Create { kind, .. } => kind,
            Self::Update { found, .. } | Self::Delete { found } => &found.kind,
        }
    }
}

/// Tags to set and to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagChange {
    /// To set.
    pub set: Tags,
    /// Keys to remove.
    pub remove: Vec<String>,
}

impl TagChange {
    /// What makes `from` into `to`.
    pub fn between(from: &Tags, to: &Tags) -> Self {
        Self {
            set: to
                .iter()
                .filter(|(key, value)| from.get(*key) != Some(value))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            remove: from
                .keys()
                .filter(|key| !to.contains_key(*key))
                .cloned()
                .collect(),
        }
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }
}

/// Attributes in which every reference is known: the proof that a call can be made.
#[derive(Clone, Debug)]
pub struct Resolved<R>(R);

impl<R: Attributes> Resolved<R> {
    /// The typed form of known values.
    ///
    /// # Errors
    /// [`Misfit`] where something is not known or has another shape.
    pub fn new(values: &Values) -> Result<Self, Misfit> {
        for (name, value) in values {
            if !value.is_known() {
                return Err(Misfit::new("known", value).under(name));
            }
        }
        R::from_values(values).map(Self)
    }
}

impl<R> Resolved<R> {
    /// The identifier that a reference holds.
    pub fn known<'a, C: Class>(&'a self, reference: &'a Ref<C>) -> &'a str {
        reference
            .id()
            .expect("a resolved resource holds only known references")
    }

    /// The text of a text with references.
    pub fn text(&self, text: &Text) -> String {
        text.known()
            .expect("a resolved resource holds only known text")
    }
}

impl<R> std::ops::Deref for Resolved<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

/// Which attributes an update is about.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a>(&'a [Change]);

impl<'a> Changes<'a> {
    /// These changes.
    pub fn new(changes: &'a [Change]) -> Self {
        Self(changes)
    }

    /// Whether this attribute differs.
    pub fn has(&self, attribute: &str) -> bool {
        self.0.iter().any(|change| change.attribute == attribute)
    }

    /// Whether one of these attributes differs.
    pub fn has_any(&self, attributes: &[&str]) -> bool {
        attributes.iter().any(|attribute| self.has(attribute))
    }

    /// What AWS holds for this attribute, where it differs.
    pub fn from(&self, attribute: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|change| change.attribute == attribute)
            .map(|change| &change.from)
    }
}
