//! The user's wish to stop, once and twice.

use std::time::Duration;

use qpiac::engine::{Ending, Skip, Stop};
use qpiac::model::{FaultClass, Milestone, State};
use qpiac::plan::Plan;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::cloud::{Cloud, Strike};
use crate::scene::{Ran, Sketch, creating, ran_with, settings, thing, tower};

/// Does a plan and asks it to stop at these moments, in milliseconds.
async fn stopped(plan: &Plan, cloud: &Cloud, wishes: &[(u64, Stop)]) -> Ran {
    let stops = watch::Sender::new(None);
    let meanwhile = async {
        let mut now_ms = 0;
        for (at_ms, stop) in wishes {
            sleep(Duration::from_millis(at_ms - now_ms)).await;
            now_ms = *at_ms;
            stops.send_replace(Some(*stop));
        }
    };
    ran_with(plan, cloud, &settings(), meanwhile, &stops).await
}

#[tokio::test(start_paused = true)]
async fn the_first_wish_lets_calls_end_and_starts_nothing() {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_secs(3));
    let mut sketch = Sketch::default();
    let a = sketch.create("thing/a", thing(1, &[]));
    let b = sketch.create("thing/b", thing(1, &["thing/a"]));
    sketch.after(b, a, Milestone::Exists);
    let ran = stopped(&sketch.plan(), &cloud, &[(1000, Stop::Starting)]).await;
    assert_eq!(ran.outcome.ending, Ending::Cancelled);
    assert_eq!(ran.outcome.done, [a]);
    assert_eq!(ran.skipped(), [(b.0, Skip::Stopped)]);
    assert_eq!(ran.elapsed_ms(), 3000);
    assert_eq!(cloud.changes(), ["create thing/a"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_wish_waits_a_little_for_what_aws_works_on() {
    let course = |ready_s| {
        [
            (0, State::Busy("building".to_owned())),
            (ready_s, State::Ready),
        ]
    };
    let plan = creating("tower/t", tower(1, &[]));

    let cloud = Cloud::new();
    cloud.course("tower/t", &course(100));
    let long = stopped(&plan, &cloud, &[(10_000, Stop::Starting)]).await;
    assert_eq!(long.outcome.ending, Ending::Cancelled);
    assert_eq!(long.outcome.abandoned.len(), 1);
    assert_eq!(long.elapsed_ms(), 15_000);

    let cloud = Cloud::new();
    cloud.course("tower/t", &course(3));
    let short = stopped(&plan, &cloud, &[(2500, Stop::Starting)]).await;
    assert_eq!(
        short.outcome.ending,
        Ending::Complete,
        "all was done nevertheless"
    );
}

#[tokio::test(start_paused = true)]
async fn no_wish_takes_more_than_seven_seconds() {
    let hanging = || {
        let cloud = Cloud::new();
        cloud.strike("create", Strike::Hangs);
        cloud
    };
    let plan = creating("thing/a", thing(1, &[]));
    let once = stopped(&plan, &hanging(), &[(1000, Stop::Starting)]).await;
    assert_eq!(once.outcome.abandoned.len(), 1);
    assert_eq!(once.elapsed_ms(), 6500);
    let twice = [(1000, Stop::Starting), (2000, Stop::Waiting)];
    let twice = stopped(&plan, &hanging(), &twice).await;
    assert_eq!(twice.outcome.abandoned.len(), 1);
    assert_eq!(twice.elapsed_ms(), 4000);
    let late = [(1000, Stop::Starting), (7000, Stop::Waiting)];
    let late = stopped(&plan, &hanging(), &late).await;
    assert_eq!(
        late.elapsed_ms(),
        6500,
        "a second wish takes nothing longer"
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_wish_does_not_wait() {
    let cloud = Cloud::new();
    cloud.course("tower/t", &[(0, State::Busy("building".to_owned()))]);
    let plan = creating("tower/t", tower(1, &[]));
    let wishes = [(10_000, Stop::Starting), (11_000, Stop::Waiting)];
    let ran = stopped(&plan, &cloud, &wishes).await;
    assert_eq!(ran.outcome.ending, Ending::Cancelled);
    assert_eq!(ran.elapsed_ms(), 11_000);
    let at_once = stopped(&plan, &cloud, &[(10_000, Stop::Waiting)]).await;
    assert_eq!(at_once.elapsed_ms(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_call_is_a_new_one() {
    let plan = creating("thing/a", thing(1, &[]));
    for class in [
        FaultClass::Throttled,
        FaultClass::Conflict,
        FaultClass::Unknown,
    ] {
        let cloud = Cloud::new();
        cloud.slow("create", Duration::from_secs(1));
        cloud.strike_times("create", Strike::Fails(class, "alpha:CreateThing"), 1000);
        let ran = stopped(&plan, &cloud, &[(10_300, Stop::Starting)]).await;
        assert_eq!(ran.outcome.ending, Ending::Cancelled, "{class:?}");
        assert_eq!(ran.outcome.abandoned.len(), 1, "{class:?}");
        let last_ms = cloud.calls_of("create").last().expect("one").at_ms;
        assert!(last_ms <= 10_300, "{class:?}: {last_ms}");
        assert!(
            ran.elapsed_ms() <= 11_300,
            "{class:?}: {}",
            ran.elapsed_ms()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn steps_that_stand_in_a_queue_are_not_begun() {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_secs(2));
    let mut sketch = Sketch::default();
    for name in 0..20 {
        sketch.create(&format!("thing/{name}"), thing(1, &[]));
    }
    let ran = stopped(&sketch.plan(), &cloud, &[(1000, Stop::Starting)]).await;
    assert_eq!(ran.outcome.done.len(), 4);
    assert_eq!(ran.outcome.skipped.len(), 16);
    assert!(
        ran.outcome
            .skipped
            .iter()
            .all(|(_, because)| *because == Skip::Stopped)
    );
}

#[tokio::test(start_paused = true)]
async fn a_wish_before_the_run_counts() {
    let cloud = Cloud::new();
    let stops = watch::Sender::new(Some(Stop::Starting));
    let plan = creating("thing/a", thing(1, &[]));
    let pending = std::future::pending();
    let ran = ran_with(&plan, &cloud, &settings(), pending, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Cancelled);
    assert!(cloud.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_without_questions_once_stopped() {
    let cloud = Cloud::new();
    let old = crate::scene::found("thing/a", "thing-old", &thing(1, &[]), State::Ready);
    cloud
        .plant(old.clone())
        .slow("delete", Duration::from_secs(2));
    cloud.strike(
        "delete",
        Strike::Fails(FaultClass::Denied, "alpha:DeleteThing"),
    );
    let plan = crate::scene::deleting(&old);
    let ran = stopped(&plan, &cloud, &[(1000, Stop::Starting)]).await;
    assert!(ran.failure().reasons.is_empty());
    assert_eq!(ran.outcome.ending, Ending::Cancelled);
}
