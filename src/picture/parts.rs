//! What a stack consists of, wanted or found, in one form.
//!
//! May depend on `model`. Invariant: of several records at one address the first counts, as for a
//! plan.

use std::collections::BTreeMap;

use crate::model::{
    Address, Class, Field, Graph, Misfit, Names, OutputValues, Owner, Ref, Resource, Snapshot,
    Value, Values,
};

/// One resource as plain values.
#[derive(Clone, Debug)]
struct Plain {
    values: Values,
    outputs: OutputValues,
}

/// What a stack consists of.
#[derive(Clone, Debug)]
pub struct Parts {
    owner: Owner,
    names: Names,
    parts: BTreeMap<Address, Plain>,
    source: Source,
}

/// Where it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A stack file.
    File,
    /// AWS.
    Aws,
    /// A simulated AWS.
    Sandbox,
}

/// One resource of a kind.
#[derive(Clone, Debug)]
pub(super) struct Part<R> {
    /// Its address.
    pub(super) address: Address,
    /// Its attributes.
    pub(super) is: R,
    /// What AWS calls it; nothing where it is only wanted.
    pub(super) outputs: OutputValues,
}

impl<R> Part<R> {
    /// Its name in the stack.
    pub(super) fn name(&self) -> String {
        self.address.name.to_string()
    }

    /// What figures and arrows call it.
    pub(super) fn id(&self) -> String {
        self.address.to_string()
    }

    /// An output, where it is known.
    pub(super) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str)
    }
}

impl Parts {
    /// What is wanted.
    pub fn of_graph(graph: &Graph) -> Self {
        let part = |(address, node): (&Address, &crate::model::Node)| {
            let plain = Plain {
                values: node.values.clone(),
                outputs: OutputValues::new(),
            };
            (address.clone(), plain)
        };
        Self {
            owner: graph.owner().clone(),
            names: Names::default(),
            parts: graph.nodes().map(part).collect(),
            source: Source::File,
        }
    }

    /// What is there.
    pub fn of_snapshot(owner: &Owner, snapshot: &Snapshot, is_sandbox: bool) -> Self {
        let parts = snapshot.records().filter_map(|(address, records)| {
            let record = records.first()?;
            let plain = Plain {
                values: record.values.clone(),
                outputs: record.outputs.clone(),
            };
            Some((address.clone(), plain))
        });
        Self {
            owner: owner.clone(),
            parts: parts.collect(),
            names: snapshot.names().clone(),
            source: if is_sandbox {
                Source::Sandbox
            } else {
                Source::Aws
            },
        }
    }

    /// The stack.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Where it is known from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All addresses, each with what AWS calls it first.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&Address, &OutputValues)> {
        self.parts
            .iter()
            .map(|(address, plain)| (address, &plain.outputs))
    }

    /// The resources of a kind, by address.
    pub(super) fn all<R: Resource>(&self) -> Result<Vec<Part<R>>, Misfit> {
        let of_kind = |address: &&Address| address.kind == R::SCHEMA.kind;
        self.parts
            .keys()
            .filter(of_kind)
            .map(|address| self.part(address))
            .collect()
    }

    /// The first of them.
    pub(super) fn first<R: Resource>(&self) -> Result<Option<Part<R>>, Misfit> {
        Ok(self.all()?.into_iter().next())
    }

    fn part<R: Resource>(&self, address: &Address) -> Result<Part<R>, Misfit> {
        let plain = &self.parts[address];
        Ok(Part {
            address: address.clone(),
            is: R::from_values(&plain.values)?,
            outputs: plain.outputs.clone(),
        })
    }

    /// The resource of this stack that a reference leads to.
    pub(super) fn target<C: Class>(&self, reference: &Ref<C>) -> Option<Address> {
        match reference.to_value() {
            Value::Pending { from, .. } => Some(from.address),
            Value::Id { class, id } => {
                let output = self.names.owner_of(&class, &id);
                output.map(|output| output.address.clone())
            }
            _ => None,
        }
    }

    /// What a reference leads to, by the name in the stack or else by AWS's.
    pub(super) fn called<C: Class>(&self, reference: &Ref<C>) -> String {
        match self.target(reference) {
            Some(address) => address.name.to_string(),
            None => reference.id().unwrap_or_default().to_owned(),
        }
    }
}

impl Parts {
    /// What several references lead to, in an order that does not depend on what AWS calls it.
    pub(super) fn all_called<'a, C: Class + 'a>(
        &self,
        references: impl IntoIterator<Item = &'a Ref<C>>,
    ) -> Vec<String> {
        let mut names: Vec<String> = (references.into_iter())
            .map(|reference| self.called(reference))
            .collect();
        names.sort();
        names
    }
}

/// The word of an enum, as AWS has it.
pub(super) fn word(field: &impl Field) -> String {
    match field.value() {
        Value::Text(text) => text,
        _ => String::new(),
    }
}
