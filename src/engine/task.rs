//! A step with everything that it needs, ready to be done.
//!
//! May depend on `plan` and `model`. Invariant: nothing in a task is awaited from another step.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Cause;
use super::token::token;
use crate::model::{
    Address, Change, Fault, FaultClass, Names, OutputName, OutputValues, Schema, Value, Values,
    Work, schema_of,
};
use crate::plan::{Action, Plan, Step, StepId};

/// What to do.
pub(super) struct Task<'a> {
    pub(super) step: StepId,
    pub(super) address: &'a Address,
    pub(super) schema: &'static Schema,
    pub(super) work: Work,
    /// It needs what this run made.
    pub(super) rests_on_run: bool,
    /// The identifiers of what was there when the plan was made.
    pub(super) names: &'a Names,
    /// The resources of its kind that this run has deleted.
    pub(super) gone: BTreeSet<&'a str>,
}

/// Where a run stands, as far as a step that begins needs to know.
pub(super) struct Standing<'a> {
    pub(super) schemas: &'a [&'static Schema],
    /// What tells this run from every other.
    pub(super) key: &'a [u8; 16],
    pub(super) outputs: &'a BTreeMap<Address, OutputValues>,
    pub(super) is_done: &'a dyn Fn(StepId) -> bool,
}

impl<'a> Task<'a> {
    /// A step with the outputs that it needs.
    ///
    /// # Errors
    /// [`Cause`] where an output did not come or the kind is unknown.
    pub(super) fn new(step: &'a Step, plan: &'a Plan, now: &Standing<'_>) -> Result<Self, Cause> {
        let schema = schema_of(now.schemas, &step.address.kind).ok_or_else(|| Cause::Fault {
            fault: unknown_kind(step),
            attempts: 0,
        })?;
        Ok(Self {
            step: step.id,
            address: &step.address,
            schema,
            work: work(step, plan, now)?,
            rests_on_run: rests_on_run(step, plan),
            names: &plan.names,
            gone: gone(step, plan, now.is_done),
        })
    }
}

fn unknown_kind(step: &Step) -> Fault {
    let kind = step.address.kind.as_str();
    Fault::own(FaultClass::Rejected, kind, "this kind is not known")
}

fn gone<'a>(step: &Step, plan: &'a Plan, is_done: &dyn Fn(StepId) -> bool) -> BTreeSet<&'a str> {
    let done = plan.steps.iter().filter(|other| is_done(other.id));
    done.filter_map(|other| match &other.action {
        Action::Delete { found } if found.kind == step.address.kind => Some(found.id.as_str()),
        Action::Delete { .. } | Action::Create { .. } | Action::Update { .. } => None,
    })
    .collect()
}

/// Whether a step refers to or follows something that the run makes or changes.
fn rests_on_run(step: &Step, plan: &Plan) -> bool {
    step.after.iter().any(|after| {
        let before = plan.steps.get(after.step.0);
        before.is_some_and(|before| match before.action {
            Action::Create { .. } | Action::Update { .. } => true,
            Action::Delete { .. } => false,
        })
    })
}

fn work(step: &Step, plan: &Plan, now: &Standing<'_>) -> Result<Work, Cause> {
    match &step.action {
        Action::Create { want, mark } => {
            let want = resolved(want, now.outputs)?;
            Ok(Work::Create {
                kind: step.address.kind.clone(),
                token: token(now.key, &plan.owner, &step.address, &want),
                want,
                mark: mark.clone(),
            })
        }
        Action::Update {
            want,
            found,
            changes,
            tags,
        } => {
            let want = resolved(want, now.outputs)?;
            Ok(Work::Update {
                changes: still_differing(changes, &want),
                want,
                found: found.clone(),
                tags: tags.clone(),
            })
        }
        Action::Delete { found } => Ok(Work::Delete {
            found: found.clone(),
        }),
    }
}

/// The values with the outputs of this run filled in.
fn resolved(want: &Values, outputs: &BTreeMap<Address, OutputValues>) -> Result<Values, Cause> {
    let lookup = |name: &OutputName| outputs.get(&name.address)?.get(&name.output).cloned();
    let mut values = Values::new();
    for (name, value) in want {
        let value = value.resolve(&lookup);
        let mut missing = None;
        value.each_pending(&mut |output, _| missing = Some(output.to_string()));
        if let Some(output) = missing {
            return Err(Cause::MissingInput { output });
        }
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// The planned changes that are changes now that everything is known: an ARN that is made from a
/// name is the same after a replacement.
fn still_differing(changes: &[Change], want: &Values) -> Vec<Change> {
    changes
        .iter()
        .map(|change| Change {
            to: want
                .get(&change.attribute)
                .unwrap_or(&Value::Absent)
                .clone(),
            ..change.clone()
        })
        .filter(|change| change.from != change.to)
        .collect()
}
