//! Whatever somebody did to a stack by hand, one run puts it right.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use qpiac::model::{ADDRESS_TAG, OnChange, Record, STACK_TAG, Schema, State, Value};
use qpiac::sim::{Faults, World};

use crate::audit::ours;
use crate::faults::{Goal, goal};
use crate::harness::{Verdict, property};
use crate::lab::{Lab, on_paused_time};
use crate::scenario::{Scenario, owner, scenario};

/// What somebody does to one of our resources.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Deletes it, with whatever keeps AWS from that.
    Delete,
    /// Makes another one just like it, tags included.
    Double,
    /// Changes numbers and switches that can be changed.
    Change,
    /// Changes tags, but for those that say whose it is.
    Retag,
    /// It breaks.
    Break,
}

#[derive(Clone, Debug)]
struct Meddling {
    scenario: Scenario,
    /// Which resource, and what is done to it.
    deeds: Vec<(usize, Deed)>,
    goal: Goal,
}

fn meddling() -> impl Strategy<Value = Meddling> {
    let deed = prop_oneof![
        Just(Deed::Delete),
        Just(Deed::Double),
        Just(Deed::Change),
        Just(Deed::Retag),
        Just(Deed::Break),
    ];
    let deeds = vec((any::<usize>(), deed), 1..5);
    (scenario(), deeds, goal()).prop_map(|(scenario, deeds, goal)| Meddling {
        scenario,
        deeds,
        goal,
    })
}

#[test]
fn what_was_done_by_hand_is_put_right() {
    property(
        "what_was_done_by_hand_is_put_right",
        200,
        meddling(),
        |meddling| on_paused_time(put_right(meddling)),
    );
}

async fn put_right(meddling: &Meddling) -> Verdict {
    let scenario = &meddling.scenario;
    let lab = Lab::new(scenario);
    lab.apply(&scenario.pair.before()).await?;
    for (which, deed) in &meddling.deeds {
        let world = lab.sim.world();
        let all = ours(&world, lab.schemas, &owner().to_string());
        if let Some(at) = which.checked_rem(all.len()) {
            deed.done_to(all[at], &lab)?;
        }
    }
    lab.reopened(Faults::default())
        .mend(&meddling.goal.graph(scenario))
        .await
}

impl Deed {
    fn done_to(self, record: &Record, lab: &Lab<'_>) -> Verdict {
        let schemas = lab.schemas;
        let schema = schema_of(schemas, record);
        let alter = |change: &dyn Fn(&mut Record)| {
            let to_world = |world: &mut World| {
                let mut all = world.records_mut();
                let it = all.find(|r| r.kind == record.kind && r.id == record.id);
                change(it.expect("it was there a moment ago"));
            };
            lab.sim.alter(to_world).map_err(|error| error.to_string())
        };
        match self {
            Self::Delete => lab
                .sim
                .alter(|world| delete(world, schemas, record))
                .map_err(|error| error.to_string()),
            Self::Double => match may_stand_twice(schema) {
                true => lab
                    .sim
                    .plant(&record.kind, record.values.clone(), record.tags.clone())
                    .map(|_| ())
                    .map_err(|fault| fault.to_string()),
                false => Ok(()),
            },
            Self::Change => alter(&|record| change(schema, record)),
            Self::Retag if schema.is_child() => Ok(()),
            Self::Retag => alter(&|record| {
                let is_ours = |key: &str| key == STACK_TAG || key == ADDRESS_TAG;
                record.tags.retain(|key, _| is_ours(key));
                record.tags.insert("mood".to_owned(), "bad".to_owned());
            }),
            Self::Break => alter(&|record| record.state = State::Broken("it fell".to_owned())),
        }
    }
}

fn schema_of(schemas: &[&'static Schema], record: &Record) -> &'static Schema {
    let mut schemas = schemas.iter();
    let schema = schemas.find(|schema| schema.kind == record.kind);
    schema.expect("a kind of the pair")
}

/// Whether two alike can be there, and one of them can be taken away without a loss.
fn may_stand_twice(schema: &Schema) -> bool {
    !schema.is_child()
        && schema.named.is_none()
        && schema.exclusive.is_empty()
        && schema.holds.is_none()
        && schema.identity().form.contains('#')
}

fn change(schema: &Schema, record: &mut Record) {
    for attribute in schema.attributes {
        let value = record.values.get_mut(attribute.name);
        if let (OnChange::Update, Some(value)) = (attribute.on_change, value) {
            match value {
                Value::Bool(yes) => *yes = !*yes,
                Value::Int(number) => *number += 1,
                _ => {}
            }
        }
    }
}

/// Takes a resource away with its children, and with all that holds one of these.
fn delete(world: &mut World, schemas: &[&'static Schema], record: &Record) {
    let mut doomed = vec![record.clone()];
    let mut lost: BTreeSet<String> = record.outputs.values().cloned().collect();
    loop {
        let holder = world.records().find(|record| {
            let is_doomed = doomed
                .iter()
                .any(|d| d.kind == record.kind && d.id == record.id);
            !is_doomed && holds(schema_of(schemas, record), record, &lost)
        });
        let Some(holder) = holder.cloned() else {
            break;
        };
        lost.extend(holder.outputs.values().cloned());
        doomed.push(holder);
    }
    for record in doomed {
        world.remove(&record.kind, &record.id);
    }
}

fn holds(schema: &Schema, record: &Record, identifiers: &BTreeSet<String>) -> bool {
    let mut holds = false;
    for attribute in schema
        .attributes
        .iter()
        .filter(|attribute| !attribute.loose)
    {
        if let Some(value) = record.values.get(attribute.name) {
            value.each_id(&mut |_, id| holds |= identifiers.contains(id));
        }
    }
    holds
}
