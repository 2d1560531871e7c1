//! Faults: scripted, by chance, and the death of the program.

use std::collections::BTreeSet;
use std::time::Duration;

use qpiac::engine::Provider;
use qpiac::model::{Attributes, Fault, FaultClass, Ref, Resource};
use qpiac::sim::{
    Action, Afterwards, Call, Death, Faults, Lag, Pace, Scripted, Settings, Sim, Strike, World,
};
use tokio::time::{advance, sleep};

use crate::kinds::{Net, Part, SCHEMAS, net, range};
use crate::work::{create, created, delete, empty_world, found, owned, plant, sim, update};

fn faulty(faults: Faults) -> Sim {
    sim(Settings::at(Pace::EXACT).with(faults))
}

#[tokio::test(start_paused = true)]
async fn a_scripted_fault_strikes_one_call() {
    let strike = |nth, effect| Scripted {
        kind: Net::SCHEMA.kind.clone(),
        action: Action::Create,
        nth,
        strike: Strike::Fault {
            class: FaultClass::Denied,
            code: "UnauthorizedOperation".to_owned(),
            message: "you may not".to_owned(),
            effect,
        },
    };
    let script = vec![strike(2, false), strike(3, true)];
    let sim = faulty(Faults {
        script,
        ..Faults::default()
    });
    let mut there = Vec::new();
    for _ in 0..4 {
        let reply = sim.perform(create("main", &net("10.0.0.0/16"))).await;
        there.push((
            reply.map_err(|fault| fault.to_string()).err(),
            sim.world().records().count(),
        ));
    }
    let said = || Some("sim:MakeNet: UnauthorizedOperation: you may not".to_owned());
    assert_eq!(there, [(None, 1), (said(), 1), (said(), 2), (None, 3)]);
    assert!(sim.refusals().is_empty(), "an injected fault is no refusal");
}

#[tokio::test(start_paused = true)]
async fn chances_have_the_effect_that_they_say() {
    type Set = fn(&mut Faults);
    let cases: [(&str, Set, FaultClass, usize); 3] = [
        ("throttled", |f| f.throttled = 1.0, FaultClass::Throttled, 0),
        (
            "request lost",
            |f| f.lost_requests = 1.0,
            FaultClass::Unknown,
            0,
        ),
        (
            "reply lost",
            |f| f.lost_replies = 1.0,
            FaultClass::Unknown,
            1,
        ),
    ];
    for (name, set, class, records) in cases {
        let mut faults = Faults::default();
        set(&mut faults);
        let sim = faulty(faults);
        let fault = sim
            .perform(create("main", &net("10.0.0.0/16")))
            .await
            .expect_err(name);
        assert_eq!(fault.class, class, "{name}");
        assert_eq!(sim.world().records().count(), records, "{name}");
        let fault = owned::<Net>(&sim, &[]).await.expect_err(name);
        assert_eq!(
            fault.class, class,
            "{name}: reads fail, they do not find nothing"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reads_lag_for_a_while_and_never_longer() {
    let lag = Lag {
        probability: 1.0,
        longest_ms: 10_000,
    };
    let sim = faulty(Faults {
        lag,
        ..Faults::default()
    });
    let want = net("10.0.0.0/16");
    let id = created(&sim, "main", &want).await;
    let mut seen = BTreeSet::new();
    let mut references = BTreeSet::new();
    for nth in 0..40_u8 {
        seen.insert(found::<Net>(&sim, &id).await.is_some());
        let range = range(&format!("10.0.{nth}.0/24"));
        let part = Part {
            net_id: Ref::known(id.as_str()),
            range,
        };
        let reply = sim.perform(create("x", &part)).await;
        references.insert(reply.err().map(|fault| (fault.class as u8, fault.message)));
    }
    assert_eq!(seen.len(), 2, "there and not there");
    let missing = format!("the net '{id}' does not exist");
    let expected = [None, Some((FaultClass::Missing as u8, missing))];
    assert_eq!(
        references,
        BTreeSet::from(expected),
        "a reference may fail to see it"
    );

    advance(Duration::from_secs(10)).await;
    for _ in 0..40 {
        let record = found::<Net>(&sim, &id).await.expect("the lag is over");
        assert_eq!(record.values, want.values());
    }
    let record = found::<Net>(&sim, &id).await.expect("the net");
    let changed = Net {
        names: false,
        ..want
    };
    sim.perform(update(&record, &changed))
        .await
        .expect("an update");
    let mut versions = BTreeSet::new();
    for _ in 0..40 {
        versions.insert(found::<Net>(&sim, &id).await.expect("one of both").values);
    }
    assert_eq!(versions, BTreeSet::from([record.values, changed.values()]));
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_may_be_seen_and_hold_for_a_while() {
    let lag = Lag {
        probability: 1.0,
        longest_ms: 10_000,
    };
    let sim = faulty(Faults {
        lag,
        ..Faults::default()
    });
    let mut violations = 0;
    let mut sightings = 0;
    for _ in 0..20 {
        let net = plant(&sim, "main", &net("10.0.0.0/16"));
        let part = Part {
            net_id: Ref::known(net.id.as_str()),
            range: range("10.0.1.0/24"),
        };
        let part = plant(&sim, "a", &part);
        sim.perform(delete(&part)).await.expect("nothing holds it");
        sightings += usize::from(found::<Part>(&sim, &part.id).await.is_some());
        while let Err(fault) = sim.perform(delete(&net)).await {
            assert_eq!(fault.class, FaultClass::Conflict);
            violations += 1;
            sleep(Duration::from_secs(1)).await;
        }
    }
    assert!(violations > 0 && sightings > 0);
    assert!(sim.world().is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_new_refers_to_what_is_gone_although_it_may_be_seen() {
    let lag = Lag {
        probability: 1.0,
        longest_ms: 10_000,
    };
    let sim = faulty(Faults {
        lag,
        ..Faults::default()
    });
    let mut sightings = 0;
    for _ in 0..20 {
        let net = plant(&sim, "main", &net("10.0.0.0/16"));
        sim.perform(delete(&net)).await.expect("nothing holds it");
        sightings += usize::from(found::<Net>(&sim, &net.id).await.is_some());
        let part = Part {
            net_id: Ref::known(net.id.as_str()),
            range: range("10.0.1.0/24"),
        };
        let fault = sim.perform(create("a", &part)).await.expect_err("gone");
        assert_eq!(fault.class, FaultClass::Missing);
    }
    assert!(sightings > 0);
}

fn death(call: usize, effect: bool, then: Afterwards) -> Faults {
    Faults {
        death: Some(Death { call, effect, then }),
        ..Faults::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_program_gets_no_reply_and_the_world_lives_on() {
    for (effect, records) in [(false, 1), (true, 2)] {
        let settings = Settings::at(Pace {
            latency_ms: 20..=20,
            ..Pace::EXACT
        });
        let sim = sim(settings.with(death(3, effect, Afterwards::Hang)));
        let run = async {
            for cidr in ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"] {
                created(&sim, "main", &net(cidr)).await;
                owned::<Net>(&sim, &[]).await.expect("nets");
            }
        };
        tokio::select! {
            biased;
            () = run => panic!("the program has died"),
            () = sim.died() => {}
        }
        assert_eq!(sim.calls().len(), 3);
        let next = Sim::new(SCHEMAS, sim.world(), Settings::at(Pace::EXACT));
        assert_eq!(owned::<Net>(&next, &[]).await.expect("nets").len(), records);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_network_every_call_ends_as_unknown() {
    let sim = faulty(death(2, true, Afterwards::Fail));
    created(&sim, "a", &net("10.0.0.0/16")).await;
    for _ in 0..3 {
        let reply = sim.perform(create("b", &net("10.1.0.0/16"))).await;
        assert_eq!(reply.expect_err("no network").class, FaultClass::Unknown);
        assert!(owned::<Net>(&sim, &[]).await.is_err());
    }
    assert_eq!(sim.world().records().count(), 2);
    assert_eq!(sim.calls().len(), 2, "later calls do not reach the cloud");
}

/// Makes ten nets, looking before every repeated create, and deletes them again.
async fn patient_client(sim: &Sim) -> Result<(), Fault> {
    for nth in 0..10 {
        let name = format!("n{nth}");
        let want = net(&format!("10.{nth}.0.0/16"));
        while there(sim, &want).await == 0 {
            // The reply may be lost and what was made may be seen late.
            let _ = sim.perform(create(&name, &want)).await;
            sleep(Duration::from_secs(11)).await;
        }
        assert_eq!(there(sim, &want).await, 1, "no duplicate");
    }
    loop {
        let Ok(nets) = owned::<Net>(sim, &[]).await else {
            continue;
        };
        if nets.is_empty() {
            return Ok(());
        }
        for net in nets {
            match sim.perform(delete(&net)).await {
                Err(fault) if fault.class == FaultClass::Rejected => return Err(fault),
                Ok(_) | Err(_) => {}
            }
        }
        sleep(Duration::from_secs(11)).await;
    }
}

async fn there(sim: &Sim, want: &Net) -> usize {
    loop {
        if let Ok(nets) = owned::<Net>(sim, &[]).await {
            return nets
                .iter()
                .filter(|net| net.values == want.values())
                .count();
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The log and the world of one seed.
async fn story(seed: u64) -> (Vec<Call>, World) {
    let settings = Settings::at(Pace::REAL).with(Faults::mixed());
    let sim = Sim::new(SCHEMAS, empty_world(seed), settings);
    patient_client(&sim).await.expect("every seed ends well");
    (sim.calls(), sim.world())
}

#[tokio::test(start_paused = true)]
async fn every_seed_ends_well_and_tells_the_same_story_twice() {
    let mut logs = BTreeSet::new();
    for seed in 0..100 {
        let (log, world) = story(seed).await;
        assert!(world.is_empty(), "seed {seed}");
        logs.insert(log.iter().filter(|call| call.injected).count());
        if seed < 10 {
            assert_eq!((log, world), story(seed).await, "seed {seed}");
        }
    }
    assert!(logs.len() > 1, "seeds differ");
}
