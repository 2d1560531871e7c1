//! Whether a world is what a graph says, told without the planner.

use std::collections::BTreeMap;

use qpiac::model::{
    ADDRESS_TAG, Address, Graph, Node, OutputName, OutputValues, Record, STACK_TAG, Schema, State,
    Value, Values,
};
use qpiac::sim::World;

use crate::harness::{Verdict, ensure};

/// Every wanted resource is there once, as wanted and ready, and nothing else bears the stack's
/// tags or hangs on something that does.
pub(crate) fn world(world: &World, schemas: &[&'static Schema], graph: &Graph) -> Verdict {
    let mut left: Vec<&Record> = ours(world, schemas, &graph.owner().to_string());
    let mut outputs: BTreeMap<&Address, &OutputValues> = BTreeMap::new();
    let mut waiting: Vec<(&Address, &Node)> = graph.nodes().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut next = Vec::new();
        for (address, node) in waiting {
            let Some(want) = resolved(node, &outputs) else {
                next.push((address, node));
                continue;
            };
            let record = take(&mut left, address, node, &want)?;
            outputs.insert(address, &record.outputs);
        }
        waiting = next;
        ensure!(waiting.len() < before, "the graph has a cycle: {waiting:?}");
    }
    ensure!(left.is_empty(), "nobody wants {left:#?}");
    Ok(())
}

/// What bears the tags of a stack, and what hangs on it.
pub(crate) fn ours<'w>(
    world: &'w World,
    schemas: &[&'static Schema],
    owner: &str,
) -> Vec<&'w Record> {
    let bears = |record: &&Record| record.tags.get(STACK_TAG).is_some_and(|tag| tag == owner);
    let mut ours: Vec<&Record> = world.records().filter(bears).collect();
    let mut at = 0;
    while let Some(parent) = ours.get(at).copied() {
        for record in world.records() {
            let hangs = parent_of(schemas, record)
                .is_some_and(|id| parent.outputs.values().any(|output| output == id));
            if hangs && !ours.iter().any(|one| std::ptr::eq(*one, record)) {
                ours.push(record);
            }
        }
        at += 1;
    }
    ours
}

/// The identifier of the parent of a child.
fn parent_of<'r>(schemas: &[&'static Schema], record: &'r Record) -> Option<&'r str> {
    let schema = schemas.iter().find(|schema| schema.kind == record.kind)?;
    match record.values.get(schema.parent?)? {
        Value::Id { id, .. } => Some(id),
        _ => None,
    }
}

/// The attributes that a node shall have, once all that it refers to is known.
fn resolved(node: &Node, outputs: &BTreeMap<&Address, &OutputValues>) -> Option<Values> {
    let lookup = |name: &OutputName| -> Option<String> {
        outputs.get(&name.address)?.get(&name.output).cloned()
    };
    let values = node.values.iter().map(|(name, value)| {
        let value = value.resolve(&lookup);
        value.is_known().then(|| (name.clone(), value))
    });
    values.collect()
}

/// The one record of a node.
fn take<'w>(
    left: &mut Vec<&'w Record>,
    address: &Address,
    node: &Node,
    want: &Values,
) -> Result<&'w Record, String> {
    let is_child = node.schema.is_child();
    let stands_there = |record: &&Record| {
        record.kind == address.kind
            && if is_child {
                is_child_like(node.schema, want, record)
            } else {
                record.tags.get(ADDRESS_TAG) == Some(&address.to_string())
            }
    };
    let (there, others) = left.iter().partition(|record| stands_there(record));
    *left = others;
    let there: Vec<&Record> = there;
    ensure!(
        there.len() == 1,
        "{address} is there {} times: {there:#?}",
        there.len()
    );
    let record = there[0];
    ensure!(
        record.values == *want,
        "{address} is {:#?}, not {want:#?}",
        record.values
    );
    ensure!(
        is_child || record.tags == node.tags,
        "{address} has the tags {:?}, not {:?}",
        record.tags,
        node.tags
    );
    ensure!(
        record.state == State::Ready,
        "{address} is {:?}",
        record.state
    );
    Ok(record)
}

/// Whether a record is the child of the same parent with the same key.
fn is_child_like(schema: &Schema, want: &Values, record: &Record) -> bool {
    let same = |name: &&str| want.get(*name) == record.values.get(*name);
    schema.parent.iter().all(same) && schema.key.iter().all(same)
}
