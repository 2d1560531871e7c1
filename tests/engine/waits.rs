//! What AWS goes on doing after a call.

use std::time::Duration;

use qpiac::engine::{Cause, Ending, Settings};
use qpiac::model::{FaultClass, Milestone, State, Value, Values};
use qpiac::plan::Plan;
use tokio::sync::watch;

use crate::cloud::{Cloud, Strike};
use crate::scene::{
    Sketch, address, creating, deleting, found, key, ran, ran_with, settings, tower, updating,
};

fn busy(words: &str) -> State {
    State::Busy(words.to_owned())
}

fn broken(words: &str) -> State {
    State::Broken(words.to_owned())
}

fn one_tower() -> Plan {
    creating("tower/t", tower(1, &[]))
}

#[tokio::test(start_paused = true)]
async fn all_waiting_steps_of_a_kind_share_a_poll() {
    let cloud = Cloud::new();
    let mut sketch = Sketch::default();
    for name in ["tower/a", "tower/b", "tower/c", "tower/d"] {
        cloud.course(name, &[(0, busy("building")), (120, State::Ready)]);
        sketch.create(name, tower(1, &[]));
    }
    let ran = ran(&sketch.plan(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    let polls = cloud.calls_of("find tower ids");
    let all = "find tower ids tower-1 tower-2 tower-3 tower-4";
    assert!(polls.iter().all(|poll| poll.what == all), "{polls:#?}");
    assert!(polls.len() <= 18, "{} polls in two minutes", polls.len());
    let pauses: Vec<u64> = polls
        .windows(2)
        .map(|two| two[1].at_ms - two[0].at_ms)
        .collect();
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!(
        (polls[0].at_ms, pauses[0], pauses.last()),
        (1000, 1000, Some(&10_000))
    );
}

#[tokio::test(start_paused = true)]
async fn the_pace_can_be_set() {
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, busy("building")), (1, State::Ready)]);
    let settings = Settings {
        pace_ms: 10,
        ..settings()
    };
    let pending = std::future::pending();
    let stops = watch::Sender::new(None);
    let ran = ran_with(&one_tower(), &cloud, &settings, pending, &stops).await;
    assert!(ran.elapsed_ms() < 1110, "{}", ran.elapsed_ms());
}

#[tokio::test(start_paused = true)]
async fn what_breaks_fails_with_its_reasons() {
    let cloud = Cloud::new();
    cloud.course(
        "tower/t",
        &[(0, busy("building")), (20, broken("the ground gave way"))],
    );
    let ran = ran(&one_tower(), &cloud).await;
    let message = "the ground gave way".to_owned();
    assert_eq!(ran.failure().cause, Cause::Broken { message });
    assert_eq!(ran.failure().reasons, ["tower-1 has a reason"]);
    assert_eq!(ran.messages(), ["building", "the ground gave way"]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_with_what_aws_said_last() {
    let cloud = Cloud::new();
    cloud.course(
        "tower/t",
        &[(0, busy("digging")), (60, busy("laying bricks"))],
    );
    let ran = ran(&one_tower(), &cloud).await;
    let cause = Cause::Deadline {
        deadline_s: 600,
        last: Some("laying bricks".to_owned()),
    };
    assert_eq!(ran.failure().cause, cause);
    assert_eq!(ran.elapsed_ms(), 600_000);
}

#[tokio::test(start_paused = true)]
async fn what_only_a_failed_step_would_make_ready_is_not_waited_for() {
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, busy("waiting for its key"))]);
    cloud.strike("create key", Strike::Fails(FaultClass::Denied, "CreateKey"));
    let mut sketch = Sketch::default();
    let tower = sketch.create("tower/t", tower(1, &[]));
    let lock = sketch.create("key/t", key("tower/t"));
    sketch.after(lock, tower, Milestone::Exists);
    let ran = ran(&sketch.plan(), &cloud).await;
    assert!(ran.elapsed_ms() < 10_000, "{}", ran.elapsed_ms());
    let failed: Vec<_> = ran
        .outcome
        .failed
        .iter()
        .map(|(step, f)| (*step, &f.cause))
        .collect();
    let needs = address("key/t");
    assert!(
        matches!(failed.as_slice(), [(first, Cause::Fault { .. }), (second, Cause::Incomplete { needs: named })]
            if *first == lock && *second == tower && *named == needs),
        "{failed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_works_otherwise_than_wanted_is_no_success() {
    let old = found("tower/t", "tower-old", &tower(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud.plant(old.clone());
    cloud.twist("tower/t", Values::from([("size".into(), Value::Int(1))]));
    cloud.course("tower/t", &[(0, busy("growing")), (30, State::Ready)]);
    let ran = ran(&updating(&old, tower(2, &[])), &cloud).await;
    let attributes = vec!["size".to_owned()];
    assert_eq!(ran.failure().cause, Cause::NotAsWanted { attributes });
    assert!(
        (60_000..90_000).contains(&ran.elapsed_ms()),
        "{}",
        ran.elapsed_ms()
    );
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_deletes_is_told() {
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, busy("building"))]);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(100)).await;
        cloud.remove("tower-1");
    };
    let stops = watch::Sender::new(None);
    let ran = ran_with(&one_tower(), &cloud, &settings(), meanwhile, &stops).await;
    assert_eq!(ran.failure().cause, Cause::Vanished);
    assert!(
        (130_000..150_000).contains(&ran.elapsed_ms()),
        "{}",
        ran.elapsed_ms()
    );
}

#[tokio::test(start_paused = true)]
async fn a_fast_pace_does_not_shorten_the_lag_of_listings() {
    let built = || found("tower/t", "tower-1", &tower(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, busy("building"))]);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        cloud.remove("tower-1");
        tokio::time::sleep(Duration::from_secs(9)).await;
        cloud.plant(built());
    };
    let settings = Settings {
        pace_ms: 10,
        ..settings()
    };
    let stops = watch::Sender::new(None);
    let ran = ran_with(&one_tower(), &cloud, &settings, meanwhile, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
}

#[tokio::test(start_paused = true)]
async fn polls_that_fail_are_repeated() {
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, busy("building")), (20, State::Ready)]);
    cloud.strike_times(
        "find",
        Strike::Fails(FaultClass::Unknown, "beta:FindTower"),
        3,
    );
    let ran = ran(&one_tower(), &cloud).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
}

#[tokio::test(start_paused = true)]
async fn what_leaves_already_is_only_waited_for() {
    let old = found("tower/t", "tower-old", &tower(1, &[]), State::Leaving);
    let cloud = Cloud::new();
    cloud.plant(old.clone());
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(50)).await;
        cloud.remove("tower-old");
    };
    let stops = watch::Sender::new(None);
    let ran = ran_with(&deleting(&old), &cloud, &settings(), meanwhile, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert!(cloud.changes().is_empty());
    assert!(
        (50_000..=60_000).contains(&ran.elapsed_ms()),
        "{}",
        ran.elapsed_ms()
    );
}

#[tokio::test(start_paused = true)]
async fn a_delete_ends_when_it_is_gone_or_at_its_deadline() {
    let old = found("tower/t", "tower-old", &tower(1, &[]), State::Ready);
    let cloud = Cloud::new();
    cloud.plant(old.clone()).farewell(Duration::from_secs(100));
    let gone = ran(&deleting(&old), &cloud).await;
    assert_eq!(gone.outcome.ending, Ending::Complete);
    assert!((100_000..=110_000).contains(&gone.elapsed_ms()));

    let cloud = Cloud::new();
    cloud
        .plant(old.clone())
        .farewell(Duration::from_secs(10_000));
    let stuck = ran(&deleting(&old), &cloud).await;
    let cause = Cause::Deadline {
        deadline_s: 900,
        last: None,
    };
    assert_eq!(stuck.failure().cause, cause);
}

#[tokio::test(start_paused = true)]
async fn an_update_without_changes_only_waits_until_it_works() {
    let mut old = found("tower/t", "tower-old", &tower(1, &[]), busy("building"));
    let cloud = Cloud::new();
    cloud.plant(old.clone());
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(42)).await;
        cloud.remove("tower-old");
        old.state = State::Ready;
        cloud.plant(old.clone());
    };
    let plan = updating(
        &found("tower/t", "tower-old", &tower(1, &[]), busy("")),
        tower(1, &[]),
    );
    let stops = watch::Sender::new(None);
    let ran = ran_with(&plan, &cloud, &settings(), meanwhile, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    assert!(cloud.changes().is_empty());
    assert!(
        (42_000..=52_000).contains(&ran.elapsed_ms()),
        "{}",
        ran.elapsed_ms()
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_broken_before_an_update_may_still_be_seen_so() {
    let old = found("tower/t", "tower-old", &tower(1, &[]), broken("no image"));
    let cloud = Cloud::new();
    cloud.plant(old.clone());
    let course = [
        (0, broken("no image")),
        (5, busy("building")),
        (50, State::Ready),
    ];
    cloud.course("tower/t", &course);
    let mended = ran(&updating(&old, tower(2, &[])), &cloud).await;
    assert_eq!(mended.outcome.ending, Ending::Complete);

    let cloud = Cloud::new();
    cloud
        .plant(old.clone())
        .course("tower/t", &[(0, broken("no image"))]);
    let same = ran(&updating(&old, tower(2, &[])), &cloud).await;
    let message = "no image".to_owned();
    assert_eq!(same.failure().cause, Cause::Broken { message });
}
