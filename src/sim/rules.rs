//! What AWS refuses in general.
//!
//! May depend on `model`, `refusal` and `world`. Invariant: every rule is a pure function of records
//! and schemas.
//!
//! An output that copies an attribute which is itself a reference passes on somebody else's
//! identifier; whoever refers to that refers to the other one.

use std::collections::BTreeSet;

use super::refusal::Refusal;
use crate::model::{
    ADDRESS_TAG, Address, Attribute, Cidr, FaultClass, Milestone, Owner, Record, STACK_TAG, Schema,
    Shape, State, Tags, Value, Values, schema_of,
};

/// A class and an identifier.
type Identity<'a> = (&'a str, &'a str);

/// The identifiers that are a record's own.
fn identities<'a>(schemas: &[&'static Schema], record: &'a Record) -> Vec<Identity<'a>> {
    let Some(schema) = schema_of(schemas, &record.kind) else {
        return Vec::new();
    };
    let is_reference = |attribute: &str| {
        schema
            .attribute(attribute)
            .is_some_and(|a| matches!(a.shape, Shape::Id(_) | Shape::Optional(Shape::Id(_))))
    };
    schema
        .outputs
        .iter()
        .filter(|output| !output.from.is_some_and(is_reference))
        .filter_map(|output| Some((output.class, record.outputs.get(output.name)?.as_str())))
        .collect()
}

/// A new resource bears owner tags that name its kind; a child bears none.
pub(super) fn owner_tags(schema: &Schema, tags: &Tags) -> Result<(), Refusal> {
    if schema.is_child() {
        return Ok(());
    }
    let owner = tags.get(STACK_TAG).map(|tag| tag.parse::<Owner>().is_ok());
    let address = tags.get(ADDRESS_TAG).map(|tag| {
        tag.parse::<Address>()
            .is_ok_and(|address| address.kind == schema.kind)
    });
    if owner == Some(true) && address == Some(true) {
        plain_tags(tags)
    } else {
        Err(Refusal::rejected(format!(
            "a {} must be created with the tags {STACK_TAG} and {ADDRESS_TAG} of its address",
            schema.kind
        )))
    }
}

/// Tags that AWS accepts: at most 50, none of its own.
pub(super) fn plain_tags(tags: &Tags) -> Result<(), Refusal> {
    if let Some(key) = tags.keys().find(|key| key.starts_with("aws:")) {
        return Err(Refusal::rejected(format!("the tag key {key} is reserved")));
    }
    if tags.len() > 50 {
        return Err(Refusal::rejected(format!(
            "{} tags, at most 50",
            tags.len()
        )));
    }
    Ok(())
}

/// What can be referred to.
pub(super) struct Referable<'a> {
    /// What is in the cloud.
    pub(super) records: Vec<&'a Record>,
    /// Identifiers of what others keep.
    pub(super) given: &'a BTreeSet<String>,
}

/// Whatever these attributes refer to is there, and ready where that matters.
pub(super) fn references<'a>(
    schemas: &[&'static Schema],
    referable: &Referable<'_>,
    attributes: impl Iterator<Item = &'a Attribute>,
    values: &Values,
) -> Result<(), Refusal> {
    for attribute in attributes {
        let mut result = Ok(());
        if let Some(value) = values.get(attribute.name) {
            value.each_id(&mut |class, id| {
                if result.is_ok() {
                    result = reference(schemas, referable, attribute, (class, id));
                }
            });
        }
        result?;
    }
    Ok(())
}

fn reference(
    schemas: &[&'static Schema],
    referable: &Referable<'_>,
    attribute: &Attribute,
    identity: Identity<'_>,
) -> Result<(), Refusal> {
    let (class, id) = identity;
    let is_known =
        |schema: &&'static Schema| schema.outputs.iter().any(|output| output.class == class);
    if !schemas.iter().any(is_known) {
        return Ok(());
    }
    let mut staying = referable
        .records
        .iter()
        .filter(|record| record.state != State::Leaving);
    let target = match staying.find(|record| identities(schemas, record).contains(&identity)) {
        Some(target) => target,
        None if referable.given.contains(id) => return Ok(()),
        None => return Err(Refusal::missing(class, id)),
    };
    match (&target.state, attribute.until) {
        (State::Busy(what), Milestone::Ready) => Err(Refusal::new(
            FaultClass::NotYet,
            "InvalidState",
            format!("the {class} '{id}' is {what}"),
        )),
        (State::Broken(why), Milestone::Ready) => Err(Refusal::new(
            FaultClass::Rejected,
            "InvalidState",
            format!("the {class} '{id}' does not work: {why}"),
        )),
        (State::Busy(_) | State::Broken(_), Milestone::Exists | Milestone::Gone)
        | (State::Ready | State::Leaving, _) => Ok(()),
    }
}

/// Nobody else has the name, the place or the key under the parent.
pub(super) fn unique<'a>(
    schema: &Schema,
    mut others: impl Iterator<Item = &'a Record>,
    want: &Values,
) -> Result<(), Refusal> {
    let Some((other, what)) =
        others.find_map(|other| Some((other, collision(schema, want, &other.values)?)))
    else {
        return Ok(());
    };
    Err(taken(schema, other, what))
}

/// Somebody has what must be unique.
pub(super) fn taken(schema: &Schema, other: &Record, what: &str) -> Refusal {
    let (kind, id) = (&schema.kind, &other.id);
    if other.state == State::Leaving {
        Refusal::new(
            FaultClass::Conflict,
            "OperationAborted",
            format!("the {kind} '{id}' with the same {what} is still being deleted"),
        )
    } else {
        Refusal::new(
            FaultClass::Rejected,
            "EntityAlreadyExists",
            format!("a {kind} with the same {what} exists: '{id}'"),
        )
    }
}

fn collision(schema: &Schema, one: &Values, other: &Values) -> Option<&'static str> {
    let same = |name: &'static str| match (one.get(name), other.get(name)) {
        (Some(Value::Absent) | None, _) | (_, None) => false,
        (Some(one), Some(other)) => one == other,
    };
    // An absent part of a key is a key like any other.
    let equal = |name: &'static str| one.get(name) == other.get(name);
    let near = |name: &'static str| same(name) || overlap(one.get(name), other.get(name));
    if schema.named.is_some_and(same) {
        return Some("name");
    }
    if schema.parent.is_some_and(same) && schema.key.iter().all(|name| equal(name)) {
        return Some("parent and key");
    }
    let exclusive = schema.exclusive;
    (!exclusive.is_empty() && exclusive.iter().all(|name| near(name))).then_some("place")
}

fn overlap(one: Option<&Value>, other: Option<&Value>) -> bool {
    let range = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => text.parse::<Cidr>().ok(),
        Some(_) | None => None,
    };
    range(one).is_some_and(|one| range(other).is_some_and(|other| one.overlaps(other)))
}

/// What goes when this goes: itself first, then its children and theirs.
pub(super) fn doomed<'a>(
    schemas: &[&'static Schema],
    records: &[&'a Record],
    target: &'a Record,
) -> Vec<&'a Record> {
    let mut doomed = vec![target];
    let mut at = 0;
    while let Some(parent) = doomed.get(at).copied() {
        let identities = identities(schemas, parent);
        for record in records.iter().copied() {
            let is_child = schema_of(schemas, &record.kind)
                .and_then(|schema| record.values.get(schema.parent?))
                .is_some_and(|value| refers(value, &identities));
            if is_child && !doomed.iter().any(|d| is_same(d, record)) {
                doomed.push(record);
            }
        }
        at += 1;
    }
    doomed
}

fn is_same(one: &Record, other: &Record) -> bool {
    one.kind == other.kind && one.id == other.id
}

fn refers(value: &Value, identities: &[Identity<'_>]) -> bool {
    let mut found = false;
    value.each_id(&mut |class, id| found |= identities.contains(&(class, id)));
    found
}

/// Nothing that stays holds what goes.
pub(super) fn released(
    schemas: &[&'static Schema],
    records: &[&Record],
    doomed: &[&Record],
) -> Result<(), Refusal> {
    let stays = |record: &&Record| !doomed.iter().any(|d| is_same(d, record));
    let staying: Vec<&Record> = records.iter().copied().filter(stays).collect();
    let kept: BTreeSet<Identity<'_>> = staying
        .iter()
        .flat_map(|record| identities(schemas, record))
        .collect();
    for going in doomed {
        // An identifier that somebody else bears as well is not lost.
        let mut lost = identities(schemas, going);
        lost.retain(|identity| !kept.contains(identity));
        if let Some(holder) = staying.iter().find(|r| holds(schemas, r, &lost)) {
            return Err(in_use(going, holder));
        }
    }
    Ok(())
}

fn holds(schemas: &[&'static Schema], record: &Record, identities: &[Identity<'_>]) -> bool {
    schema_of(schemas, &record.kind).is_some_and(|schema| {
        schema
            .attributes
            .iter()
            .filter(|attribute| !attribute.loose)
            .filter_map(|attribute| record.values.get(attribute.name))
            .any(|value| refers(value, identities))
    })
}

fn in_use(going: &Record, holder: &Record) -> Refusal {
    Refusal::new(
        FaultClass::Conflict,
        "DependencyViolation",
        format!(
            "the {} '{}' is in use by the {} '{}'",
            going.kind, going.id, holder.kind, holder.id
        ),
    )
}

/// Nothing that is declared to come after `going` is still leaving.
pub(super) fn followers_gone(
    schemas: &[&'static Schema],
    records: &[&Record],
    going: &Record,
) -> Result<(), Refusal> {
    let follows = |record: &&&Record| {
        record.state == State::Leaving
            && schema_of(schemas, &record.kind).is_some_and(|schema| {
                schema
                    .after
                    .iter()
                    .filter(|following| going.kind == *following.kind)
                    .any(|following| share(schemas, following.sharing, record, going))
            })
    };
    match records.iter().find(follows) {
        Some(follower) => Err(in_use(going, follower)),
        None => Ok(()),
    }
}

/// Whether two records refer to the same resource of this kind; true where no kind is named.
fn share(schemas: &[&'static Schema], kind: Option<&str>, one: &Record, other: &Record) -> bool {
    let Some(schema) = kind.map(|kind| schemas.iter().find(|s| s.kind == *kind)) else {
        return true;
    };
    let of_kind = |record: &Record| {
        let mut found = BTreeSet::new();
        for value in record.values.values() {
            value.each_id(&mut |class, id| {
                if schema.is_some_and(|s| s.outputs.iter().any(|o| o.class == class)) {
                    found.insert(id.to_owned());
                }
            });
        }
        found
    };
    !of_kind(one).is_disjoint(&of_kind(other))
}
