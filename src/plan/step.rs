//! A plan as plain data.
//!
//! May depend on `model`. Invariant: reasons are for people; nothing branches on them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{
    Address, Change, Milestone, Name, Names, Owner, Record, TagChange, Tags, Values,
};

/// A step's number, its position in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub usize);

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes a resource.
    Create {
        /// Its attributes; outputs of earlier steps are pending.
        want: Values,
        /// Its tags.
        mark: Tags,
    },
    /// Changes a resource in place; where nothing differs, waits until it works.
    Update {
        /// The attributes that it shall have; outputs of earlier steps are pending.
        want: Values,
        /// What it is.
        found: Record,
        /// What differs.
        changes: Vec<Change>,
        /// How its tags differ.
        tags: TagChange,
    },
    /// Deletes a resource, or waits until one that is being deleted is gone.
    Delete {
        /// What it is.
        found: Record,
    },
}

impl Action {
    /// `create`, `update` or `delete`.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
        }
    }
}

/// Why a step is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Reason {
    /// It is wanted and not there.
    Missing,
    /// Attributes or tags differ.
    Changed,
    /// It is there and not wanted.
    Unwanted,
    /// These attributes differ, and only a new resource can have them.
    Replaced {
        /// The attributes.
        attributes: Vec<Name>,
    },
    /// It holds a resource that must go before its replacement comes.
    HoldsReplaced {
        /// That resource.
        target: Address,
    },
    /// The user asked for a new one.
    Requested,
    /// It does not work and does not recover; what AWS says.
    Broken {
        /// AWS's words.
        message: String,
    },
    /// An earlier run made a better one and could not finish.
    Superseded,
    /// An earlier run or somebody else is deleting it.
    Leaving,
    /// It is as wanted, and AWS is still working on it; what AWS says.
    Settling {
        /// AWS's words.
        message: String,
    },
}

/// What a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct After {
    /// The other step.
    pub step: StepId,
    /// How far that one must be.
    pub until: Milestone,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// What it is about.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// Why.
    pub because: Reason,
    /// The other step of the same replacement.
    pub replaces: Option<StepId>,
    /// What it waits for.
    pub after: Vec<After>,
}

/// Everything to do, in an order in which it could be done one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The stack.
    pub owner: Owner,
    /// The steps; a step waits only for steps before it.
    pub steps: Vec<Step>,
    /// How many resources stay as they are.
    pub unchanged: usize,
    /// The user's names of the identifiers that occur in the steps.
    pub names: Names,
    /// What the user's choice of addresses did to it.
    pub scope: Scope,
}

/// What choosing addresses did to a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Chosen by nobody, yet needed by what was chosen.
    pub included: BTreeSet<Address>,
    /// To be done, and left out.
    pub left_out: BTreeSet<Address>,
}

/// How many resources a plan is about; a replacement counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// New ones.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Replaced.
    pub replace: usize,
    /// Deleted.
    pub delete: usize,
    /// As they are.
    pub unchanged: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step of this number.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0]
    }

    /// How many resources it is about.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            unchanged: self.unchanged,
            ..Summary::default()
        };
        for step in &self.steps {
            match (&step.action, step.replaces) {
                (Action::Create { .. }, Some(_)) => summary.replace += 1,
                (Action::Create { .. }, None) => summary.create += 1,
                (Action::Update { .. }, _) => summary.update += 1,
                (Action::Delete { .. }, Some(_)) => {}
                (Action::Delete { .. }, None) => summary.delete += 1,
            }
        }
        summary
    }
}
