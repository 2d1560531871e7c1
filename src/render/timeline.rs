//! A run's events folded into when each step did what.
//!
//! May depend on `engine`. Invariant: times are those that the events say, and a step that has not
//! ended ends with the run.

use std::collections::BTreeMap;

use super::lines::why;
use crate::engine::{Ending, Event, Planned, What};
use crate::model::Milestone;
use crate::plan::StepId;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is done.
    Done,
    /// It failed, for this reason.
    Failed(String),
    /// It was left while AWS goes on.
    Left,
}

/// When a step did what, in milliseconds since the run began.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) planned: Planned,
    pub(super) begun_ms: u64,
    pub(super) ended_ms: u64,
    pub(super) end: End,
    /// Since when AWS worked on it, and what it said, each time it said something else.
    pub(super) waits: Vec<(u64, String)>,
    /// When a call failed that was repeated, and why.
    pub(super) retries: Vec<(u64, String)>,
    /// When it reached what.
    reached: Vec<(Milestone, u64)>,
}

impl Lane {
    /// How long it took, in milliseconds.
    pub(super) fn elapsed_ms(&self) -> u64 {
        self.ended_ms.saturating_sub(self.begun_ms)
    }

    /// Since when AWS worked on it.
    pub(super) fn waits_since_ms(&self) -> Option<u64> {
        self.waits.first().map(|(since_ms, _)| *since_ms)
    }

    /// When it was so far that a step which waits for this could begin.
    fn reached_ms(&self, milestone: Milestone) -> u64 {
        let reached = self.reached.iter().filter(|(one, _)| *one >= milestone);
        let first_ms = reached.map(|(_, at_ms)| *at_ms).min();
        first_ms.unwrap_or(self.ended_ms)
    }
}

/// A run, step by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// The steps that were begun, in the plan's order.
    pub(super) lanes: BTreeMap<StepId, Lane>,
    /// How many steps the plan has.
    pub(super) planned: usize,
    pub(super) ending: Option<Ending>,
    pub(super) total_ms: u64,
}

impl Timeline {
    /// The timeline of these events.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut timeline = Self::default();
        let mut planned: BTreeMap<StepId, Planned> = BTreeMap::new();
        for event in events {
            timeline.total_ms = timeline.total_ms.max(event.at_ms);
            if let What::RunStarted { steps, .. } = &event.what {
                timeline.planned = steps.len();
                planned = steps.iter().map(|step| (step.step, step.clone())).collect();
            }
            timeline.fold(event, &planned);
        }
        let total_ms = timeline.total_ms;
        for lane in timeline.lanes.values_mut() {
            if lane.end == End::Left {
                lane.ended_ms = lane.ended_ms.max(lane.begun_ms).min(total_ms);
            }
        }
        timeline
    }

    fn fold(&mut self, event: &Event, planned: &BTreeMap<StepId, Planned>) {
        let at_ms = event.at_ms;
        match &event.what {
            What::StepStarted { step } => {
                if let Some(planned) = planned.get(step) {
                    self.lanes.insert(*step, fresh(planned, at_ms));
                }
            }
            What::StepRetrying { step, fault, .. } => {
                self.with(*step, |lane| lane.retries.push((at_ms, fault.to_string())));
            }
            What::StepWaiting { step, message } => {
                self.with(*step, |lane| lane.waits.push((at_ms, message.clone())));
            }
            What::StepReached {
                step, milestone, ..
            } => self.with(*step, |lane| lane.reached.push((*milestone, at_ms))),
            What::StepFinished { step, .. } => self.end(*step, at_ms, End::Done),
            What::StepFailed { step, failure, .. } => {
                self.end(*step, at_ms, End::Failed(why(failure)));
            }
            What::StepAbandoned { step, .. } => self.end(*step, at_ms, End::Left),
            What::RunFinished { outcome, .. } => {
                self.ending = Some(*outcome);
                for lane in self.lanes.values_mut() {
                    lane.ended_ms = lane.ended_ms.min(at_ms);
                }
            }
            What::RunStarted { .. }
            | What::StepSkipped { .. }
            | What::StopRequested { .. }
            | What::TenureLost { .. } => {}
        }
    }

    fn with(&mut self, step: StepId, change: impl FnOnce(&mut Lane)) {
        if let Some(lane) = self.lanes.get_mut(&step) {
            change(lane);
        }
    }

    fn end(&mut self, step: StepId, at_ms: u64, end: End) {
        self.with(step, |lane| {
            lane.ended_ms = at_ms;
            lane.end = end;
        });
    }

    /// The steps that the run's length came from: each waited for the one before it.
    pub(super) fn critical(&self) -> Vec<StepId> {
        let mut next = self
            .lanes
            .iter()
            .max_by_key(|(step, lane)| (lane.ended_ms, std::cmp::Reverse(**step)))
            .map(|(step, _)| *step);
        let mut way = Vec::new();
        while let Some(step) = next {
            way.push(step);
            let after = self.lanes[&step].planned.after.iter();
            next = after
                .filter_map(|after| Some((after, self.lanes.get(&after.step)?)))
                .max_by_key(|(after, lane)| lane.reached_ms(after.until))
                .map(|(after, _)| after.step)
                .filter(|before| !way.contains(before));
        }
        way.reverse();
        way
    }
}

fn fresh(planned: &Planned, at_ms: u64) -> Lane {
    Lane {
        planned: planned.clone(),
        begun_ms: at_ms,
        ended_ms: u64::MAX,
        end: End::Left,
        waits: Vec::new(),
        retries: Vec::new(),
        reached: Vec::new(),
    }
}
