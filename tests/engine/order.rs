//! Order, milestones, what is skipped, and how long a whole run takes.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use qpiac::engine::{Cause, Ending, Limits, Settings, Skip};
use qpiac::model::{FaultClass, Milestone, State, Value, Values};
use qpiac::plan::{Plan, StepId};
use tokio::sync::watch;

use crate::cloud::{Cloud, Strike};
use crate::scene::{Ran, Sketch, address, creating, found, ran, ran_with, settings, thing, tower};

#[tokio::test(start_paused = true)]
async fn an_output_goes_to_whoever_needs_it() {
    let cloud = Cloud::new();
    let mut sketch = Sketch::default();
    let a = sketch.create("thing/a", thing(1, &[]));
    let b = sketch.create("thing/b", thing(2, &["thing/a"]));
    sketch.after(b, a, Milestone::Exists);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.outcome.done, [a, b]);
    assert_eq!(ran.outcome.outputs[&address("thing/a")]["id"], "thing-1");
    let b = &cloud.records()[1];
    let mut ids = Vec::new();
    b.values["needs"].each_id(&mut |class, id| ids.push(format!("{class} {id}")));
    assert_eq!(ids, ["thing thing-1"]);
}

#[tokio::test(start_paused = true)]
async fn edges_wait_for_their_milestone_and_not_for_more() {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_secs(2)).course(
        "tower/t",
        &[(0, State::Busy("building".to_owned())), (90, State::Ready)],
    );
    let mut sketch = Sketch::default();
    let t = sketch.create("tower/t", tower(1, &[]));
    let early = sketch.create("thing/early", thing(1, &[]));
    let late = sketch.create("thing/late", thing(1, &[]));
    sketch.after(early, t, Milestone::Exists);
    sketch.after(late, t, Milestone::Ready);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.began_ms(early), 2000);
    assert_eq!(ran.began_ms(late), ran.reached_ms(t, Milestone::Ready));
    assert!(
        (92_000..=102_000).contains(&ran.began_ms(late)),
        "{}",
        ran.began_ms(late)
    );
    assert_eq!(ran.messages(), ["building"]);
}

#[tokio::test(start_paused = true)]
async fn a_replacement_follows_its_order() {
    let cloud = Cloud::new();
    cloud
        .slow("", Duration::from_secs(1))
        .farewell(Duration::from_secs(40));
    let old = found("tower/t", "tower-old", &tower(1, &[]), State::Ready);
    cloud.plant(old.clone());
    let mut sketch = Sketch::default();
    let gone = sketch.delete(&old);
    let new = sketch.create("tower/t", tower(2, &[]));
    sketch.after(new, gone, Milestone::Gone);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.began_ms(new), ran.reached_ms(gone, Milestone::Gone));
    assert!(ran.began_ms(new) >= 41_000);
    assert_eq!(cloud.changes(), ["delete tower-old", "create tower/t"]);
    assert_eq!(ran.outcome.outputs[&address("tower/t")]["id"], "tower-1");
}

#[tokio::test(start_paused = true)]
async fn independent_branches_go_on_and_dependents_name_the_root() {
    let cloud = Cloud::new();
    cloud.slow("", Duration::from_secs(1));
    cloud.strike(
        "create thing/bad",
        Strike::Fails(FaultClass::Rejected, "alpha:CreateThing"),
    );
    let mut sketch = Sketch::default();
    let bad = sketch.create("thing/bad", thing(1, &[]));
    let child = sketch.create("thing/child", thing(1, &["thing/bad"]));
    let grandchild = sketch.create("thing/grandchild", thing(1, &["thing/child"]));
    let good = sketch.create("thing/good", thing(1, &[]));
    let better = sketch.create("thing/better", thing(1, &["thing/good"]));
    sketch.after(child, bad, Milestone::Exists);
    sketch.after(grandchild, child, Milestone::Exists);
    sketch.after(better, good, Milestone::Exists);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Partial);
    assert_eq!(ran.outcome.done, [good, better]);
    let needs = Skip::Needs { step: bad };
    assert_eq!(
        ran.skipped(),
        [(child.0, needs.clone()), (grandchild.0, needs)]
    );
    assert!(
        matches!(&ran.failure().cause, Cause::Fault { fault, attempts: 1 }
        if fault.class == FaultClass::Rejected)
    );
}

#[tokio::test(start_paused = true)]
async fn an_output_that_never_came_is_named() {
    let cloud = Cloud::new();
    let plan = creating("thing/b", thing(1, &["thing/a"]));
    let ran = ran(&plan, &cloud).await;
    let output = "thing/a.id".to_owned();
    assert_eq!(ran.failure().cause, Cause::MissingInput { output });
    assert!(cloud.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_empty_plan_is_complete_at_once() {
    let ran = ran(&Sketch::default().plan(), &Cloud::new()).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.events.len(), 2);
}

/// Steps with their times and what they wait for.
type Case = Vec<(u64, Vec<usize>)>;

fn cases() -> impl Strategy<Value = Case> {
    prop::collection::vec(
        (0_u64..30, prop::collection::vec(any::<usize>(), 0..3)),
        1..16,
    )
    .prop_map(|steps| {
        let picked = |(at, (time_s, picks)): (usize, (u64, Vec<usize>))| {
            let needs = picks
                .into_iter()
                .filter(|_| at > 0)
                .map(|pick| pick % at.max(1));
            (time_s, needs.collect())
        };
        steps.into_iter().enumerate().map(picked).collect()
    })
}

fn plan_of(case: &Case) -> Plan {
    let mut sketch = Sketch::default();
    for (at, (_, needs)) in case.iter().enumerate() {
        let names: Vec<String> = needs.iter().map(|need| format!("thing/n{need}-")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let step = sketch.create(&format!("thing/n{at}-"), thing(1, &names));
        for need in needs {
            sketch.after(step, StepId(*need), Milestone::Exists);
        }
    }
    sketch.plan()
}

async fn timed(case: &Case, settings: &Settings) -> Ran {
    let cloud = Cloud::new();
    for (at, (time_s, _)) in case.iter().enumerate() {
        cloud.slow(
            &format!("create thing/n{at}-"),
            Duration::from_secs(*time_s),
        );
    }
    let pending = std::future::pending();
    ran_with(
        &plan_of(case),
        &cloud,
        settings,
        pending,
        &watch::Sender::new(None),
    )
    .await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn without_limits_a_run_takes_as_long_as_its_longest_way(case in cases()) {
        let mut ends_s: Vec<u64> = Vec::new();
        for (time_s, needs) in &case {
            let start_s = needs.iter().map(|need| ends_s[*need]).max().unwrap_or(0);
            ends_s.push(start_s + time_s);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let settings = Settings { limits: Limits::none(), ..settings() };
        let ran = runtime.block_on(timed(&case, &settings));
        prop_assert_eq!(ran.outcome.ending, Ending::Complete);
        let longest_s = ends_s.iter().copied().max().unwrap_or(0);
        prop_assert_eq!(ran.elapsed_ms(), longest_s * 1000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_none_any_more_makes_no_call() {
    // The thing's identifier is made from its name, so after its replacement it is the same.
    let cloud = Cloud::new();
    let held = |id: &str| {
        let id = Value::Id {
            class: "thing".into(),
            id: id.to_owned(),
        };
        Values::from([("needs".into(), Value::Set([id].into()))])
    };
    let mut values = thing(2, &[]);
    values.extend(held("thing-1"));
    let user = found("thing/user", "thing-user", &values, State::Ready);
    let other = found("thing/other", "thing-other", &thing(3, &[]), State::Ready);
    cloud.plant(user.clone()).plant(other.clone());
    let mut sketch = Sketch::default();
    let a = sketch.create("thing/a", thing(1, &[]));
    let same = sketch.update(&user, thing(2, &["thing/a"]));
    let differs = sketch.update(&other, thing(3, &["thing/a"]));
    sketch.after(same, a, Milestone::Exists);
    sketch.after(differs, a, Milestone::Exists);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-other"]);
    let outputs: BTreeMap<_, _> = ran.outcome.outputs;
    assert_eq!(outputs[&address("thing/user")]["id"], "thing-user");
}
