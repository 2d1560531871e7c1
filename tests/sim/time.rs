//! How time passes: what is under way, how long calls take, what the log says.

use std::time::Duration;

use qpiac::engine::Provider;
use qpiac::model::{Fault, FaultClass, Record, Ref, Resource, State};
use qpiac::sim::{Action, Faults, Pace, Scripted, Settings, Sim, Strike};
use tokio::time::{Instant, advance, sleep};

use crate::kinds::{Gate, Net, Part, Role, net, range};
use crate::work::{create, created, delete, exact, found, plant, sim, update};

fn gate_in(sim: &Sim) -> Gate {
    let net = plant(sim, "main", &net("10.0.0.0/16"));
    let part = Part {
        net_id: Ref::known(net.id.as_str()),
        range: range("10.0.1.0/24"),
    };
    let part = plant(sim, "a", &part);
    Gate {
        net_id: Ref::known(net.id),
        part_id: Ref::known(part.id),
        width: 1,
    }
}

async fn state(sim: &Sim, id: &str) -> Option<State> {
    found::<Gate>(sim, id).await.map(|record| record.state)
}

fn busy(what: &str) -> Option<State> {
    Some(State::Busy(what.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn each_change_takes_its_typical_time() {
    let sim = exact();
    let mut want = gate_in(&sim);
    let id = created(&sim, "main", &want).await;
    assert_eq!(state(&sim, &id).await, busy("pending"));
    advance(Duration::from_millis(99_999)).await;
    assert_eq!(state(&sim, &id).await, busy("pending"));
    advance(Duration::from_millis(1)).await;
    assert_eq!(state(&sim, &id).await, Some(State::Ready));

    want.width = 2;
    let record = found::<Gate>(&sim, &id).await.expect("the gate");
    sim.perform(update(&record, &want))
        .await
        .expect("an update");
    assert_eq!(state(&sim, &id).await, busy("updating"));
    advance(Duration::from_secs(20)).await;
    assert_eq!(state(&sim, &id).await, Some(State::Ready));

    sim.perform(delete(&record)).await.expect("a delete");
    assert_eq!(state(&sim, &id).await, Some(State::Leaving));
    advance(Duration::from_secs(30)).await;
    sim.perform(delete(&record))
        .await
        .expect("it is leaving already");
    advance(Duration::from_secs(10)).await;
    assert_eq!(
        state(&sim, &id).await,
        None,
        "a second delete does not prolong the first"
    );
    let fault = sim.perform(delete(&record)).await.expect_err("it is gone");
    assert_eq!(fault.class, FaultClass::Missing);
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_takes_no_time_and_an_update_waits_for_the_creation() {
    let sim = exact();
    let mut want = gate_in(&sim);
    let id = created(&sim, "main", &want).await;
    let record = found::<Gate>(&sim, &id).await.expect("the gate");
    want.width = 2;
    sim.perform(update(&record, &want))
        .await
        .expect("an update");
    advance(Duration::from_secs(20)).await;
    assert_eq!(state(&sim, &id).await, busy("updating"));
    advance(Duration::from_secs(80)).await;
    assert_eq!(state(&sim, &id).await, Some(State::Ready));
    sim.perform(update(&record, &want))
        .await
        .expect("the same update");
    assert_eq!(state(&sim, &id).await, Some(State::Ready));
}

#[tokio::test(start_paused = true)]
async fn durations_and_latencies_keep_their_bounds() {
    let pace = Pace {
        factor: 0.5,
        jitter: 0.2,
        latency_ms: 30..=60,
    };
    let sim = sim(Settings::at(pace));
    let want = gate_in(&sim);
    let mut lasted_ms = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let id = created(&sim, "main", &want).await;
        let replied = begun.elapsed().as_millis();
        assert!((30..=60).contains(&replied), "a call took {replied} ms");
        while state(&sim, &id).await != Some(State::Ready) {
            sleep(Duration::from_millis(100)).await;
        }
        lasted_ms.push(begun.elapsed().as_millis());
    }
    // Between two reads lie at most 160 ms.
    assert!(
        lasted_ms.iter().all(|ms| (40_000..=60_300).contains(ms)),
        "{lasted_ms:?}"
    );
    assert!(lasted_ms.iter().min() != lasted_ms.iter().max());
}

#[tokio::test(start_paused = true)]
async fn a_scripted_resource_breaks_and_says_why_until_it_is_mended() {
    let breaks = |action| Scripted {
        kind: Gate::SCHEMA.kind.clone(),
        action,
        nth: 1,
        strike: Strike::Breaks("no address is free\nask for more".to_owned()),
    };
    let script = vec![breaks(Action::Create), breaks(Action::Delete)];
    let sim = sim(Settings::at(Pace::EXACT).with(Faults {
        script,
        ..Faults::default()
    }));
    let mut want = gate_in(&sim);
    let id = created(&sim, "main", &want).await;
    assert_eq!(state(&sim, &id).await, busy("pending"));
    advance(Duration::from_secs(100)).await;
    let broken = State::Broken("no address is free\nask for more".to_owned());
    assert_eq!(state(&sim, &id).await, Some(broken.clone()));
    let record = found::<Gate>(&sim, &id).await.expect("the gate");
    let why = sim.explain(record.clone()).await.expect("a reply");
    assert_eq!(why, ["no address is free", "ask for more"]);

    want.width = 2;
    sim.perform(update(&record, &want))
        .await
        .expect("an update mends it");
    advance(Duration::from_secs(20)).await;
    assert_eq!(state(&sim, &id).await, Some(State::Ready));
    assert!(
        sim.explain(record.clone())
            .await
            .expect("a reply")
            .is_empty()
    );

    sim.perform(delete(&record)).await.expect("a delete");
    assert_eq!(state(&sim, &id).await, Some(State::Leaving));
    advance(Duration::from_secs(40)).await;
    assert_eq!(state(&sim, &id).await, Some(broken));
    sim.perform(delete(&record)).await.expect("a second delete");
    advance(Duration::from_secs(40)).await;
    assert_eq!(state(&sim, &id).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_free_when_its_bearer_is_gone() {
    let sim = exact();
    let want = Role {
        name: "worker".to_owned(),
        group_id: None,
    };
    let role: Record = plant(&sim, "worker", &want);
    sim.perform(delete(&role)).await.expect("a delete");
    let fault = sim
        .perform(create("worker", &want))
        .await
        .expect_err("it is taken still");
    assert_eq!(fault.class, FaultClass::Conflict);
    advance(Duration::from_secs(10)).await;
    created(&sim, "worker", &want).await;
}

#[tokio::test(start_paused = true)]
async fn the_log_says_who_asked_what_and_when() {
    let pace = Pace {
        latency_ms: 10..=10,
        ..Pace::EXACT
    };
    let sim = sim(Settings::at(pace));
    let id = created(&sim, "main", &net("10.0.0.0/16")).await;
    let record = found::<Net>(&sim, &id).await.expect("the net");
    let refused = sim.perform(update(&record, &net("10.1.0.0/16"))).await;
    let refused: Fault = refused.expect_err("a new range");
    sim.perform(delete(&record)).await.expect("a delete");
    let log: Vec<_> = sim
        .calls()
        .into_iter()
        .map(|c| (c.action, c.about, c.begun_ms, c.ended_ms, c.fault))
        .collect();
    assert_eq!(
        log,
        [
            (Action::Create, "net/main".to_owned(), 0, Some(10), None),
            (Action::Find, String::new(), 10, Some(20), None),
            (
                Action::Update,
                id.clone(),
                20,
                Some(30),
                Some(refused.clone())
            ),
            (Action::Delete, id, 30, Some(40), None),
        ]
    );
    assert_eq!(sim.mutations(), 3);
    assert_eq!(sim.count(&Net::SCHEMA.kind, Action::Find), 1);
    assert_eq!(sim.count(&Role::SCHEMA.kind, Action::Find), 0);
    assert_eq!(sim.refusals(), [refused]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_given_up_leaves_what_was_before_and_says_why() {
    let reverts = Scripted {
        kind: Gate::SCHEMA.kind.clone(),
        action: Action::Update,
        nth: 1,
        strike: Strike::Reverts("tasks failed to start".to_owned()),
    };
    let sim = sim(Settings::at(Pace::EXACT).with(Faults {
        script: vec![reverts],
        ..Faults::default()
    }));
    let mut want = gate_in(&sim);
    let id = created(&sim, "main", &want).await;
    advance(Duration::from_secs(100)).await;
    let before = found::<Gate>(&sim, &id).await.expect("the gate");
    want.width = 2;
    sim.perform(update(&before, &want))
        .await
        .expect("it is accepted");
    assert_eq!(state(&sim, &id).await, busy("updating"));
    advance(Duration::from_secs(100)).await;
    let after = found::<Gate>(&sim, &id).await.expect("the gate");
    assert_eq!(after, before);
    let why = sim.explain(after).await.expect("a reply");
    assert_eq!(why, ["tasks failed to start"]);
}
