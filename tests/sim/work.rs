//! Short forms of work for a simulator.

use qpiac::engine::Provider;
use qpiac::model::{
    Address, Change, Fault, OutputValues, Owner, Query, Record, Resource, TagChange, Tags, Values,
    Work,
};
use qpiac::sim::{Pace, Settings, Sim, World};

use crate::kinds::SCHEMAS;

pub(crate) fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

pub(crate) fn empty_world(seed: u64) -> World {
    World::new("123456789012", "us-east-1", seed)
}

pub(crate) fn sim(settings: Settings) -> Sim {
    Sim::new(SCHEMAS, empty_world(7), settings)
}

/// Typical times exactly, calls that take no time, no faults.
pub(crate) fn exact() -> Sim {
    sim(Settings::at(Pace::EXACT))
}

pub(crate) fn mark<R: Resource>(name: &str) -> Tags {
    owner().mark(&Address::new(R::SCHEMA.kind.clone(), name.to_owned()))
}

pub(crate) fn create<R: Resource>(name: &str, want: &R) -> Work {
    Work::Create {
        kind: R::SCHEMA.kind.clone(),
        want: want.values(),
        mark: mark::<R>(name),
        token: "0123".to_owned(),
    }
}

/// The update that makes `found` into `want`.
pub(crate) fn update<R: Resource>(found: &Record, want: &R) -> Work {
    update_values(found, want.values())
}

pub(crate) fn update_values(found: &Record, want: Values) -> Work {
    let changes = want
        .iter()
        .filter(|(name, value)| found.values.get(*name) != Some(*value))
        .map(|(name, value)| Change {
            attribute: name.clone(),
            from: found.values[name].clone(),
            to: value.clone(),
        })
        .collect();
    Work::Update {
        want,
        found: found.clone(),
        changes,
        tags: TagChange::default(),
    }
}

pub(crate) fn retag(found: &Record, set: &[(&str, &str)], remove: &[&str]) -> Work {
    Work::Update {
        want: found.values.clone(),
        found: found.clone(),
        changes: Vec::new(),
        tags: TagChange {
            set: set
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            remove: remove.iter().map(|key| (*key).to_owned()).collect(),
        },
    }
}

pub(crate) fn delete(found: &Record) -> Work {
    Work::Delete {
        found: found.clone(),
    }
}

/// A resource of ours that is simply there.
pub(crate) fn plant<R: Resource>(sim: &Sim, name: &str, resource: &R) -> Record {
    sim.plant(&R::SCHEMA.kind, resource.values(), mark::<R>(name))
        .expect("a record of the kind's shape")
}

/// The identifier of what a create made.
pub(crate) async fn created<R: Resource>(sim: &Sim, name: &str, want: &R) -> String {
    let outputs = sim.perform(create(name, want)).await.expect("a create");
    outputs[R::SCHEMA.identity().name].clone()
}

pub(crate) async fn found<R: Resource>(sim: &Sim, id: &str) -> Option<Record> {
    let ids = Query::Ids(vec![id.to_owned()]);
    let records = sim.find(&R::SCHEMA.kind, ids).await.expect("a find");
    assert!(records.len() <= 1, "one identifier, several records");
    records.into_iter().next()
}

pub(crate) async fn owned<R: Resource>(sim: &Sim, names: &[&str]) -> Result<Vec<Record>, Fault> {
    let query = Query::Owned {
        owner: owner(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    sim.find(&R::SCHEMA.kind, query).await
}

pub(crate) type Reply = Result<OutputValues, Fault>;
