//! When one step fails, exactly what needs it is left out, and the next run does the rest.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, prop_oneof};
use qpiac::engine::{Cause, Ending, Failure, Skip};
use qpiac::model::{FaultClass, Milestone, Schema, Wait};
use qpiac::plan::{self, Options, Plan, StepId};
use qpiac::sim::{Action, Call, Faults, Scripted, Strike};

use crate::faults::{Goal, goal};
use crate::harness::{Verdict, ensure, property};
use crate::lab::{Lab, Ran, on_paused_time, show};
use crate::replay::dependents;
use crate::scenario::{Scenario, scenario};

/// A step that fails for good.
#[derive(Clone, Debug)]
struct Doomed {
    scenario: Scenario,
    /// How far through the plan, from 0 to 1.
    at: f64,
    how: How,
    /// What the next run is for.
    goal: Goal,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Its call fails with this.
    Fault(FaultClass),
    /// AWS cannot finish it; where AWS does not go on after the call, the call fails.
    Breaks,
}

fn doomed() -> impl Strategy<Value = Doomed> {
    let how = prop_oneof![
        Just(How::Fault(FaultClass::Rejected)),
        Just(How::Fault(FaultClass::Denied)),
        Just(How::Fault(FaultClass::Quota)),
        Just(How::Breaks),
    ];
    (scenario(), 0.0..1.0_f64, how, goal()).prop_map(|(scenario, at, how, goal)| Doomed {
        scenario,
        at,
        how,
        goal,
    })
}

#[test]
fn what_needs_a_failed_step_is_left_out_and_nothing_else() {
    property(
        "what_needs_a_failed_step_is_left_out_and_nothing_else",
        150,
        doomed(),
        |doomed| on_paused_time(told(doomed)),
    );
}

async fn told(doomed: &Doomed) -> Verdict {
    let scenario = &doomed.scenario;
    let lab = Lab::new(scenario);
    lab.apply(&scenario.pair.before()).await?;
    let after = scenario.pair.after();
    let copy = lab.reopened(Faults::default());
    let whole = copy.plan(&after, &Options::default()).await?;
    let calls_before = copy.sim.calls().len();
    let whole = copy.run(whole, None).await?.plan;
    let calls = &copy.sim.calls()[calls_before..];
    let Some((root, scripted)) = doomed.strike(&whole, calls, lab.schemas) else {
        return Ok(());
    };
    let breaks = matches!(scripted.strike, Strike::Breaks(_));
    let failing = lab.reopened(Faults {
        script: vec![scripted],
        ..Faults::default()
    });
    let plan = failing.plan(&after, &Options::default()).await?;
    ensure!(plan == whole, "the same world, another plan");
    let ran = failing.run(plan, None).await?;
    let told = if breaks {
        broke(&ran, root)
    } else {
        failed(&ran, root)
    };
    told.map_err(|why| format!("{why}\nwhen {root:?} fails in:{}", show(&ran.plan)))?;
    let calm = failing.reopened(Faults::default());
    calm.mend(&doomed.goal.graph(scenario)).await
}

impl Doomed {
    /// The step that fails, and what makes its call fail.
    fn strike(
        &self,
        plan: &Plan,
        calls: &[Call],
        schemas: &[&'static Schema],
    ) -> Option<(StepId, Scripted)> {
        let first = (plan.steps.len() as f64 * self.at) as usize;
        let steps = plan.steps.iter().cycle().skip(first).take(plan.steps.len());
        let (step, action, nth) = steps
            .filter_map(|step| {
                let (action, about) = call_of(step);
                let mut same = calls
                    .iter()
                    .filter(|call| call.kind == step.address.kind && call.action == action);
                let nth = same.position(|call| call.about == about)? + 1;
                Some((step, action, nth))
            })
            .next()?;
        let strike = match self.how {
            How::Breaks if wait_of(step, schemas).is_some() => {
                Strike::Breaks("it broke\nfor good".to_owned())
            }
            How::Breaks => fault(FaultClass::Rejected),
            How::Fault(class) => fault(class),
        };
        let scripted = Scripted {
            kind: step.address.kind.clone(),
            action,
            nth,
            strike,
        };
        Some((step.id, scripted))
    }
}

fn fault(class: FaultClass) -> Strike {
    Strike::Fault {
        class,
        code: "Scripted".to_owned(),
        message: "by script".to_owned(),
        effect: false,
    }
}

/// The call that a step makes, as the log names it.
fn call_of(step: &plan::Step) -> (Action, String) {
    match &step.action {
        plan::Action::Create { .. } => (Action::Create, step.address.to_string()),
        plan::Action::Update { found, .. } => (Action::Update, found.id.clone()),
        plan::Action::Delete { found } => (Action::Delete, found.id.clone()),
    }
}

fn wait_of(step: &plan::Step, schemas: &[&'static Schema]) -> Option<Wait> {
    let mut schemas = schemas.iter();
    let waits = schemas
        .find(|schema| schema.kind == step.address.kind)?
        .waits;
    match &step.action {
        plan::Action::Create { .. } => waits.create,
        // What only gets other tags is not worked on.
        plan::Action::Update { changes, .. } => waits.update.filter(|_| !changes.is_empty()),
        plan::Action::Delete { .. } => waits.delete,
    }
}

/// The call failed: whatever needs the step is left out.
fn failed(ran: &Ran, root: StepId) -> Verdict {
    let failure = only_failure(ran, root)?;
    match &failure.cause {
        Cause::Fault { fault, attempts: 1 } if fault.code == "Scripted" => {}
        other => return Err(format!("the cause is {other:?}")),
    }
    let skipped: BTreeSet<StepId> = skipped(ran, root)?;
    let needing = dependents(&ran.plan, root);
    ensure!(
        skipped == needing,
        "skipped are {skipped:?}, dependents are {needing:?}"
    );
    all_else_is_done(ran, &skipped)
}

/// The call succeeded, and AWS gave up later: what needs the step to be ready is left out, and of
/// what needs it to exist, whatever had not begun by then.
fn broke(ran: &Ran, root: StepId) -> Verdict {
    let failure = only_failure(ran, root)?;
    let deletes = matches!(ran.plan.step(root).action, plan::Action::Delete { .. });
    match &failure.cause {
        Cause::Broken { .. } if !deletes => {}
        Cause::Deadline { .. } if deletes => {}
        other => return Err(format!("the cause is {other:?}")),
    }
    ensure!(
        failure.reasons == ["it broke", "for good"],
        "the reasons are {:?}",
        failure.reasons
    );
    let skipped = skipped(ran, root)?;
    let needing = dependents(&ran.plan, root);
    ensure!(
        skipped.is_subset(&needing),
        "{skipped:?} are more than {needing:?}"
    );
    for step in &ran.plan.steps {
        let needs_end = |after: &plan::After| {
            (after.step == root && after.until != Milestone::Exists)
                || skipped.contains(&after.step)
        };
        ensure!(
            skipped.contains(&step.id) || !step.after.iter().any(needs_end),
            "{:?} is not skipped",
            step.id
        );
    }
    all_else_is_done(ran, &skipped)
}

fn only_failure(ran: &Ran, root: StepId) -> Result<&Failure, String> {
    ensure!(
        ran.outcome.ending == Ending::Partial,
        "the run ended as {:?}",
        ran.outcome.ending
    );
    match ran.outcome.failed.as_slice() {
        [(step, failure)] if *step == root => Ok(failure),
        other => Err(format!("failed are {other:#?}")),
    }
}

/// The steps that were left out, all for the same reason.
fn skipped(ran: &Ran, root: StepId) -> Result<BTreeSet<StepId>, String> {
    let mut skipped = BTreeSet::new();
    for (step, because) in &ran.outcome.skipped {
        ensure!(
            *because == Skip::Needs { step: root },
            "{step:?} is skipped because of {because:?}"
        );
        skipped.insert(*step);
    }
    Ok(skipped)
}

fn all_else_is_done(ran: &Ran, skipped: &BTreeSet<StepId>) -> Verdict {
    let count = ran.plan.steps.len() - skipped.len() - 1;
    ensure!(
        ran.outcome.done.len() == count && ran.outcome.abandoned.is_empty(),
        "{} of {count} others are done",
        ran.outcome.done.len()
    );
    Ok(())
}
