//! Without limits, a run takes as long as its longest chain of steps, and no longer.

use proptest::strategy::Strategy as _;
use qpiac::engine::{Limits, Settings, What};
use qpiac::model::{Milestone, OutputName, Schema, Value, Wait};
use qpiac::plan::{Action, Options, Step};

use crate::harness::{Verdict, ensure, property};
use crate::lab::{Lab, Ran, on_paused_time, show};
use crate::scenario::{Scenario, Tempo, nothing, scenario};

/// The pause before the engine's first look, in milliseconds; later ones are at most ten times as
/// long.
const PACE_MS: u64 = 10;
/// How much later than AWS the engine may be in all, in milliseconds. Every wait takes whole
/// seconds, so that two chains cannot be mistaken for each other.
const LATE_MS: u64 = 999;

#[test]
fn the_makespan_is_the_critical_path() {
    let exact = scenario().prop_map(|scenario| Scenario {
        tempo: Tempo::Exact,
        ..scenario
    });
    property("the_makespan_is_the_critical_path", 60, exact, |scenario| {
        on_paused_time(measured(scenario))
    });
}

async fn measured(scenario: &Scenario) -> Verdict {
    let mut lab = Lab::new(scenario);
    lab.engine = Settings {
        pace_ms: PACE_MS,
        limits: Limits::none(),
        ..lab.engine
    };
    for graph in [scenario.pair.before(), scenario.pair.after(), nothing()] {
        let plan = lab.plan(&graph, &Options::default()).await?;
        let ran = lab.run(plan, None).await?;
        let took_ms = match ran.events.last().map(|event| &event.what) {
            Some(What::RunFinished { elapsed_ms, .. }) => *elapsed_ms,
            other => return Err(format!("the last event is {other:?}")),
        };
        let critical_ms = critical_path_s(&ran, lab.schemas) * 1000;
        ensure!(
            (critical_ms..=critical_ms + LATE_MS).contains(&took_ms),
            "it took {took_ms} ms, the critical path is {critical_ms} ms:{}",
            show(&ran.plan)
        );
    }
    Ok(())
}

/// When the last step can end, in seconds: each step begins when all that it waits for has come so
/// far. What it makes exists at once; it is ready, or gone, after what is typical of its kind.
fn critical_path_s(ran: &Ran, schemas: &[&'static Schema]) -> u64 {
    let mut ends_s: Vec<(u64, u64)> = Vec::new();
    for step in &ran.plan.steps {
        let began = step.after.iter().map(|after| {
            let (begins_s, ends_s) = ends_s[after.step.0];
            match after.until {
                Milestone::Exists => begins_s,
                Milestone::Ready | Milestone::Gone => ends_s,
            }
        });
        let begins_s = began.max().unwrap_or(0);
        ends_s.push((begins_s, begins_s + takes_s(step, ran, schemas)));
    }
    ends_s.iter().map(|(_, end_s)| *end_s).max().unwrap_or(0)
}

fn takes_s(step: &Step, ran: &Ran, schemas: &[&'static Schema]) -> u64 {
    let waits = schemas
        .iter()
        .find(|schema| schema.kind == step.address.kind)
        .expect("a kind of the pair")
        .waits;
    let wait: Option<Wait> = match &step.action {
        Action::Create { .. } => waits.create,
        Action::Update { want, changes, .. } => {
            let known = |name: &OutputName| {
                let outputs = ran.outcome.outputs.get(&name.address)?;
                outputs.get(&name.output).cloned()
            };
            let differs = changes.iter().any(|change| {
                let want = want.get(&change.attribute).unwrap_or(&Value::Absent);
                want.resolve(&known) != change.from
            });
            waits.update.filter(|_| differs)
        }
        Action::Delete { .. } => waits.delete,
    };
    wait.map_or(0, |wait| u64::from(wait.typical_s))
}
