//! The declared order of kinds, among what is wanted and among what is found.
//!
//! May depend on `model`. Invariant: two resources that share what a declaration names are ordered
//! alike, whether they are about to be made or about to go.

use std::collections::BTreeSet;

use crate::model::{
    Address, Following, Graph, Node, Record, Schema, Snapshot, State, Values, kind_of_class,
    schema_of,
};

/// Whether a wanted resource is to be ordered against another one.
pub(super) fn wanted_share(following: &Following, one: &Values, other: &Values) -> bool {
    following
        .sharing
        .is_none_or(|kind| !wanted_of_kind(one, kind).is_disjoint(&wanted_of_kind(other, kind)))
}

/// The addresses of this kind that wanted attributes refer to.
fn wanted_of_kind<'v>(values: &'v Values, kind: &str) -> BTreeSet<&'v Address> {
    let mut found = BTreeSet::new();
    for value in values.values() {
        value.each_pending(&mut |output, _| {
            if output.address.kind == *kind {
                found.insert(&output.address);
            }
        });
    }
    found
}

/// Whether a found resource is to be ordered against another one.
pub(super) fn found_share(
    schemas: &[&'static Schema],
    following: &Following,
    one: &Record,
    other: &Record,
) -> bool {
    following.sharing.is_none_or(|kind| {
        let of_kind = |record| found_of_kind(schemas, record, kind);
        !of_kind(one).is_disjoint(&of_kind(other))
    })
}

fn found_of_kind(schemas: &[&'static Schema], record: &Record, kind: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for value in record.values.values() {
        value.each_id(&mut |class, id| {
            if kind_of_class(schemas, class).is_some_and(|k| *k == *kind) {
                found.insert(id.to_owned());
            }
        });
    }
    found
}

/// What may take over the part of a resource that goes without a successor: everything that those
/// who stay, and were made after it, are made after.
///
/// Tasks, for example, come after their ways to the internet and after the endpoints that spare
/// them that way; so the one goes only once the other is there.
pub(super) fn stand_ins<'g>(
    graph: &'g Graph,
    snapshot: &Snapshot,
    schemas: &[&'static Schema],
    found: &Record,
) -> BTreeSet<&'g Address> {
    let mut stand_ins = BTreeSet::new();
    let mut next: Vec<&Node> = followers(snapshot, schemas, found)
        .into_iter()
        .filter_map(|address| graph.node(address))
        .collect();
    while let Some(node) = next.pop() {
        for following in node.schema.after {
            for (address, other) in graph.nodes() {
                if other.schema.kind == *following.kind
                    && wanted_share(following, &node.values, &other.values)
                    && stand_ins.insert(address)
                {
                    next.push(other);
                }
            }
        }
    }
    stand_ins
}

/// The addresses of what is there and comes after this record, over however many others.
fn followers<'s>(
    snapshot: &'s Snapshot,
    schemas: &[&'static Schema],
    found: &'s Record,
) -> BTreeSet<&'s Address> {
    let mut addresses = BTreeSet::new();
    let mut next = vec![found];
    while let Some(record) = next.pop() {
        for (address, others) in snapshot.records() {
            let schema = schema_of(schemas, &address.kind);
            let following = schema.and_then(|s| s.after.iter().find(|f| record.kind == *f.kind));
            let Some(following) = following else { continue };
            for other in others.iter().filter(|other| other.state != State::Leaving) {
                if found_share(schemas, following, record, other) && addresses.insert(address) {
                    next.push(other);
                }
            }
        }
    }
    addresses
}
