//! Creates whose replies were lost.

use std::time::Duration;

use qpiac::engine::{Cause, Ending};
use qpiac::model::{FaultClass, Milestone, Ref, State, Value, Values};

use crate::cloud::{Cloud, Strike};
use crate::scene::{Sketch, address, creating, found, part, ran, thing};

fn lost() -> Strike {
    Strike::Lost(FaultClass::Unknown, "alpha:CreateThing")
}

fn never_came() -> Strike {
    Strike::Fails(FaultClass::Unknown, "alpha:CreateThing")
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_create_made_is_taken_over() {
    let cloud = Cloud::new();
    cloud.strike("create", lost());
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.outcome.outputs[&address("thing/a")]["id"], "thing-1");
    // An update without changes, by which the kind may finish what the create began.
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-1"]);
    assert_eq!(cloud.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn listings_that_lag_are_waited_for() {
    let cloud = Cloud::new();
    cloud.strike("create", lost()).lag(Duration::from_secs(9));
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_look_that_began_too_early_is_not_the_last() {
    let cloud = Cloud::new();
    cloud.strike("create", lost()).lag(Duration::from_secs(9));
    cloud.slow("find", Duration::from_secs(6));
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_what_not_every_server_knows_yet_is_not_the_last() {
    let cloud = Cloud::new();
    let unknown = Strike::Fails(FaultClass::NotYet, "alpha:FindThing");
    cloud
        .strike("create", lost())
        .strike_times("find", unknown, 5);
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_never_came_is_repeated_with_the_same_token() {
    let cloud = Cloud::new();
    cloud.strike("create", never_came());
    let first = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(first.outcome.ending, Ending::Complete);
    let creates = cloud.calls_of("create");
    assert_eq!(creates.len(), 2);
    assert_eq!(creates[0].token, creates[1].token);
    assert!(
        creates[1].at_ms >= 10_000,
        "only when listings cannot lag any more"
    );
    assert_eq!(cloud.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_lost_reply_is_looked_after_as_well() {
    let cloud = Cloud::new();
    cloud
        .strike_times("create", never_came(), 7)
        .strike("create", lost());
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.calls_of("create").len(), 8);
    assert_eq!(cloud.records().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_create_has_just_made_may_not_be_visible_to_its_own_further_calls() {
    let cloud = Cloud::new();
    let create = Strike::Lost(FaultClass::Missing, "alpha:PaintThing");
    let update = Strike::Fails(FaultClass::Missing, "alpha:UpdateThing");
    cloud
        .strike("create", create)
        .strike_times("update", update, 2);
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    let updates = ["update thing-1"; 3];
    assert_eq!(cloud.changes()[0], "create thing/a");
    assert_eq!(cloud.changes()[1..], updates);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_stopped_halfway_is_completed_by_an_update() {
    let cloud = Cloud::new();
    let halfway = Strike::Lost(FaultClass::Throttled, "alpha:PaintThing");
    cloud.strike("create", halfway);
    cloud.twist("thing/a", Values::from([("size".into(), Value::Int(0))]));
    let plan = creating("thing/a", thing(7, &[]));
    let ran = ran(&plan, &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "update thing-1"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_right_is_told() {
    let cloud = Cloud::new();
    cloud.strike("create", lost());
    cloud.twist(
        "thing/a",
        Values::from([("form".into(), Value::Text("flat".into()))]),
    );
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    let attributes = vec!["form".to_owned()];
    assert_eq!(ran.failure().cause, Cause::NotAsWanted { attributes });
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_replaced_is_not_mistaken_for_the_new_one() {
    let old = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    for strike in [lost(), never_came()] {
        let cloud = Cloud::new();
        cloud.plant(old.clone()).strike("create", strike);
        let mut sketch = Sketch::default();
        let new = sketch.create("thing/a", thing(1, &[]));
        let gone = sketch.delete(&old);
        sketch.after(gone, new, Milestone::Ready);
        let ran = ran(&sketch.plan(), &cloud).await;
        assert_eq!(ran.outcome.ending, Ending::Complete);
        let left: Vec<String> = cloud.records().into_iter().map(|r| r.id).collect();
        assert_eq!(left, ["thing-1"]);
        assert_eq!(ran.outcome.outputs[&address("thing/a")]["id"], "thing-1");
    }
}

#[tokio::test(start_paused = true)]
async fn an_identifier_that_comes_back_after_a_delete_is_recognised() {
    // As with identifiers that are made from names: the new one is called like the old one.
    let old = found("thing/a", "thing-1", &thing(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud.plant(old.clone()).strike("create", lost());
    let mut sketch = Sketch::default();
    let gone = sketch.delete(&old);
    let new = sketch.create("thing/a", thing(2, &[]));
    sketch.after(new, gone, Milestone::Gone);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    let calls = ["delete thing-1", "create thing/a", "update thing-1"];
    assert_eq!(cloud.changes(), calls);
}

#[tokio::test(start_paused = true)]
async fn children_are_found_under_their_parent() {
    let parent = found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    let neighbour = found(
        "part/a.2",
        "part-old",
        &part(Ref::known("thing-old"), 2, 1),
        State::Ready,
    );
    let cloud = Cloud::new();
    cloud.plant(parent).plant(neighbour);
    cloud.strike(
        "create part",
        Strike::Lost(FaultClass::Unknown, "alpha:CreatePart"),
    );
    let plan = creating("part/a.1", part(Ref::known("thing-old"), 1, 1));
    let ran = ran(&plan, &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(ran.outcome.outputs[&address("part/a.1")]["id"], "part-1");
    assert_eq!(cloud.calls_of("find part under thing-old").len(), 1);
    assert_eq!(cloud.changes(), ["create part/a.1", "update part-1"]);
}

#[tokio::test(start_paused = true)]
async fn other_addresses_and_other_stacks_are_left_alone() {
    let other = found("thing/b", "thing-b", &thing(1, &[]), State::Ready);
    let mut foreign = found("thing/a", "thing-f", &thing(1, &[]), State::Ready);
    foreign.tags.insert(
        qpiac::model::STACK_TAG.to_owned(),
        "shop-a@us-east-1".to_owned(),
    );
    let cloud = Cloud::new();
    cloud
        .plant(other)
        .plant(foreign)
        .strike("create", never_came());
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert_eq!(cloud.changes(), ["create thing/a", "create thing/a"]);
    assert_eq!(cloud.records().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_again_while_nothing_can_be_read() {
    let cloud = Cloud::new();
    cloud.strike("create", lost());
    cloud.strike_times(
        "find",
        Strike::Fails(FaultClass::Unknown, "alpha:FindThing"),
        100,
    );
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Partial);
    assert_eq!(cloud.changes(), ["create thing/a"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_deleted_is_not_taken_over() {
    let leaving = found("thing/a", "thing-l", &thing(1, &[]), State::Leaving);
    let cloud = Cloud::new();
    cloud.plant(leaving).strike("create", never_came());
    let ran = ran(&creating("thing/a", thing(1, &[])), &cloud).await;
    assert_eq!(ran.outcome.outputs[&address("thing/a")]["id"], "thing-1");
}
