//! What is there: every record of a stack by address, and an index from physical identifiers back
//! to the user's names.
//!
//! May depend on the rest of `model`. Invariant: a record stands under an address only if its owner
//! tags say so (or its parent's do, for children); everything else is foreign or astray.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::address::{Address, OutputName};
use super::graph::child_name;
use super::record::{ADDRESS_TAG, Owner, Record};
use super::schema::{Schema, schema_of};
use super::value::Value;

/// A record whose tags contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The record.
    pub record: Record,
    /// The contradiction.
    pub why: String,
}

/// The outputs that hold identifiers: the way back from AWS's names to the user's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<String, BTreeMap<String, BTreeSet<OutputName>>>);

impl Names {
    /// Adds an output of this class that holds this identifier.
    pub fn add(&mut self, class: &str, id: &str, output: OutputName) {
        self.0
            .entry(class.to_owned())
            .or_default()
            .entry(id.to_owned())
            .or_default()
            .insert(output);
    }

    /// The output of this stack that this text is, of whatever class, where it can be no other's: an ARN.
    pub fn owner_of_arn(&self, text: &str) -> Option<&OutputName> {
        if !text.starts_with("arn:") {
            return None;
        }
        self.0.values().find_map(|ids| ids.get(text)?.first())
    }

    /// The output of this stack that holds this identifier.
    pub fn owner_of(&self, class: &str, id: &str) -> Option<&OutputName> {
        self.0.get(class)?.get(id)?.first()
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    records: BTreeMap<Address, Vec<Record>>,
    foreign: Vec<Record>,
    strays: Vec<Stray>,
    names: Names,
}

impl Snapshot {
    /// The records of `owner` among those that were read.
    ///
    /// Children are named after their parents, so this repeats until nothing new is named.
    pub fn new(owner: &Owner, schemas: &[&'static Schema], records: Vec<Record>) -> Self {
        let mut snapshot = Self::default();
        let mut children = Vec::new();
        for record in records {
            let Some(schema) = schema_of(schemas, &record.kind) else {
                snapshot.stray(record, "its kind is unknown to this version");
                continue;
            };
            if schema.is_child() {
                children.push((schema, record));
            } else {
                snapshot.add_tagged(owner, schema, record);
            }
        }
        while !children.is_empty() {
            let (ready, waiting): (Vec<_>, Vec<_>) = children
                .into_iter()
                .partition(|(schema, record)| snapshot.knows_parent(schema, record));
            if ready.is_empty() {
                for (_, record) in waiting {
                    snapshot.stray(record, "its parent does not belong to this stack");
                }
                break;
            }
            for (schema, record) in ready {
                let name = child_name(schema, &record.values, &|value| snapshot.name_of(value));
                let address = Address::new(schema.kind.clone(), name);
                snapshot.add(schema, address, record);
            }
            children = waiting;
        }
        snapshot
    }

    fn stray(&mut self, record: Record, why: &str) {
        self.strays.push(Stray {
            record,
            why: why.to_owned(),
        });
    }

    fn add_tagged(&mut self, owner: &Owner, schema: &'static Schema, record: Record) {
        if !owner.owns(&record.tags) {
            self.foreign.push(record);
            return;
        }
        let address = record
            .tags
            .get(ADDRESS_TAG)
            .map(|tag| tag.parse::<Address>());
        match address {
            Some(Ok(address)) if address.kind == schema.kind => self.add(schema, address, record),
            Some(_) => self.stray(record, "its qpiac:address tag names another kind"),
            None => self.stray(record, "it has a qpiac:stack tag but no qpiac:address tag"),
        }
    }

    fn add(&mut self, schema: &'static Schema, address: Address, record: Record) {
        for output in schema.outputs {
            if let Some(id) = record.outputs.get(output.name) {
                let name = OutputName {
                    address: address.clone(),
                    output: Cow::Borrowed(output.name),
                };
                self.names.add(output.class, id, name);
            }
        }
        self.records.entry(address).or_default().push(record);
    }

    fn knows_parent(&self, schema: &Schema, record: &Record) -> bool {
        schema
            .parent
            .and_then(|parent| record.values.get(parent))
            .is_some_and(|value| self.name_of(value).is_some())
    }

    fn name_of(&self, value: &Value) -> Option<String> {
        match value {
            Value::Id { class, id } => self
                .names
                .owner_of(class, id)
                .map(|output| output.address.name.to_string()),
            _ => None,
        }
    }

    /// The way back from AWS's identifiers to the user's names.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// All records by address.
    pub fn records(&self) -> impl Iterator<Item = (&Address, &[Record])> {
        self.records
            .iter()
            .map(|(address, records)| (address, records.as_slice()))
    }

    /// The records at this address.
    pub fn at(&self, address: &Address) -> &[Record] {
        self.records.get(address).map_or(&[], Vec::as_slice)
    }

    /// Records that bear a name that the stack wants and belong to somebody else.
    pub fn foreign(&self) -> &[Record] {
        &self.foreign
    }

    /// Records whose tags contradict each other.
    pub fn strays(&self) -> &[Stray] {
        &self.strays
    }

    /// Whether nothing of the stack is there.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}
