//! Plans for a part of the stack.
//!
//! May depend on `model`. Invariant: what is left of a plan can be carried out, and never takes
//! something away whose replacement was left out.

use std::collections::{BTreeMap, BTreeSet};

use super::planner::Options;
use super::step::{Action, After, Plan, Scope, Step, StepId};
use crate::model::Address;

/// The plan for what was chosen, with what that needs.
pub(super) fn narrow(plan: Plan, options: &Options) -> Plan {
    if options.target.is_empty() && options.exclude.is_empty() {
        return plan;
    }
    let mut kept: BTreeSet<StepId> = plan.steps.iter().map(|step| step.id).collect();
    if !options.target.is_empty() {
        kept = needed(&plan, &options.target);
    }
    drop_excluded(&plan, &options.exclude, &mut kept);
    let scope = scope(&plan, &kept, options);
    let number: BTreeMap<StepId, StepId> = kept
        .iter()
        .enumerate()
        .map(|(new, old)| (*old, StepId(new)))
        .collect();
    let steps = plan
        .steps
        .into_iter()
        .filter(|step| kept.contains(&step.id))
        .map(|step| renumber(step, &number))
        .collect();
    Plan {
        steps,
        scope,
        ..plan
    }
}

/// The steps about these addresses, and all that they wait for.
fn needed(plan: &Plan, addresses: &BTreeSet<Address>) -> BTreeSet<StepId> {
    let mut kept = BTreeSet::new();
    let mut next: Vec<StepId> = plan
        .steps
        .iter()
        .filter(|step| addresses.contains(&step.address))
        .map(|step| step.id)
        .collect();
    while let Some(id) = next.pop() {
        if kept.insert(id) {
            let step = plan.step(id);
            next.extend(step.after.iter().map(|after| after.step));
            next.extend(step.replaces);
        }
    }
    kept
}

/// Drops the steps about these addresses, and all that wait for a dropped one.
fn drop_excluded(plan: &Plan, addresses: &BTreeSet<Address>, kept: &mut BTreeSet<StepId>) {
    kept.retain(|id| !addresses.contains(&plan.step(*id).address));
    loop {
        let before = kept.len();
        let dropped = |id: &StepId| {
            let step = plan.step(*id);
            let waits = step.after.iter().any(|after| !kept.contains(&after.step));
            let is_halved = matches!(step.action, Action::Delete { .. })
                && step.replaces.is_some_and(|other| !kept.contains(&other));
            waits || is_halved
        };
        let remaining: BTreeSet<StepId> = kept.iter().filter(|id| !dropped(id)).copied().collect();
        *kept = remaining;
        if kept.len() == before {
            return;
        }
    }
}

fn scope(plan: &Plan, kept: &BTreeSet<StepId>, options: &Options) -> Scope {
    let mut scope = Scope::default();
    for step in &plan.steps {
        let is_chosen = options.target.is_empty() || options.target.contains(&step.address);
        if !kept.contains(&step.id) {
            scope.left_out.insert(step.address.clone());
        } else if !is_chosen {
            scope.included.insert(step.address.clone());
        }
    }
    scope
}

fn renumber(mut step: Step, number: &BTreeMap<StepId, StepId>) -> Step {
    step.id = number[&step.id];
    step.replaces = step.replaces.and_then(|other| number.get(&other).copied());
    step.after = step
        .after
        .iter()
        .filter_map(|after| {
            Some(After {
                step: *number.get(&after.step)?,
                until: after.until,
            })
        })
        .collect();
    step
}
