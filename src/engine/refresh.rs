//! Reading everything that a stack has.
//!
//! May depend on `model`. Invariant: every kind is read, also those that nobody wants any more, and
//! a kind that could not be read makes the whole reading fail.

use futures::future::{BoxFuture, join_all};

use super::provider::Provider;
use super::reading::Reading;
use super::settings::Settings;
use crate::model::{
    Fault, Graph, Kind, Owner, Parent, Query, Record, Schema, Shape, Snapshot, Value, kind_of_class,
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
    let mut faults = Vec::new();
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
    fn tree<'b>(&'b self, schema: &'static Schema, query: Query) -> BoxFuture<'b, Tree>
    where
        Self: 'b,
    {
        todo!()
    }
}
