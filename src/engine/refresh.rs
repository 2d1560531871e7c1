//! Reading everything that a stack has.
//!
//! May depend on `model`. Invariant: every kind is read, also those that nobody wants any more, and
//! a kind that could not be read makes the whole reading fail.

use futures::future::{LocalBoxFuture, join_all};

use super::provider::Provider;
use super::reading::Reading;
use super::settings::Settings;
use crate::model::{
    Fault, FaultClass, Graph, Kind, Owner, Parent, Query, Record, Schema, Shape, Snapshot, Value,
    hints, kind_of_class,
};

/// Kinds could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
pub struct ReadFailed {
    /// What AWS answered, by kind.
    pub faults: Vec<(Kind, Fault)>,
}

impl ReadFailed {
    fn lines(&self) -> String {
        let lines: Vec<String> = self
            .faults
            .iter()
            .map(|(kind, fault)| format!("cannot read {kind}: {fault}"))
            .chain(hints(self.faults.iter().map(|(_, fault)| fault)))
            .collect();
        lines.join("\n")
    }
}

/// Reads everything that `owner` has, and whatever bears a name that `wanted` is about to use.
///
/// All kinds are read at once; children as soon as their parents are known.
///
/// # Errors
/// [`ReadFailed`] with every kind that could not be read.
pub async fn read(
    provider: &dyn Provider,
    owner: &Owner,
    wanted: Option<&Graph>,
    settings: &Settings,
) -> Result<Snapshot, ReadFailed> {
    let _reading = Sharing::begin(provider);
    let refresh = Refresh {
        reading: Reading::new(provider, settings),
        owner,
        schemas: provider.schemas(),
    };
    let roots = refresh.schemas.iter().filter(|schema| !schema.is_child());
    let trees = roots.map(|schema| {
        let query = Query::Owned {
            owner: owner.clone(),
            names: wanted.map_or_else(Vec::new, |graph| names(graph, schema)),
        };
        refresh.tree(schema, query)
    });
    let mut records = Vec::new();
    let mut faults = refresh.orphans();
    for tree in join_all(trees).await {
        records.extend(tree.records);
        faults.extend(tree.faults);
    }
    if faults.is_empty() {
        Ok(Snapshot::new(owner, refresh.schemas, records))
    } else {
        Err(ReadFailed { faults })
    }
}

/// The names that the wanted resources of this kind bear, where those are unique in an account.
fn names(graph: &Graph, schema: &Schema) -> Vec<String> {
    let Some(named) = schema.named else {
        return Vec::new();
    };
    graph
        .nodes()
        .filter(|(address, _)| address.kind == schema.kind)
        .filter_map(|(_, node)| match node.values.get(named) {
            Some(Value::Text(name)) => Some(name.clone()),
            Some(_) | None => None,
        })
        .collect()
}

/// While it lives, one reply may serve several kinds; it ends also when the reading is dropped.
struct Sharing<'a>(&'a dyn Provider);

impl<'a> Sharing<'a> {
    fn begin(provider: &'a dyn Provider) -> Self {
        provider.reading(true);
        Self(provider)
    }
}

impl Drop for Sharing<'_> {
    fn drop(&mut self) {
        self.0.reading(false);
    }
}

/// A kind's records with those of its children.
#[derive(Default)]
struct Tree {
    records: Vec<Record>,
    faults: Vec<(Kind, Fault)>,
}

struct Refresh<'a> {
    reading: Reading<'a>,
    owner: &'a Owner,
    schemas: &'a [&'static Schema],
}

impl Refresh<'_> {
    /// Kinds of children whose parents' kind is unknown, so that nobody would read them.
    fn orphans(&self) -> Vec<(Kind, Fault)> {
        let is_orphan = |child: &&&Schema| {
            let class = parent_class(child);
            child.is_child() && class.and_then(|c| kind_of_class(self.schemas, c)).is_none()
        };
        let orphans = self.schemas.iter().filter(is_orphan);
        orphans
            .map(|child| {
                let message = "the kind of its parent is not known";
                let kind = child.kind.clone();
                let fault = Fault::own(FaultClass::Rejected, kind.as_str(), message);
                (kind, fault)
            })
            .collect()
    }

    /// A kind, then each kind of its children as soon as it is read.
    fn tree(&self, schema: &'static Schema, query: Query) -> LocalBoxFuture<'_, Tree> {
        Box::pin(async move {
            let provider = self.reading.provider;
            let read = || provider.find(&schema.kind, query.clone());
            let records = match self.reading.repeated(read).await {
                Ok(records) => records,
                Err(fault) => {
                    return Tree {
                        faults: vec![(schema.kind.clone(), fault)],
                        ..Tree::default()
                    };
                }
            };
            let children = self.schemas.iter().filter_map(|child| {
                let parents = self.parents(schema, child, &records)?;
                Some(self.tree(child, Query::Under(parents)))
            });
            let mut tree = Tree::default();
            for child in join_all(children).await {
                tree.records.extend(child.records);
                tree.faults.extend(child.faults);
            }
            tree.records.extend(records);
            tree
        })
    }

    /// The resources of this kind whose children are looked for, where `child` is such a kind of
    /// children and there are any.
    fn parents(&self, schema: &Schema, child: &Schema, records: &[Record]) -> Option<Vec<Parent>> {
        let class = parent_class(child)?;
        if kind_of_class(self.schemas, class) != Some(&schema.kind) {
            return None;
        }
        let output = schema.outputs.iter().find(|output| output.class == class)?;
        let parents: Vec<Parent> = records
            .iter()
            .filter(|record| schema.is_child() || self.owner.owns(&record.tags))
            .filter_map(|record| record.outputs.get(output.name))
            .map(|id| Parent {
                id: id.clone(),
                owner: self.owner.clone(),
            })
            .collect();
        (!parents.is_empty()).then_some(parents)
    }
}

/// The class of identifier by which a child refers to its parent.
fn parent_class(child: &Schema) -> Option<&'static str> {
    match child.attribute(child.parent?)?.shape {
        Shape::Id(class) | Shape::Optional(&Shape::Id(class)) => Some(class),
        Shape::Bool
        | Shape::Int
        | Shape::Text(_)
        | Shape::Word(_)
        | Shape::Document
        | Shape::Optional(_)
        | Shape::List(_)
        | Shape::Set(_)
        | Shape::Map(_)
        | Shape::Struct(_)
        | Shape::OneOf(_) => None,
    }
}
