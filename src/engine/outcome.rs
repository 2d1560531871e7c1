//! What a run came to.
//!
//! May depend on `plan` and `model`. Invariant: every step of the plan is in exactly one list.

use std::collections::BTreeMap;

use super::event::{Ending, Failure, Skip};
use crate::model::{Address, OutputValues};
use crate::plan::StepId;

/// What a run came to. That not everything was done is no error of the run: it is here to be told.
#[must_use = "a run may end without having done everything"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The steps that are done.
    pub done: Vec<StepId>,
    /// The steps that failed, each with the reason.
    pub failed: Vec<(StepId, Failure)>,
    /// The steps that were not begun, each with the reason.
    pub skipped: Vec<(StepId, Skip)>,
    /// The steps that were left before their end; AWS may go on working on them.
    pub abandoned: Vec<StepId>,
    /// The outputs of what was made or changed.
    pub outputs: BTreeMap<Address, OutputValues>,
}

impl Outcome {
    /// The outcome before anything was done.
    pub(super) fn empty() -> Self {
        Self {
            ending: Ending::Complete,
            done: Vec::new(),
            failed: Vec::new(),
            skipped: Vec::new(),
            abandoned: Vec::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// How a run ends in which the user did or did not ask to stop.
    pub(super) fn conclude(&mut self, is_stopped: bool) {
        let is_complete =
            self.failed.is_empty() && self.skipped.is_empty() && self.abandoned.is_empty();
        self.ending = if is_complete {
            Ending::Complete
        } else if is_stopped {
            Ending::Cancelled
        } else {
            Ending::Partial
        };
    }
}
