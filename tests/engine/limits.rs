//! How many calls are in flight.

use std::time::Duration;

use qpiac::engine::{Ending, Limits, Settings};
use qpiac::model::FaultClass;
use tokio::sync::watch;

use crate::cloud::{Cloud, Strike};
use crate::scene::{Sketch, ran_with, settings, thing, tower};

fn crowd() -> Sketch {
    let mut sketch = Sketch::default();
    for number in 0..12 {
        sketch.create(&format!("thing/{number}"), thing(1, &[]));
        sketch.create(&format!("tower/{number}"), tower(1, &[]));
    }
    sketch
}

async fn most_in_flight(limits: Limits) -> Vec<(String, usize)> {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_secs(1));
    let settings = Settings {
        limits,
        ..settings()
    };
    let pending = std::future::pending();
    let stops = watch::Sender::new(None);
    let ran = ran_with(&crowd().plan(), &cloud, &settings, pending, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    cloud.most_in_flight().into_iter().collect()
}

#[tokio::test(start_paused = true)]
async fn every_service_has_its_limit() {
    let of = |alpha, beta| vec![("alpha".to_owned(), alpha), ("beta".to_owned(), beta)];
    assert_eq!(most_in_flight(Limits::default()).await, of(4, 4));
    let mut limits = Limits::default();
    limits.changes_by_service.insert("beta".to_owned(), 2);
    assert_eq!(most_in_flight(limits).await, of(4, 2));
    assert_eq!(most_in_flight(Limits::none()).await, of(12, 12));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_service_does_not_hold_up_another() {
    let cloud = Cloud::new();
    cloud.slow("create", Duration::from_millis(100));
    let throttled = Strike::Fails(FaultClass::Throttled, "alpha:CreateThing");
    cloud.strike_times("create thing", throttled, 100);
    let pending = std::future::pending();
    let stops = watch::Sender::new(None);
    let ran = ran_with(&crowd().plan(), &cloud, &settings(), pending, &stops).await;
    assert_eq!(ran.outcome.ending, Ending::Complete);
    let last_tower_ms = cloud.calls_of("create tower").last().expect("one").at_ms;
    assert_eq!(
        last_tower_ms, 200,
        "three at a time of four, one after the other"
    );
    assert!(ran.elapsed_ms() > 5000);
}
