//! Plans in files: what they hold, and what they refuse.

use qpiac::model::{Record, Snapshot, Value};
use qpiac::plan::saved::{Moved, Origin, Saved, Unusable};
use qpiac::plan::{Action, Options, Plan, plan};

use crate::fakes;
use crate::scene::{Wish, address, built, graph, owner};

const VERSION: &str = "1.2.3";

fn origin() -> Origin {
    Origin {
        number: "20260504T030201Z-00000001".to_owned(),
        version: VERSION.to_owned(),
        made_at: "2026-05-04T03:02:01Z".to_owned(),
        account: "123456789012".to_owned(),
        sandbox: false,
    }
}

fn wider() -> Wish {
    Wish {
        count: 3,
        image: "app:2",
        ..Wish::default()
    }
}

fn seen(records: Vec<Record>) -> Snapshot {
    Snapshot::new(&owner(), &fakes::SCHEMAS, records)
}

fn planned(wish: &Wish, snapshot: &Snapshot) -> Plan {
    plan(&graph(wish), snapshot, &fakes::SCHEMAS, &Options::default()).unwrap()
}

/// A plan from the default wish to the wider one.
fn saved() -> (Saved, Snapshot) {
    let snapshot = seen(built(&graph(&Wish::default())));
    let plan = planned(&wider(), &snapshot);
    let options = Options::default();
    let saved = Saved::new(origin(), &options, &graph(&wider()), &snapshot, &plan);
    (saved, snapshot)
}

#[test]
fn a_file_gives_back_what_was_written() {
    let (saved, snapshot) = saved();
    let read = Saved::parse(saved.to_text().as_bytes(), VERSION).unwrap();
    assert_eq!(read, saved);
    assert!(read.rewritten(&graph(&wider())).is_empty());
    assert!(read.moved(&snapshot).is_empty());
    let fresh = planned(&wider(), &snapshot);
    assert_eq!(read.confirmed(&fresh), Some(fresh));
}

#[test]
fn no_part_of_a_file_is_a_plan() {
    let text = saved().0.to_text();
    // Every one takes long, and a step that divides nothing meets every kind of place.
    for end in (0..text.trim_end().len()).step_by(61) {
        let refused = Saved::parse(&text.as_bytes()[..end], VERSION);
        assert!(
            matches!(refused, Err(Unusable::NoPlan(_))),
            "the first {end} bytes"
        );
    }
}

#[test]
fn no_digit_can_be_changed() {
    let text = saved().0.to_text();
    let digits = text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit());
    for (at, byte) in digits.step_by(61) {
        let mut other = text.clone().into_bytes();
        other[at] = if byte == b'9' { b'1' } else { byte + 1 };
        assert!(Saved::parse(&other, VERSION).is_err(), "byte {at}");
    }
}

#[test]
fn another_version_is_named() {
    let text = saved().0.to_text();
    let refused = Saved::parse(text.as_bytes(), "1.2.4");
    let named = Unusable::OtherVersion {
        theirs: VERSION.to_owned(),
        ours: "1.2.4".to_owned(),
    };
    assert_eq!(refused, Err(named));
}

#[test]
fn another_wish_is_named_by_its_attributes() {
    let (saved, _) = saved();
    let mut other = wider();
    other.count = 4;
    let rewritten = saved.rewritten(&graph(&other));
    let attributes: Vec<&str> = rewritten[&address("runner/app")]
        .iter()
        .map(AsRef::as_ref)
        .collect();
    assert_eq!((rewritten.len(), attributes), (1, vec!["count"]));
    other.path = !other.path;
    let rewritten = saved.rewritten(&graph(&other));
    assert!(rewritten[&address("path/a.0.0.0.0/0")].is_empty());
}

#[test]
fn what_moved_is_named_with_both_values() {
    let (saved, _) = saved();
    let mut records = built(&graph(&Wish::default()));
    let runner = records
        .iter_mut()
        .find(|r| r.kind.as_str() == "runner")
        .unwrap();
    runner.values.insert("count".into(), Value::Int(9));
    let moved = saved.moved(&seen(records.clone()));
    let [Moved::Changed(change)] = moved[&address("runner/app")].as_slice() else {
        panic!("{moved:?}");
    };
    assert_eq!(
        (change.attribute.as_ref(), &change.to),
        ("count", &Value::Int(9))
    );

    records.retain(|record| record.kind.as_str() != "runner");
    let moved = saved.moved(&seen(records));
    let moves = &moved[&address("runner/app")];
    assert!(
        matches!(moves.as_slice(), [Moved::Gone { .. }]),
        "{moves:?}"
    );
}

#[test]
fn what_appeared_where_nothing_was_is_named() {
    let nothing = seen(Vec::new());
    let plan = planned(&Wish::default(), &nothing);
    let wanted = graph(&Wish::default());
    let saved = Saved::new(origin(), &Options::default(), &wanted, &nothing, &plan);
    let there = built(&wanted);
    let moved = saved.moved(&seen(there));
    let moves = &moved[&address("net/main")];
    assert!(
        matches!(moves.as_slice(), [Moved::Appeared { .. }]),
        "{moves:?}"
    );
}

#[test]
fn what_a_plan_does_not_rest_on_may_move() {
    let (saved, _) = saved();
    let mut other = Wish::default();
    other.dns = !other.dns;
    let moved = seen(built(&graph(&other)));
    assert!(saved.moved(&moved).is_empty());
    let fresh = planned(&wider(), &moved);
    assert!(fresh.steps.len() > saved.plan.steps.len());
    let confirmed = saved.confirmed(&fresh).unwrap();
    assert_eq!(confirmed.steps, saved.plan.steps);
}

#[test]
fn a_step_that_nothing_asks_for_is_never_confirmed() {
    let (honest, snapshot) = saved();
    let fresh = planned(&wider(), &snapshot);
    for at in 0..honest.plan.steps.len() {
        let mut forged = honest.clone();
        let step = &mut forged.plan.steps[at];
        match &mut step.action {
            Action::Create { want, .. } | Action::Update { want, .. } => {
                want.insert("count".into(), Value::Int(1000));
            }
            Action::Delete { found } => found.id.push('x'),
        }
        assert_eq!(forged.confirmed(&fresh), None, "step {at}");
        let mut forged = honest.clone();
        forged.plan.steps[at].address = address("net/main");
        assert_eq!(forged.confirmed(&fresh), None, "step {at} elsewhere");
        let mut hasty = honest.clone();
        if hasty.plan.steps[at].after.pop().is_some() {
            assert_eq!(hasty.confirmed(&fresh), None, "step {at} without waiting");
        }
    }
}
