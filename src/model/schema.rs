//! What a resource kind declares about itself, once, for every part of the program.
//!
//! May depend on `attribute`. Invariant: a schema is constant data; nothing behaves differently for
//! a kind except through what stands here or in its lifecycle.

use super::address::{Address, Kind};
use super::attribute::{Attribute, Misfit};
use super::value::{Change, OutputValues, Values};

/// How a kind is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new one is made first; names allow both at once.
    CreateFirst,
    /// The old one must go first.
    DeleteFirst,
}

/// An output of a kind.
#[derive(Clone, Copy, Debug)]
pub struct OutputInfo {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The class of identifier that it holds.
    pub class: &'static str,
    /// What such an identifier looks like.
    pub form: &'static str,
    /// Which updates may change it.
    pub volatility: Volatility,
    /// It always equals this attribute.
    pub from: Option<&'static str>,
}

/// Which updates may change an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    /// None.
    Fixed,
    /// Every one.
    AnyUpdate,
    /// One of this attribute.
    UpdateOf(&'static str),
}

impl Volatility {
    /// Whether an update with these changes may change the output.
    pub fn changes_with(self, changes: &[Change]) -> bool {
        match self {
            Self::Fixed => false,
            Self::AnyUpdate => !changes.is_empty(),
            Self::UpdateOf(name) => changes.iter().any(|change| change.attribute == name),
        }
    }
}

/// An order between kinds that no reference expresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Resources of this kind come before.
    pub kind: &'static str,
    /// But only those that refer to the same resource of this kind.
    pub sharing: Option<&'static str>,
}

/// How long one thing takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What it takes usually, in seconds.
    pub typical_s: u32,
    /// When to give up, in seconds.
    pub deadline_s: u32,
}

/// Which changes AWS goes on working on after the call has returned. Where there is nothing, the
/// call's return is the end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// After create.
    pub create: Option<Wait>,
    /// After update.
    pub update: Option<Wait>,
    /// After delete.
    pub delete: Option<Wait>,
}

/// The API operations of each of a kind's actions, as IAM names them.
#[derive(Clone, Copy, Debug)]
pub struct Operations {
    /// Reading, for every plan.
    pub find: &'static [&'static str],
    /// Reading how it is and why, for `status` and for what failed.
    pub explain: &'static [&'static str],
    /// Making.
    pub create: &'static [&'static str],
    /// Changing.
    pub update: &'static [&'static str],
    /// Deleting.
    pub delete: &'static [&'static str],
}

/// A resource kind.
#[derive(Debug)]
pub struct Schema {
    /// Its name.
    pub kind: Kind,
    /// What it is.
    pub doc: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
    /// Its outputs; the first identifies it.
    pub outputs: &'static [OutputInfo],
    /// How it is replaced.
    pub replacement: Replacement,
    /// The attribute that refers to its parent, where it is a child without owner tags of its own.
    pub parent: Option<&'static str>,
    /// The attributes that tell one child of a parent from another.
    pub key: &'static [&'static str],
    /// The attribute that holds a name which is unique in the account and region.
    pub named: Option<&'static str>,
    /// The attributes that no two of the kind may share at once, all together; ranges may not
    /// even overlap. Beside these: the name, and a child's parent and key.
    pub exclusive: &'static [&'static str],
    /// Order without references.
    pub after: &'static [Following],
    /// What is lost with it, where it holds data.
    pub holds: Option<&'static str>,
    /// What does not work while it is not there: between the old one and the new one.
    pub outage: Option<&'static str>,
    /// Nothing needs that AWS has finished making or changing it, so a run waits for that only
    /// when it is asked to.
    pub lazy: bool,
    /// One change at a time: AWS loses or refuses changes that are made together.
    pub serial: bool,
    /// AWS gives it no tags: the owner tags, and only these, stand in a text of it.
    pub marked: bool,
    /// Its parent becomes ready only once it is there.
    pub completes: bool,
    /// What AWS goes on doing after a call.
    pub waits: Waits,
    /// The operations that it uses.
    pub operations: Operations,
}

impl Schema {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&'static OutputInfo> {
        self.outputs.iter().find(|o| o.name == name)
    }

    /// The output that identifies the resource.
    pub fn identity(&self) -> &'static OutputInfo {
        &self.outputs[0]
    }

    /// Whether it is owned through its parent instead of by its own tags.
    pub fn is_child(&self) -> bool {
        self.parent.is_some()
    }

    /// The AWS service that it belongs to, as in IAM actions.
    pub fn service(&self) -> &'static str {
        self.operations
            .find
            .first()
            .and_then(|operation| operation.split_once(':'))
            .map_or("", |(service, _)| service)
    }
}

/// What the kind of this name declares.
pub fn schema_of(schemas: &[&'static Schema], kind: &Kind) -> Option<&'static Schema> {
    schemas.iter().copied().find(|schema| schema.kind == *kind)
}

/// A struct that is all the attributes of something.
pub trait Attributes: Sized {
    /// What they are.
    const ATTRIBUTES: &'static [Attribute];

    /// The values.
    fn values(&self) -> Values;

    /// The struct that the values stand for.
    ///
    /// # Errors
    /// [`Misfit`] where a value is missing or has another shape.
    fn from_values(values: &Values) -> Result<Self, Misfit>;
}

/// A struct that is all the outputs of a resource.
pub trait Outputs: Sized + Send + Sync + 'static {
    /// What they are; the first identifies the resource.
    const OUTPUTS: &'static [OutputInfo];

    /// The same struct with references in place of identifiers.
    type Refs;

    /// References to the outputs of the resource at this address.
    fn refs(address: &Address) -> Self::Refs;

    /// The identifiers.
    fn output_values(&self) -> OutputValues;

    /// The struct that the identifiers stand for.
    ///
    /// # Errors
    /// [`Misfit`] where one is missing.
    fn from_output_values(values: &OutputValues) -> Result<Self, Misfit>;
}

/// A resource kind's struct.
pub trait Resource: Attributes + Clone + Send + Sync + 'static {
    /// What it gives to others.
    type Outputs: Outputs;

    /// What it declares.
    const SCHEMA: &'static Schema;
}
