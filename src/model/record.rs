//! What is there: resources as AWS reports them, and whose they are.
//!
//! May depend on `schema` and `value`. Invariant: a record says what AWS said; nothing in it is
//! remembered from an earlier run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::address::{Address, Kind};
use super::attribute::Misfit;
use super::schema::Outputs;
use super::schema::Resource;
use super::value::{OutputValues, Values};

/// The tag whose value is the stack that a resource belongs to.
pub const STACK_TAG: &str = "qpiac:stack";
/// The tag whose value is the resource's address in its stack.
pub const ADDRESS_TAG: &str = "qpiac:address";
/// The tag that AWS's console shows as a resource's name.
pub const NAME_TAG: &str = "Name";

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// A stack in a region; the value of the owner tag: `shop@us-east-1`.
///
/// The region is part of it, since IAM, CloudFront and Route 53 are shared by all regions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Owner {
    /// The stack's name.
    pub stack: String,
    /// Its region.
    pub region: String,
}

impl Owner {
    /// The stack `stack` in `region`.
    pub fn new(stack: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            stack: stack.into(),
            region: region.into(),
        }
    }

    /// Whether these are the tags of a resource of this stack.
    pub fn owns(&self, tags: &Tags) -> bool {
        tags.get(STACK_TAG) == Some(&self.to_string())
    }

    /// The owner tags of the resource at this address.
    pub fn mark(&self, address: &Address) -> Tags {
        Tags::from([
            (STACK_TAG.to_owned(), self.to_string()),
            (ADDRESS_TAG.to_owned(), address.to_string()),
        ])
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.stack, self.region)
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.to_string()
    }
}

/// A text does not name a stack.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a stack; expected NAME@REGION")]
pub struct NotAnOwner(String);

impl FromStr for Owner {
    type Err = NotAnOwner;

    fn from_str(text: &str) -> Result<Self, NotAnOwner> {
        text.split_once('@')
            .map(|(stack, region)| Self::new(stack, region))
            .ok_or_else(|| NotAnOwner(text.to_owned()))
    }
}

impl TryFrom<String> for Owner {
    type Error = NotAnOwner;

    fn try_from(text: String) -> Result<Self, NotAnOwner> {
        text.parse()
    }
}

/// How a resource is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It works.
    Ready,
    /// AWS is still working on it; what AWS says.
    Busy(String),
    /// It will not become ready by itself; what AWS says.
    Broken(String),
    /// It is being deleted.
    Leaving,
}

/// A resource in AWS, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Its physical identifier.
    pub id: String,
    /// Its attributes.
    pub values: Values,
    /// Its outputs.
    pub outputs: OutputValues,
    /// Its tags, without those that AWS sets; empty for children.
    pub tags: Tags,
    /// How it is.
    pub state: State,
}

/// A resource in AWS, typed.
#[derive(Clone, Debug)]
pub struct Found<R: Resource> {
    /// Its physical identifier.
    pub id: String,
    /// Its attributes.
    pub attributes: R,
    /// Its outputs.
    pub outputs: R::Outputs,
    /// Its tags, without those that AWS sets; empty for children.
    pub tags: Tags,
    /// How it is.
    pub state: State,
}

impl<R: Resource> Found<R> {
    /// The same as plain data.
    pub fn into_record(self) -> Record {
        Record {
            kind: R::SCHEMA.kind.clone(),
            id: self.id,
            values: self.attributes.values(),
            outputs: self.outputs.output_values(),
            tags: self.tags,
            state: self.state,
        }
    }

    /// The typed form of a record of this kind.
    ///
    /// # Errors
    /// [`Misfit`] where the record is not of this kind.
    pub fn from_record(record: &Record) -> Result<Self, Misfit> {
        Ok(Self {
            id: record.id.clone(),
            attributes: R::from_values(&record.values)?,
            outputs: R::Outputs::from_output_values(&record.outputs)?,
            tags: record.tags.clone(),
            state: record.state.clone(),
        })
    }
}

/// Which resources of a kind to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Those with this stack's owner tags, and those, whoever owns them, that bear one of these
    /// names (only asked of kinds whose names are unique in an account).
    Owned {
        /// The stack.
        owner: Owner,
        /// Names that the stack is about to use.
        names: Vec<String>,
    },
    /// Those with these identifiers, as they are now; asked while waiting.
    Ids(Vec<String>),
    /// The children of these parents.
    Under(Vec<Parent>),
}

impl Query {
    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Owned { .. } => false,
            Self::Ids(ids) => ids.is_empty(),
            Self::Under(parents) => parents.is_empty(),
        }
    }
}

/// A resource whose children are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its physical identifier: the output that its children refer to.
    pub id: String,
    /// The stack that owns it.
    pub owner: Owner,
}
