//! Finding what a create made whose reply was lost.
//!
//! May depend on `model` and `task`. Invariant: what was there before the run is never taken for
//! what the run made.

use super::judge::differences;
use super::task::Task;
use crate::model::{ADDRESS_TAG, Owner, Parent, Query, Record, State, Value, Values};

/// Where to look; nothing where the parent is not known.
pub(super) fn query(task: &Task<'_>, owner: &Owner, want: &Values) -> Option<Query> {
    let owner = owner.clone();
    let Some(parent) = task.schema.parent else {
        let names = Vec::new();
        return Some(Query::Owned { owner, names });
    };
    match want.get(parent) {
        Some(Value::Id { id, .. }) => Some(Query::Under(vec![Parent {
            id: id.clone(),
            owner,
        }])),
        Some(_) | None => None,
    }
}

/// Those of these records that the create may have made.
pub(super) fn made(
    task: &Task<'_>,
    owner: &Owner,
    want: &Values,
    records: Vec<Record>,
) -> Vec<Record> {
    let is_it = |record: &Record| {
        record.state != State::Leaving
            && stands_there(task, owner, want, record)
            && is_new(task, want, record)
    };
    records.into_iter().filter(is_it).collect()
}

fn stands_there(task: &Task<'_>, owner: &Owner, want: &Values, record: &Record) -> bool {
    let Some(parent) = task.schema.parent else {
        return owner.owns(&record.tags)
            && record.tags.get(ADDRESS_TAG) == Some(&task.address.to_string());
    };
    let same = |name: &str| {
        want.get(name).unwrap_or(&Value::Absent)
            == record.values.get(name).unwrap_or(&Value::Absent)
    };
    same(parent) && task.schema.key.iter().all(|name| same(name))
}

/// Whether a record was not there when the plan was made. An identifier that is made from a name
/// comes back after a delete.
fn is_new(task: &Task<'_>, want: &Values, record: &Record) -> bool {
    let identity = task.schema.identity();
    let id = record.outputs.get(identity.name);
    let is_known = id.is_some_and(|id| task.names.owner_of(identity.class, id).is_some());
    !is_known
        || (task.gone.contains(record.id.as_str()) && differences(want, &record.values).is_empty())
}
