//! Events folded into where a run stands; every display is made from this.
//!
//! May depend on `engine`. Invariant: the state follows from the events alone.

use std::collections::BTreeMap;

use crate::engine::{Ending, Event, Failure, Planned, Skip, What};
use crate::model::{Address, Milestone, OutputValues};
use crate::plan::StepId;
use crate::plan::forecast::{CALL_S, Task, longest};

/// Where one step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has not begun.
    Waiting,
    /// It is under way.
    Running {
        /// When it began, in milliseconds since the run began.
        since_ms: u64,
    },
    /// It is done.
    Done {
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// It was not begun.
    Skipped {
        /// Why.
        because: Skip,
    },
    /// It was left while AWS goes on.
    Abandoned {
        /// How long it was under way, in milliseconds.
        elapsed_ms: u64,
    },
}

/// One step of a run.
#[derive(Clone, Debug)]
pub struct StepProgress {
    /// What it is.
    pub planned: Planned,
    /// Where it stands.
    pub status: Status,
    /// What AWS said last about it.
    pub message: Option<String>,
    /// The outputs that are known.
    pub outputs: OutputValues,
    /// How often a call was repeated.
    pub retries: u32,
    /// Since when AWS works on it, in milliseconds since the run began.
    waits_since_ms: Option<u64>,
}

/// Where a run stands.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    steps: BTreeMap<StepId, StepProgress>,
    ending: Option<Ending>,
    elapsed_ms: u64,
    waits: u64,
    waited_ms: u64,
}

impl Progress {
    /// Takes in one more event.
    pub fn fold(&mut self, event: &Event) {
        self.elapsed_ms = event.at_ms;
        match &event.what {
            What::RunStarted { steps, .. } => {
                self.steps = steps.iter().map(|step| (step.step, fresh(step))).collect();
            }
            What::StepStarted { step } => self.set(
                *step,
                Status::Running {
                    since_ms: event.at_ms,
                },
            ),
            What::StepRetrying { step, fault, .. } => self.with(*step, |step| {
                step.retries += 1;
                step.message = Some(fault.to_string());
            }),
            What::StepWaiting { step, message } => self.with(*step, |step| {
                step.message = Some(message.clone());
                step.waits_since_ms.get_or_insert(event.at_ms);
            }),
            What::StepReached {
                step,
                milestone,
                outputs,
            } => self.with(*step, |step| {
                step.outputs.extend(outputs.clone());
                match milestone {
                    Milestone::Gone => step.outputs.clear(),
                    Milestone::Exists | Milestone::Ready => {}
                }
            }),
            What::StepFinished { step, elapsed_ms } => {
                let elapsed_ms = *elapsed_ms;
                self.end(*step, event.at_ms, Status::Done { elapsed_ms });
            }
            What::StepFailed {
                step,
                failure,
                elapsed_ms,
            } => {
                let (failure, elapsed_ms) = (failure.clone(), *elapsed_ms);
                let status = Status::Failed {
                    failure,
                    elapsed_ms,
                };
                self.end(*step, event.at_ms, status);
            }
            What::StepSkipped { step, because } => {
                let because = because.clone();
                self.set(*step, Status::Skipped { because });
            }
            What::StepAbandoned { step, elapsed_ms } => {
                let elapsed_ms = *elapsed_ms;
                self.end(*step, event.at_ms, Status::Abandoned { elapsed_ms });
            }
            What::StopRequested { .. } | What::TenureLost { .. } => {}
            What::RunFinished {
                outcome,
                elapsed_ms,
            } => {
                self.ending = Some(*outcome);
                self.elapsed_ms = *elapsed_ms;
            }
        }
    }

    fn with(&mut self, step: StepId, change: impl FnOnce(&mut StepProgress)) {
        if let Some(step) = self.steps.get_mut(&step) {
            change(step);
        }
    }

    fn set(&mut self, step: StepId, status: Status) {
        self.with(step, |step| step.status = status);
    }

    fn end(&mut self, id: StepId, at_ms: u64, status: Status) {
        self.set(id, status);
        let since = self.steps.get(&id).and_then(|step| step.waits_since_ms);
        if let Some(since) = since {
            self.waits += 1;
            // What a record says is not always what a clock said.
            let waited_ms = at_ms.saturating_sub(since);
            self.waited_ms = self.waited_ms.saturating_add(waited_ms);
        }
    }

    /// The steps in the plan's order.
    pub fn steps(&self) -> impl Iterator<Item = &StepProgress> {
        self.steps.values()
    }

    /// One step.
    pub fn step(&self, id: StepId) -> Option<&StepProgress> {
        self.steps.get(&id)
    }

    /// How many steps there are.
    pub fn total(&self) -> usize {
        self.steps.len()
    }

    /// How many steps stand so.
    pub fn number(&self, status: impl Fn(&Status) -> bool) -> usize {
        self.steps().filter(|step| status(&step.status)).count()
    }

    /// How it ended, where it did.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// How long it has taken so far, in milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        self.elapsed_ms
    }

    /// How often calls were repeated.
    pub fn retries(&self) -> u64 {
        self.steps().map(|step| u64::from(step.retries)).sum()
    }

    /// How many steps AWS went on working on after their calls, and how long they were waited for
    /// together, in milliseconds.
    pub fn waits(&self) -> (u64, u64) {
        (self.waits, self.waited_ms)
    }

    /// How long the run takes from this event on, in seconds, where everything takes what it usually
    /// does.
    pub fn remaining_s(&self) -> u64 {
        let tasks: Vec<Task<'_>> = self.steps().map(|step| self.task(step)).collect();
        longest(&tasks).total_s
    }

    fn task<'a>(&self, step: &'a StepProgress) -> Task<'a> {
        let typical_s = step.planned.typical_s;
        let (exists_s, ends_s) = match &step.status {
            Status::Waiting => (CALL_S, typical_s),
            Status::Running { since_ms } => {
                let since_s = self.elapsed_ms.saturating_sub(*since_ms) / 1000;
                let left_s = typical_s.saturating_sub(u32::try_from(since_s).unwrap_or(u32::MAX));
                (if step.outputs.is_empty() { CALL_S } else { 0 }, left_s)
            }
            Status::Done { .. }
            | Status::Failed { .. }
            | Status::Skipped { .. }
            | Status::Abandoned { .. } => (0, 0),
        };
        Task {
            after: &step.planned.after,
            exists_s,
            ends_s,
        }
    }

    /// The steps that wait only for what is under way, in the plan's order.
    pub fn next(&self) -> impl Iterator<Item = &StepProgress> {
        let is_near = |step: &&StepProgress| {
            let mut before = step.planned.after.iter();
            step.status == Status::Waiting
                && before.all(|after| {
                    let before = self.step(after.step).map(|step| &step.status);
                    matches!(before, Some(Status::Running { .. } | Status::Done { .. }))
                })
        };
        self.steps().filter(is_near)
    }

    /// What the run made or changed, so far as it came.
    pub fn made(&self) -> impl Iterator<Item = &Address> {
        self.steps()
            .filter(|step| !step.outputs.is_empty())
            .map(|step| &step.planned.address)
    }

    /// The outputs of everything that the run made or changed, by address.
    pub fn outputs(&self) -> impl Iterator<Item = (&Address, &OutputValues)> {
        self.steps()
            .map(|step| (&step.planned.address, &step.outputs))
    }
}

fn fresh(planned: &Planned) -> StepProgress {
    StepProgress {
        planned: planned.clone(),
        status: Status::Waiting,
        message: None,
        outputs: OutputValues::new(),
        retries: 0,
        waits_since_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn folded(events: &[serde_json::Value]) -> Progress {
        let mut progress = Progress::default();
        for event in events {
            let event = serde_json::from_value(event.clone()).expect("an event");
            progress.fold(&event);
        }
        progress
    }

    #[test]
    fn times_that_no_clock_said_are_added_up() {
        let step = |number: u64| {
            json!({ "step": number, "address": "vpc/main", "action": "create", "replaces": null,
                "after": [], "typical_s": 1 })
        };
        let mut events = vec![json!({ "seq": 0, "at_ms": 0, "event": "run_started",
            "owner": "shop@us-east-1", "steps": [step(0), step(1)] })];
        for (at_ms, event) in [(0, "step_waiting"), (u64::MAX, "step_finished")] {
            events.extend([0, 1].map(|step| {
                json!({ "seq": 1, "at_ms": at_ms, "event": event, "step": step,
                    "message": "pending", "elapsed_ms": at_ms })
            }));
        }
        assert_eq!(folded(&events).waits(), (2, u64::MAX));
    }
}
