//! The log of calls: what was asked, when, and how it ended.
//!
//! May depend on `model`. Invariant: every call of `find` and `perform` is in the log, once.

use crate::model::{Fault, Kind, Schema, Work};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Reads.
    Find,
    /// Makes.
    Create,
    /// Changes.
    Update,
    /// Deletes.
    Delete,
}

impl Action {
    /// The action of this work.
    pub fn of(work: &Work) -> Self {
        match work {
            Work::Create { .. } => Self::Create,
            Work::Update { .. } => Self::Update,
            Work::Delete { .. } => Self::Delete,
        }
    }

    /// Whether it changes anything.
    pub fn is_mutating(self) -> bool {
        match self {
            Self::Find => false,
            Self::Create | Self::Update | Self::Delete => true,
        }
    }

    /// The operation that stands for it in faults, as IAM names it.
    pub(super) fn operation(self, schema: &Schema) -> &'static str {
        let operations = match self {
            Self::Find => schema.operations.find,
            Self::Create => schema.operations.create,
            Self::Update => schema.operations.update,
            Self::Delete => schema.operations.delete,
        };
        operations.first().copied().unwrap_or_default()
    }
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The kind that it was about.
    pub kind: Kind,
    /// What it did.
    pub action: Action,
    /// Which resource: its address for a create, its identifier for an update or a delete, nothing
    /// for a find.
    pub about: String,
    /// When it was made, in milliseconds of the world's clock.
    pub begun_ms: u64,
    /// When its reply came; nothing for a call without one.
    pub ended_ms: Option<u64>,
    /// How it failed.
    pub fault: Option<Fault>,
    /// The failure was a fault of [`super::Faults`], not a refusal by the rules.
    pub injected: bool,
}
