//! Reading a whole stack.

use std::time::Duration;

use qpiac::engine::{ReadFailed, Settings, read};
use qpiac::model::{FaultClass, Graph, Ref, Resource, STACK_TAG, Snapshot, State, Tags};

use crate::cloud::{Cloud, Strike};
use crate::kinds::Tower;
use crate::scene::{address, found, kind, no_tags, owner, part, settings, thing, tower};

fn town() -> Cloud {
    let cloud = Cloud::new();
    let mut foreign = found("tower/t", "tower-f", &tower(1, &[]), State::Ready);
    foreign.tags = Tags::from([("Name".to_owned(), "theirs".to_owned())]);
    let mut neighbour = found("thing/a", "thing-9", &thing(1, &[]), State::Ready);
    neighbour
        .tags
        .insert(STACK_TAG.to_owned(), "shop-a@us-east-1".to_owned());
    let mut rule = found(
        "part/a.1",
        "part-1",
        &part(Ref::known("thing-1"), 1, 1),
        State::Ready,
    );
    rule.tags = no_tags();
    cloud
        .plant(found("thing/a", "thing-1", &thing(1, &[]), State::Ready))
        .plant(found("thing/b", "thing-2", &thing(1, &[]), State::Ready))
        .plant(neighbour)
        .plant(rule)
        .plant(foreign);
    cloud
}

async fn read_town(cloud: &Cloud, settings: &Settings) -> Result<Snapshot, ReadFailed> {
    let mut graph = Graph::new(owner(), no_tags());
    graph.insert(address("tower/t"), Tower::SCHEMA, tower(1, &[]), no_tags());
    read(cloud, &owner(), Some(&graph), settings).await
}

#[tokio::test(start_paused = true)]
async fn kinds_are_read_at_once_and_children_after_their_parents() {
    let cloud = town();
    cloud
        .slow("find thing", Duration::from_secs(1))
        .slow("find tower", Duration::from_secs(5));
    let snapshot = read_town(&cloud, &settings())
        .await
        .expect("it can be read");
    let addresses: Vec<String> = snapshot.records().map(|(a, _)| a.to_string()).collect();
    assert_eq!(addresses, ["part/a.1", "thing/a", "thing/b"]);
    assert_eq!(
        snapshot.foreign().len(),
        2,
        "a wanted name, and a stack with a similar one"
    );
    let calls: Vec<(String, u64)> = cloud
        .calls()
        .into_iter()
        .map(|call| (call.what, call.at_ms))
        .collect();
    let expected = [
        ("reading true", 0),
        ("find tower owned high", 0),
        ("find thing owned", 0),
        ("find part under thing-1 thing-2", 1000),
        ("reading false", 5000),
    ];
    assert_eq!(
        calls,
        expected.map(|(what, at_ms)| (what.to_owned(), at_ms))
    );
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_read_also_when_nothing_is_wanted() {
    let cloud = town();
    let snapshot = read(&cloud, &owner(), None, &settings())
        .await
        .expect("it can be read");
    assert_eq!(snapshot.records().count(), 3);
    assert_eq!(cloud.calls_of("find").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_kind_without_parents_needs_no_call() {
    let cloud = Cloud::new();
    let snapshot = read(&cloud, &owner(), None, &settings())
        .await
        .expect("it can be read");
    assert!(snapshot.is_empty());
    assert!(cloud.calls_of("find part").is_empty());
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_a_few_times() {
    let cloud = town();
    cloud.strike_times(
        "find thing",
        Strike::Fails(FaultClass::Throttled, "alpha:FindThing"),
        3,
    );
    cloud.strike_times(
        "find part",
        Strike::Fails(FaultClass::Unknown, "alpha:FindPart"),
        3,
    );
    let snapshot = read_town(&cloud, &settings())
        .await
        .expect("it can be read");
    assert_eq!(snapshot.records().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn all_errors_come_at_once_and_are_no_absence() {
    let cloud = town();
    cloud.strike_times(
        "find part",
        Strike::Fails(FaultClass::Unknown, "alpha:FindPart"),
        4,
    );
    cloud.strike(
        "find tower",
        Strike::Fails(FaultClass::Denied, "beta:FindTower"),
    );
    let failed = read_town(&cloud, &settings())
        .await
        .expect_err("it cannot be read");
    let kinds: Vec<_> = failed.faults.iter().map(|(kind, _)| kind.clone()).collect();
    assert_eq!(kinds, [kind("tower"), kind("part")]);
    assert_eq!(
        failed.to_string(),
        "cannot read tower: beta:FindTower: the cloud says no\n\
         cannot read part: alpha:FindPart: the cloud says no\n\
         hint: allow it with \
         {\"Effect\":\"Allow\",\"Action\":\"beta:FindTower\",\"Resource\":\"*\"}"
    );
    assert_eq!(
        cloud.calls_of("find tower").len(),
        1,
        "what is denied stays denied"
    );
    assert_eq!(cloud.calls().last().expect("one").what, "reading false");
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_dropped_ends() {
    let cloud = town();
    cloud.strike("find tower", Strike::Hangs);
    let settings = settings();
    let reading = read_town(&cloud, &settings);
    let dropped = tokio::time::timeout(Duration::from_secs(2), reading).await;
    assert!(dropped.is_err());
    assert_eq!(cloud.calls().last().expect("one").what, "reading false");
}

#[tokio::test(start_paused = true)]
async fn reads_have_a_limit_of_their_own() {
    let cloud = town();
    cloud.slow("find", Duration::from_secs(1));
    let mut settings = settings();
    settings.limits.reads = 1;
    read_town(&cloud, &settings).await.expect("it can be read");
    let times: Vec<u64> = cloud
        .calls_of("find")
        .iter()
        .map(|call| call.at_ms)
        .collect();
    assert_eq!(times, [0, 1000, 2000]);
}
