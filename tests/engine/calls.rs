//! Calls that fail: what is repeated, for how long, and what is told in the end.

use std::time::Duration;

use qpiac::engine::{Cause, Ending, Failure};
use qpiac::model::{FaultClass, Milestone, State};
use qpiac::plan::Plan;

use crate::cloud::{Cloud, Strike};
use crate::scene::{Ran, Sketch, creating, deleting, found, id_of, part, ran, thing, updating};

fn one_thing() -> Plan {
    creating("thing/a", thing(1, &[]))
}

async fn with_strikes(plan: &Plan, call: &str, strike: Strike, times: usize) -> (Ran, Cloud) {
    let cloud = Cloud::new();
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    cloud.plant(old);
    cloud.strike_times(call, strike, times);
    let ran = ran(plan, &cloud).await;
    (ran, cloud)
}

fn attempts(failure: &Failure) -> u32 {
    match &failure.cause {
        Cause::Fault { attempts, .. } => *attempts,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_repeated() {
    let strike = Strike::Fails(FaultClass::Throttled, "alpha:CreateThing");
    let (ran, cloud) = with_strikes(&one_thing(), "create", strike, 12).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.retries(), 12);
    assert_eq!(cloud.changes().len(), 13);
    assert!(
        cloud.calls_of("find").is_empty(),
        "it is certain that nothing was made"
    );
}

#[tokio::test(start_paused = true)]
async fn repeating_ends() {
    let forever = 10_000;
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let update = updating(&old, thing(2, &[]));
    let delete = deleting(&old);
    let create = one_thing();
    // class, plan, call, at least and at most so many calls, at least and at most so many seconds
    let table = [
        (
            FaultClass::Throttled,
            &create,
            "create",
            (30, 30),
            (60, 600),
        ),
        (
            FaultClass::Conflict,
            &create,
            "create",
            (30, 100),
            (300, 302),
        ),
        (
            FaultClass::Conflict,
            &update,
            "update",
            (30, 100),
            (300, 302),
        ),
        (
            FaultClass::Conflict,
            &delete,
            "delete",
            (100, 400),
            (1200, 1202),
        ),
        (FaultClass::NotYet, &create, "create", (30, 100), (300, 302)),
        (FaultClass::Unknown, &update, "update", (8, 8), (5, 100)),
        (FaultClass::Unknown, &delete, "delete", (8, 8), (5, 100)),
        (FaultClass::Missing, &update, "update", (1, 1), (0, 0)),
        (FaultClass::Denied, &create, "create", (1, 1), (0, 0)),
        (FaultClass::Quota, &create, "create", (1, 1), (0, 0)),
        (FaultClass::Rejected, &delete, "delete", (1, 1), (0, 0)),
    ];
    for (class, plan, call, calls, seconds) in table {
        let operation = match call {
            "create" => "alpha:CreateThing",
            "update" => "alpha:UpdateThing",
            _ => "alpha:DeleteThing",
        };
        let strike = Strike::Fails(class, operation);
        let (ran, cloud) = with_strikes(plan, call, strike, forever).await;
        let case = format!("{class:?} {call}");
        let number = u32::try_from(cloud.changes().len()).expect("few");
        assert_eq!(attempts(ran.failure()), number, "{case}");
        assert!(
            (calls.0..=calls.1).contains(&number),
            "{case}: {number} calls"
        );
        let took_s = ran.elapsed_ms() / 1000;
        assert!(
            (seconds.0..=seconds.1).contains(&took_s),
            "{case}: {took_s} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_deleted() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let strike = Strike::Fails(FaultClass::Missing, "alpha:DeleteThing");
    let (ran, cloud) = with_strikes(&deleting(&old), "delete", strike, 1).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["delete thing-old"]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_part_of_a_delete_is_looked_after() {
    let thing_id = qpiac::model::Ref::known("thing-old");
    let old = found("part/a.1", "part-old", &part(thing_id, 1, 1), State::Ready);
    let missing = || Strike::Fails(FaultClass::Missing, "alpha:LoosenPart");

    let cloud = Cloud::new();
    cloud.plant(old.clone()).strike("delete", missing());
    let still_there = ran(&deleting(&old), &cloud).await;
    assert_eq!(still_there.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["delete part-old", "delete part-old"]);
    assert!(cloud.records().is_empty());

    let cloud = Cloud::new();
    cloud.strike("delete", missing());
    let gone = ran(&deleting(&old), &cloud).await;
    assert_eq!(gone.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["delete part-old"]);
}

#[tokio::test(start_paused = true)]
async fn what_this_run_made_may_not_be_visible_yet() {
    let missing = Strike::Fails(FaultClass::Missing, "alpha:CreatePart");
    let cloud = Cloud::new();
    cloud.strike_times("create part", missing, 5);
    let mut sketch = Sketch::default();
    let a = sketch.create("thing/a", thing(1, &[]));
    let b = sketch.create("part/a.1", part(id_of("thing/a"), 1, 1));
    sketch.after(b, a, Milestone::Exists);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.calls_of("create part").len(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_missing_at_once() {
    let missing = Strike::Fails(FaultClass::Missing, "alpha:CreatePart");
    let known = qpiac::model::Ref::known("thing-old");
    let plan = creating("part/a.1", part(known, 1, 1));
    let (ran, cloud) = with_strikes(&plan, "create", missing, 1).await;
    assert_eq!(attempts(ran.failure()), 1);
    assert_eq!(cloud.changes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_comes_with_the_reasons_that_aws_gives() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let strike = Strike::Fails(FaultClass::Rejected, "alpha:DeleteThing");
    let (ran, _) = with_strikes(&deleting(&old), "delete", strike, 1).await;
    assert_eq!(ran.failure().reasons, ["thing-old has a reason"]);
}

#[tokio::test(start_paused = true)]
async fn reasons_are_asked_for_again_where_aws_is_too_busy() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let busy = |operation| Strike::Fails(FaultClass::Throttled, operation);
    let cloud = Cloud::new();
    cloud
        .plant(old.clone())
        .strike(
            "delete",
            Strike::Fails(FaultClass::Rejected, "alpha:DeleteThing"),
        )
        .strike("find", busy("alpha:FindThing"))
        .strike("explain", busy("alpha:FindThing"));
    let ran = ran(&deleting(&old), &cloud).await;
    assert_eq!(ran.failure().reasons, ["thing-old has a reason"]);
}

#[tokio::test(start_paused = true)]
async fn reasons_are_not_waited_for_long() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud
        .plant(old.clone())
        .slow("explain", Duration::from_secs(3600))
        .strike(
            "delete",
            Strike::Fails(FaultClass::Rejected, "alpha:DeleteThing"),
        );
    let ran = ran(&deleting(&old), &cloud).await;
    assert!(ran.failure().reasons.is_empty());
    assert_eq!(ran.elapsed_ms(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_given_up() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let plan = updating(&old, thing(2, &[]));
    let (ran, cloud) = with_strikes(&plan, "update", Strike::Hangs, 1).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes().len(), 2);
    assert!(ran.elapsed_ms() >= 300_000);
}
