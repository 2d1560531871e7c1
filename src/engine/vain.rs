//! Which step waits in vain when another has failed.
//!
//! May depend on `plan` and `model`. Invariant: only a kind that says so completes its parent; every
//! other parent becomes ready without its children.

use crate::model::{Address, Schema, Value, schema_of};
use crate::plan::{Action, Plan, StepId};

/// The step about the parent that only this step would have made ready.
pub(super) fn parent_of(
    plan: &Plan,
    failed: StepId,
    schemas: &[&'static Schema],
) -> Option<StepId> {
    let step = plan.step(failed);
    let kind = &step.address.kind;
    let schema = schema_of(schemas, kind)?;
    let (Action::Create { want, .. } | Action::Update { want, .. }) = &step.action else {
        return None;
    };
    let reference = want.get(schema.parent.filter(|_| schema.completes)?)?;
    let parent = address_in(reference, plan)?;
    let about = plan.steps.iter().find(|other| {
        other.address == parent
            && match other.action {
                Action::Create { .. } | Action::Update { .. } => true,
                Action::Delete { .. } => false,
            }
    });
    about.map(|other| other.id)
}

fn address_in(reference: &Value, plan: &Plan) -> Option<Address> {
    if let Value::Id { class, id } = reference {
        let owner = plan.names.owner_of(class, id);
        return owner.map(|output| output.address.clone());
    }
    let mut address = None;
    reference.each_pending(&mut |output, _| address = Some(output.address.clone()));
    address
}
