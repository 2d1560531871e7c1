//! What is wanted: typed resources by address, with references between them.
//!
//! May depend on the rest of `model`. Invariant: every pending reference in a graph names an output
//! of a node of the same graph.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, Kind, Name};
use super::record::{NAME_TAG, Owner, Tags};
use super::schema::{Outputs, Resource, Schema};
use super::value::{Value, Values};

/// A wanted resource.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it declares.
    pub schema: &'static Schema,
    /// Its attributes.
    pub values: Values,
    /// All its tags; of a child, only the owner tags, which are given where the API takes tags.
    pub tags: Tags,
}

/// Everything that a stack shall consist of.
#[derive(Clone, Debug)]
pub struct Graph {
    owner: Owner,
    tags: Tags,
    nodes: BTreeMap<Address, Node>,
    left: BTreeSet<Address>,
}

impl Graph {
    /// An empty graph of this stack; every resource gets these tags of the user's.
    pub fn new(owner: Owner, tags: Tags) -> Self {
        Self {
            owner,
            tags,
            nodes: BTreeMap::new(),
            left: BTreeSet::new(),
        }
    }

    /// The stack.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The nodes in the order of their addresses.
    pub fn nodes(&self) -> impl Iterator<Item = (&Address, &Node)> {
        self.nodes.iter()
    }

    /// The node at this address.
    pub fn node(&self, address: &Address) -> Option<&Node> {
        self.nodes.get(address)
    }

    /// Leaves what stands at this address as it is, though it is not wanted.
    pub fn leave<R: Resource>(&mut self, name: impl Into<Name>) {
        self.left.insert(Address::new(R::SCHEMA.kind.clone(), name));
    }

    /// Whether what stands at this address is left as it is, though it is not wanted.
    pub fn is_left(&self, address: &Address) -> bool {
        self.left.contains(address)
    }

    /// Leaves out every node that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&Address) -> bool) {
        self.nodes.retain(|address, _| keep(address));
    }

    /// Adds a resource that bears owner tags of its own and gives references to its outputs.
    pub fn add<R: Resource>(
        &mut self,
        name: impl Into<Name>,
        resource: &R,
    ) -> <R::Outputs as Outputs>::Refs {
        let address = Address::new(R::SCHEMA.kind.clone(), name);
        let mut tags = Tags::new();
        if !R::SCHEMA.marked {
            tags.extend(self.tags.clone());
            tags.insert(
                NAME_TAG.to_owned(),
                format!("{}-{}", self.owner.stack, address.name),
            );
        }
        tags.extend(self.owner.mark(&address));
        self.insert(address, R::SCHEMA, resource.values(), tags)
            .refs::<R>()
    }

    /// Adds a resource that is owned through its parent; its name follows from its parent's name
    /// and its key.
    pub fn add_child<R: Resource>(&mut self, resource: &R) -> <R::Outputs as Outputs>::Refs {
        let values = resource.values();
        let name = child_name(R::SCHEMA, &values, &|value| match value {
            Value::Pending { from, .. } => Some(from.address.name.to_string()),
            _ => None,
        });
        let address = Address::new(R::SCHEMA.kind.clone(), name);
        let tags = self.owner.mark(&address);
        self.insert(address, R::SCHEMA, values, tags).refs::<R>()
    }

    /// Adds a node as plain data; for graphs whose kinds are not known at compile time.
    pub fn insert(
        &mut self,
        address: Address,
        schema: &'static Schema,
        values: Values,
        tags: Tags,
    ) -> Inserted {
        self.nodes.insert(
            address.clone(),
            Node {
                schema,
                values,
                tags,
            },
        );
        Inserted(address)
    }
}

/// The address of a node that was just added.
#[derive(Debug)]
pub struct Inserted(Address);

impl Inserted {
    /// References to its outputs.
    pub fn refs<R: Resource>(&self) -> <R::Outputs as Outputs>::Refs {
        R::Outputs::refs(&self.0)
    }
}

/// The name of a child: its parent's name, a dot, and its key.
///
/// `name_of` gives the name of the resource that a reference leads to; the same function serves
/// what is wanted and what is found.
pub fn child_name(
    schema: &Schema,
    values: &Values,
    name_of: &dyn Fn(&Value) -> Option<String>,
) -> String {
    let text = |attribute: &str| {
        values
            .get(attribute)
            .map(|value| key_text(value, name_of))
            .unwrap_or_default()
    };
    let parent = schema.parent.map(text).unwrap_or_default();
    let key: Vec<String> = schema
        .key
        .iter()
        .map(|attribute| text(attribute))
        .filter(|part| !part.is_empty())
        .collect();
    if key.is_empty() {
        parent
    } else {
        format!("{parent}.{}", key.join("-"))
    }
}

fn key_text(value: &Value, name_of: &dyn Fn(&Value) -> Option<String>) -> String {
    let join = |items: &mut dyn Iterator<Item = &Value>, between: &str| {
        items
            .map(|item| key_text(item, name_of))
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(between)
    };
    match value {
        Value::Absent | Value::Template(_) => String::new(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(items) => join(&mut items.iter(), ","),
        Value::Set(items) => join(&mut items.iter(), ","),
        Value::Map(items) => join(&mut items.values(), "-"),
        Value::Id { id, .. } => name_of(value).unwrap_or_else(|| id.clone()),
        Value::Pending { from, .. } => {
            name_of(value).unwrap_or_else(|| from.address.name.to_string())
        }
    }
}

/// The kind whose outputs hold identifiers of this class.
pub fn kind_of_class(schemas: &[&'static Schema], class: &str) -> Option<&'static Kind> {
    schemas
        .iter()
        .find(|schema| schema.outputs.iter().any(|output| output.class == class))
        .map(|schema| &schema.kind)
}
