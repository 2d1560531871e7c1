//! How long a plan takes: the longest way through its steps.
//!
//! May depend on `model`. Invariant: what a step takes follows from its kind's declaration alone; a
//! forecast decides nothing.

use super::step::{Action, After, Plan, Step, StepId};
use crate::model::{Milestone, Schema, schema_of};

/// What one call takes, in seconds: all that a step takes where AWS does not go on working.
pub const CALL_S: u32 = 1;

/// A step as far as its time goes.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// What it waits for: tasks before it.
    pub after: &'a [After],
    /// What it still takes until it exists, in seconds.
    pub exists_s: u32,
    /// What it still takes until its end, in seconds.
    pub ends_s: u32,
}

/// How long something takes, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// From now until the end of the last task, in seconds.
    pub total_s: u64,
    /// The tasks that decide that, in their order, with what each adds, in seconds.
    pub way: Vec<(StepId, u64)>,
}

/// What a step takes usually, in seconds; what nobody waits for takes no more than its call.
pub fn typical_s(step: &Step, schemas: &[&'static Schema], waits_for_lazy: bool) -> u32 {
    let schema = schema_of(schemas, &step.address.kind);
    let stays = !matches!(step.action, Action::Delete { .. });
    if stays && !waits_for_lazy && schema.is_some_and(|schema| schema.lazy) {
        return CALL_S;
    }
    let wait = schema.and_then(|schema| match step.action {
        Action::Create { .. } => schema.waits.create,
        Action::Update { .. } => schema.waits.update,
        Action::Delete { .. } => schema.waits.delete,
    });
    wait.map_or(CALL_S, |wait| wait.typical_s.max(CALL_S))
}

/// How long a plan takes usually, without what nobody waits for.
pub fn of_plan(plan: &Plan, schemas: &[&'static Schema], waits_for_lazy: bool) -> Forecast {
    let tasks: Vec<Task<'_>> = plan
        .steps
        .iter()
        .map(|step| Task {
            after: &step.after,
            exists_s: CALL_S,
            ends_s: typical_s(step, schemas, waits_for_lazy),
        })
        .collect();
    longest(&tasks)
}

/// The longest way through tasks that begin as soon as they may.
pub fn longest(tasks: &[Task<'_>]) -> Forecast {
    // For each task: when it begins, and the task that it waits for longest.
    let mut begins: Vec<(u64, Option<usize>)> = Vec::with_capacity(tasks.len());
    for task in tasks {
        let mut begin = (0, None);
        for after in task.after {
            let Some(((began_s, _), before)) =
                begins.get(after.step.0).zip(tasks.get(after.step.0))
            else {
                continue;
            };
            let takes_s = match after.until {
                Milestone::Exists => before.exists_s.min(before.ends_s),
                Milestone::Ready | Milestone::Gone => before.ends_s,
            };
            let at_s = began_s + u64::from(takes_s);
            if at_s > begin.0 {
                begin = (at_s, Some(after.step.0));
            }
        }
        begins.push(begin);
    }
    let end_s = |at: usize| begins[at].0 + u64::from(tasks[at].ends_s);
    let Some(last) = (0..tasks.len()).max_by_key(|at| (end_s(*at), std::cmp::Reverse(*at))) else {
        return Forecast::default();
    };
    let mut way = Vec::new();
    let (mut until_s, mut next) = (end_s(last), Some(last));
    while let Some(at) = next {
        let (began_s, before) = begins[at];
        way.push((StepId(at), until_s - began_s));
        (until_s, next) = (began_s, before);
    }
    way.reverse();
    Forecast {
        total_s: end_s(last),
        way,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(step: usize, until: Milestone) -> After {
        After {
            step: StepId(step),
            until,
        }
    }

    fn task(after: &[After], ends_s: u32) -> Task<'_> {
        Task {
            after,
            exists_s: CALL_S,
            ends_s,
        }
    }

    fn way(forecast: &Forecast) -> Vec<(usize, u64)> {
        let way = forecast.way.iter();
        way.map(|(step, adds_s)| (step.0, *adds_s)).collect()
    }

    #[test]
    fn what_waits_only_for_existence_does_not_wait_for_the_end() {
        let (exists, ready) = ([after(0, Milestone::Exists)], [after(0, Milestone::Ready)]);
        let early = longest(&[task(&[], 90), task(&exists, 5)]);
        assert_eq!((early.total_s, way(&early)), (90, vec![(0, 90)]));
        let late = longest(&[task(&[], 90), task(&ready, 5)]);
        assert_eq!((late.total_s, way(&late)), (95, vec![(0, 90), (1, 5)]));
    }

    #[test]
    fn the_way_adds_up_and_the_first_of_equals_is_taken() {
        let both = [after(0, Milestone::Exists), after(1, Milestone::Gone)];
        let tasks = [
            task(&[], 10),
            task(&[], 10),
            task(&both, 120),
            task(&both, 120),
        ];
        let forecast = longest(&tasks);
        assert_eq!(
            (forecast.total_s, way(&forecast)),
            (130, vec![(1, 10), (2, 120)])
        );
        let sum: u64 = forecast.way.iter().map(|(_, adds_s)| adds_s).sum();
        assert_eq!(sum, forecast.total_s);
    }

    #[test]
    fn nothing_takes_no_time_and_steps_that_are_not_there_are_not_waited_for() {
        assert_eq!(longest(&[]), Forecast::default());
        let nowhere = [after(7, Milestone::Ready)];
        assert_eq!(longest(&[task(&nowhere, 3)]).total_s, 3);
    }
}
