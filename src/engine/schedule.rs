//! Which step may begin when: a state machine without time or I/O.
//!
//! May depend on `plan` and `model`. Invariant: a step begins only when all that it waits for has
//! come so far, and it ends exactly once.

use super::event::Skip;
use crate::model::Milestone;
use crate::plan::{After, StepId};

/// A step as far as its order goes.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// What it waits for: steps before it.
    pub(super) after: Vec<After>,
    /// What it takes usually, in seconds; the longest way to the end goes first.
    pub(super) typical_s: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running(Option<Milestone>),
    Done,
    Undone,
}

/// The order of a plan's steps, and how far each has come.
#[derive(Debug)]
pub(super) struct Schedule {
    jobs: Vec<Job>,
    followers: Vec<Vec<StepId>>,
    /// The time from the beginning of each step to the end of the last that needs it, in seconds.
    tails_s: Vec<u64>,
    phases: Vec<Phase>,
}

impl Schedule {
    /// The order of these steps.
    ///
    /// # Panics
    /// Where a step waits for one that does not stand before it, which no plan does.
    pub(super) fn new(jobs: Vec<Job>) -> Self {
        let mut followers = vec![Vec::new(); jobs.len()];
        let mut tails_s: Vec<u64> = jobs.iter().map(|job| u64::from(job.typical_s)).collect();
        for (at, job) in jobs.iter().enumerate().rev() {
            for after in &job.after {
                let StepId(before) = after.step;
                assert!(before < at, "a step waits only for steps before it");
                followers[before].push(StepId(at));
                let tail_s = u64::from(jobs[before].typical_s) + tails_s[at];
                tails_s[before] = tails_s[before].max(tail_s);
            }
        }
        Self {
            phases: vec![Phase::Waiting; jobs.len()],
            jobs,
            followers,
            tails_s,
        }
    }

    /// Begins every step that may begin; those with the longest way to the end come first.
    pub(super) fn ready(&mut self) -> Vec<StepId> {
        let mut ready: Vec<StepId> = (0..self.jobs.len())
            .filter(|at| self.phases[*at] == Phase::Waiting)
            .filter(|at| self.jobs[*at].after.iter().all(|after| self.has(*after)))
            .map(StepId)
            .collect();
        ready.sort_by_key(|StepId(at)| std::cmp::Reverse(self.tails_s[*at]));
        for StepId(at) in &ready {
            self.phases[*at] = Phase::Running(None);
        }
        ready
    }

    fn has(&self, after: After) -> bool {
        match self.phases[after.step.0] {
            Phase::Waiting | Phase::Undone | Phase::Running(None) => false,
            Phase::Running(Some(reached)) => reached >= after.until,
            Phase::Done => true,
        }
    }

    /// A step that has begun has come so far.
    pub(super) fn reached(&mut self, StepId(at): StepId, milestone: Milestone) {
        assert!(
            matches!(self.phases[at], Phase::Running(_)),
            "only what has begun comes far"
        );
        self.phases[at] = Phase::Running(Some(milestone));
    }

    /// A step that has begun is done, which is as far as it can come.
    pub(super) fn done(&mut self, step: StepId) {
        self.end(step, Phase::Done);
    }

    /// A step that has begun was left undone, without a failure.
    pub(super) fn left(&mut self, step: StepId) {
        self.end(step, Phase::Undone);
    }

    /// A step that has begun failed. Whatever needs it and has not begun is not begun any more, also
    /// where it only needs what the step had reached: nothing is built on what is broken.
    pub(super) fn failed(&mut self, step: StepId) -> Vec<(StepId, Skip)> {
        self.end(step, Phase::Undone);
        let mut skipped = Vec::new();
        let mut next = self.followers[step.0].clone();
        while let Some(StepId(at)) = next.pop() {
            if self.phases[at] == Phase::Waiting {
                self.phases[at] = Phase::Undone;
                skipped.push((StepId(at), Skip::Needs { step }));
                next.extend(&self.followers[at]);
            }
        }
        skipped.sort_by_key(|(step, _)| *step);
        skipped
    }

    /// Nothing begins any more.
    pub(super) fn cancel(&mut self) -> Vec<(StepId, Skip)> {
        let mut skipped = Vec::new();
        for (at, phase) in self.phases.iter_mut().enumerate() {
            if *phase == Phase::Waiting {
                *phase = Phase::Undone;
                skipped.push((StepId(at), Skip::Stopped));
            }
        }
        skipped
    }

    fn end(&mut self, StepId(at): StepId, phase: Phase) {
        assert!(
            matches!(self.phases[at], Phase::Running(_)),
            "only what has begun ends"
        );
        self.phases[at] = phase;
    }

    /// The steps that have begun and not ended.
    pub(super) fn running(&self) -> Vec<StepId> {
        (0..self.phases.len())
            .filter(|at| matches!(self.phases[*at], Phase::Running(_)))
            .map(StepId)
            .collect()
    }

    /// Whether this step is done.
    pub(super) fn is_done(&self, StepId(at): StepId) -> bool {
        self.phases[at] == Phase::Done
    }

    /// Whether every step has ended.
    pub(super) fn is_over(&self) -> bool {
        self.phases
            .iter()
            .all(|phase| matches!(phase, Phase::Done | Phase::Undone))
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
