//! What a run said, held against its plan.

use std::collections::{BTreeMap, BTreeSet};

use qpiac::engine::{Ending, Event, Outcome, Skip, Stop, What};
use qpiac::model::Milestone;
use qpiac::plan::{Action, Plan, StepId};

use crate::harness::{Verdict, ensure};

/// How long a run may go on after the user wished to stop, in milliseconds.
const STOPPED_MS: u64 = 7000;
/// How long it may go on after the second wish, in milliseconds.
const STOPPED_TWICE_MS: u64 = 2500;

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Waiting,
    Started(Option<Milestone>),
    Done,
    Failed,
    Skipped,
    Abandoned,
}

struct Replay<'a> {
    plan: &'a Plan,
    stands: Vec<Stand>,
    stopped_ms: BTreeMap<Stop, u64>,
    ended: Option<(Ending, u64)>,
}

/// A step starts only when all that it waits for has come so far, it ends exactly once, and the
/// outcome says the same as the events.
pub(crate) fn check(plan: &Plan, events: &[Event], outcome: &Outcome) -> Verdict {
    order(plan)?;
    let mut replay = Replay {
        plan,
        stands: vec![Stand::Waiting; plan.steps.len()],
        stopped_ms: BTreeMap::new(),
        ended: None,
    };
    let mut last_ms = 0;
    for (at, event) in events.iter().enumerate() {
        ensure!(
            event.seq == at as u64,
            "event {at} has the number {}",
            event.seq
        );
        ensure!(event.at_ms >= last_ms, "event {at} is before the last");
        last_ms = event.at_ms;
        let is_first = matches!(event.what, What::RunStarted { .. });
        ensure!(is_first == (at == 0), "event {at} is {:?}", event.what);
        ensure!(replay.ended.is_none(), "{:?} after the end", event.what);
        replay
            .hear(event)
            .map_err(|why| format!("event {at} {:?}: {why}", event.what))?;
    }
    replay.agrees(outcome)
}

/// A step waits only for steps before it, and both halves of a replacement know each other.
fn order(plan: &Plan) -> Verdict {
    for (at, step) in plan.steps.iter().enumerate() {
        ensure!(
            step.id == StepId(at),
            "step {at} has the number {:?}",
            step.id
        );
        for after in &step.after {
            ensure!(after.step < step.id, "step {at} waits for {:?}", after.step);
            let deletes = matches!(plan.step(after.step).action, Action::Delete { .. });
            ensure!(
                deletes == (after.until == Milestone::Gone),
                "step {at} waits for {:?} until it is {:?}",
                after.step,
                after.until
            );
        }
        if let Some(other) = step.replaces {
            let other = plan.step(other);
            ensure!(
                other.replaces == Some(step.id) && other.address == step.address,
                "step {at} replaces {:?}, which does not know of it",
                other.id
            );
            ensure!(
                other.id > step.id || dependents(plan, other.id).contains(&step.id),
                "step {at} does not wait for {:?}, the other half of its replacement",
                other.id
            );
        }
    }
    Ok(())
}

impl Replay<'_> {
    fn hear(&mut self, event: &Event) -> Verdict {
        match &event.what {
            What::RunStarted { owner, steps } => {
                ensure!(*owner == self.plan.owner, "of another stack");
                ensure!(steps.len() == self.plan.steps.len(), "of another plan");
            }
            What::StepStarted { step } => self.start(*step)?,
            What::StepRetrying { step, .. } | What::StepWaiting { step, .. } => {
                self.running(*step)?;
            }
            What::StepReached {
                step, milestone, ..
            } => self.reach(*step, *milestone)?,
            What::StepFinished { step, .. } => {
                let reached = self.running(*step)?;
                let last = match self.plan.step(*step).action {
                    Action::Create { .. } | Action::Update { .. } => Milestone::Ready,
                    Action::Delete { .. } => Milestone::Gone,
                };
                ensure!(reached == Some(last), "it had come to {reached:?}");
                self.stands[step.0] = Stand::Done;
            }
            What::StepFailed { step, .. } => {
                self.running(*step)?;
                self.stands[step.0] = Stand::Failed;
            }
            What::StepSkipped { step, because } => self.skip(*step, because)?,
            What::StepAbandoned { step, .. } => {
                self.running(*step)?;
                ensure!(!self.stopped_ms.is_empty(), "nobody wished to stop");
                self.stands[step.0] = Stand::Abandoned;
            }
            What::StopRequested { stop } => {
                let before = self.stopped_ms.insert(*stop, event.at_ms);
                ensure!(before.is_none(), "said before");
            }
            What::TenureLost { .. } => {
                return Err("a right without end was lost".to_owned());
            }
            What::RunFinished { outcome, .. } => self.ended = Some((*outcome, event.at_ms)),
        }
        Ok(())
    }

    fn start(&mut self, step: StepId) -> Verdict {
        let stand = self.stands[step.0];
        ensure!(stand == Stand::Waiting, "it is {stand:?}");
        ensure!(self.stopped_ms.is_empty(), "after a wish to stop");
        for after in &self.plan.step(step).after {
            let has_come = match self.stands[after.step.0] {
                Stand::Done => true,
                Stand::Started(Some(milestone)) => milestone >= after.until,
                Stand::Waiting
                | Stand::Started(None)
                | Stand::Failed
                | Stand::Skipped
                | Stand::Abandoned => false,
            };
            ensure!(
                has_come,
                "it waits for {:?}, which is {:?}",
                after,
                self.stands[after.step.0]
            );
        }
        self.stands[step.0] = Stand::Started(None);
        Ok(())
    }

    fn running(&self, step: StepId) -> Result<Option<Milestone>, String> {
        match self.stands[step.0] {
            Stand::Started(reached) => Ok(reached),
            stand => Err(format!("it is {stand:?}")),
        }
    }

    fn reach(&mut self, step: StepId, milestone: Milestone) -> Verdict {
        let before = self.running(step)?;
        ensure!(before < Some(milestone), "it had come to {before:?}");
        self.stands[step.0] = Stand::Started(Some(milestone));
        Ok(())
    }

    fn skip(&mut self, step: StepId, because: &Skip) -> Verdict {
        let stand = self.stands[step.0];
        ensure!(stand == Stand::Waiting, "it is {stand:?}");
        match because {
            Skip::Needs { step: root } => {
                let stand = self.stands[root.0];
                ensure!(stand == Stand::Failed, "{root:?} is {stand:?}");
                let needs = dependents(self.plan, *root).contains(&step);
                ensure!(needs, "it does not need {root:?}");
            }
            Skip::Stopped => ensure!(!self.stopped_ms.is_empty(), "nobody wished to stop"),
        }
        self.stands[step.0] = Stand::Skipped;
        Ok(())
    }

    fn agrees(&self, outcome: &Outcome) -> Verdict {
        let Some((ending, ended_ms)) = self.ended else {
            return Err("the run does not say that it has ended".to_owned());
        };
        let with = |wanted: Stand| -> BTreeSet<StepId> {
            let all = self.stands.iter().enumerate();
            all.filter(|(_, stand)| **stand == wanted)
                .map(|(at, _)| StepId(at))
                .collect()
        };
        let stopped = !self.stopped_ms.is_empty();
        let done = with(Stand::Done);
        let expected = if done.len() == self.stands.len() {
            Ending::Complete
        } else if stopped {
            Ending::Cancelled
        } else {
            Ending::Partial
        };
        ensure!(
            (outcome.ending, ending) == (expected, expected),
            "it ended as {ending:?} and {:?}, not as {expected:?}",
            outcome.ending
        );
        let firsts = |steps: Vec<StepId>| steps.into_iter().collect::<BTreeSet<_>>();
        let same = firsts(outcome.done.clone()) == done
            && firsts(outcome.failed.iter().map(|(step, _)| *step).collect())
                == with(Stand::Failed)
            && firsts(outcome.skipped.iter().map(|(step, _)| *step).collect())
                == with(Stand::Skipped)
            && firsts(outcome.abandoned.clone()) == with(Stand::Abandoned);
        ensure!(
            same,
            "the events say {:?}, the outcome {outcome:?}",
            self.stands
        );
        let count = outcome.done.len()
            + outcome.failed.len()
            + outcome.skipped.len()
            + outcome.abandoned.len();
        ensure!(count == self.stands.len(), "a step ended twice or never");
        for (stop, most_ms) in [
            (Stop::Starting, STOPPED_MS),
            (Stop::Waiting, STOPPED_TWICE_MS),
        ] {
            if let Some(stopped_ms) = self.stopped_ms.get(&stop) {
                let took_ms = ended_ms - stopped_ms;
                ensure!(took_ms <= most_ms, "{took_ms} ms after {stop:?}");
            }
        }
        Ok(())
    }
}

/// All steps that wait for this one, over however many others.
pub(crate) fn dependents(plan: &Plan, root: StepId) -> BTreeSet<StepId> {
    let mut found = BTreeSet::from([root]);
    // A step waits only for steps before it.
    for step in &plan.steps {
        if step.after.iter().any(|after| found.contains(&after.step)) {
            found.insert(step.id);
        }
    }
    found.remove(&root);
    found
}
