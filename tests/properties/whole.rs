//! The stack that comes with the program: what waits for what when it is destroyed.

use std::collections::{BTreeMap, BTreeSet};

use qpiac::engine::{self, Ending};
use qpiac::model::{Graph, Owner, Snapshot, Tags};
use qpiac::plan::{Options, Plan, Step, plan};
use qpiac::sim::{Pace, Settings, Sim, World};
use qpiac::spec;
use qpiac::stack::{self, Digests, Inputs};
use tokio::sync::watch;

use crate::harness::ensure;
use crate::lab::on_paused_time;
use crate::specs::SCHEMAS;

const STACK: &str = include_str!("../../stack.yaml");

/// The kinds whose deletion AWS refuses as long as the distribution is there.
const HELD_BY_THE_DISTRIBUTION: [&str; 3] = [
    "cache-policy",
    "cloudfront-function",
    "response-headers-policy",
];

#[test]
fn destroying_waits_for_the_distribution_only_where_aws_does() {
    let checked = on_paused_time(async {
        let (owner, snapshot) = applied().await?;
        let nothing = Graph::new(owner, Tags::new());
        let plan = plan(&nothing, &snapshot, &SCHEMAS, &Options::default())
            .map_err(|refused| refused.to_string())?;
        let waiting = waiting_for(&plan, "distribution");
        let expected = HELD_BY_THE_DISTRIBUTION.into_iter().collect();
        ensure!(waiting == expected, "these wait: {waiting:?}");
        let waited_for = waited_for_by(&plan, "distribution");
        ensure!(waited_for.is_empty(), "it waits for {waited_for:?}");
        Ok(())
    });
    checked.unwrap_or_else(|why| panic!("{why}"));
}

/// What goes when: what tasks and functions use goes after them.
#[test]
fn destroying_goes_this_way() {
    let checked = on_paused_time(async {
        let (owner, snapshot) = applied().await?;
        let nothing = Graph::new(owner, Tags::new());
        let plan = plan(&nothing, &snapshot, &SCHEMAS, &Options::default())
            .map_err(|refused| refused.to_string())?;
        let line = |step: &Step| {
            let after = step.after.iter();
            let after = after.map(|after| plan.step(after.step).address.to_string());
            let after: Vec<String> = after.collect();
            format!("{} after [{}]\n", step.address, after.join(", "))
        };
        let shown: String = plan.steps.iter().map(line).collect();
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/plan/destroy.txt");
        testbed::golden(golden, &shown);
        Ok(())
    });
    checked.unwrap_or_else(|why| panic!("{why}"));
}

/// The stack as the simulator has it after an apply.
async fn applied() -> Result<(Owner, Snapshot), String> {
    let spec = spec::read("stack.yaml", STACK).map_err(|_| "stack.yaml has errors")?;
    let graph = stack::graph(&spec.spec, &Inputs::anywhere(Digests::default()));
    let mut given = BTreeSet::new();
    for value in graph.nodes().flat_map(|(_, node)| node.values.values()) {
        value.each_id(&mut |_, id| {
            given.insert(id.to_owned());
        });
    }
    let world = World::new("123456789012", "us-east-1", 1);
    let sim = Sim::new(&SCHEMAS, world, Settings::at(Pace::EXACT).knowing(given));
    let settings = engine::Settings::default();
    let owner = stack::owner(&spec.spec);
    let before = engine::read(&sim, &owner, Some(&graph), &settings).await;
    let before = before.map_err(|failed| failed.to_string())?;
    let plan = plan(&graph, &before, &SCHEMAS, &Options::default());
    let plan = plan.map_err(|refused| refused.to_string())?;
    let (_stop, stops) = watch::channel(None);
    let outcome = engine::run(
        &plan,
        &sim,
        &settings,
        &engine::Unlimited,
        stops,
        &mut |_| {},
    )
    .await;
    ensure!(outcome.ending == Ending::Complete, "{outcome:#?}");
    let after = engine::read(&sim, &owner, None, &settings).await;
    Ok((owner, after.map_err(|failed| failed.to_string())?))
}

/// The kinds of the steps that wait for one of this kind, over however many others.
fn waiting_for<'p>(plan: &'p Plan, kind: &str) -> BTreeSet<&'p str> {
    let mut waits: BTreeMap<usize, bool> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let is_waiting = step.after.iter().any(|after| {
            let target = &plan.steps[after.step.0];
            target.address.kind == *kind || waits[&after.step.0]
        });
        if is_waiting {
            kinds.insert(step.address.kind.as_str());
        }
        waits.insert(at, is_waiting);
    }
    kinds
}

/// The kinds that steps of this kind wait for.
fn waited_for_by<'p>(plan: &'p Plan, kind: &str) -> BTreeSet<&'p str> {
    let steps = plan.steps.iter().filter(|step| step.address.kind == *kind);
    steps
        .flat_map(|step| &step.after)
        .map(|after| plan.steps[after.step.0].address.kind.as_str())
        .collect()
}
