//! The live cloud: every kind of the registry behind the engine's interface.
//!
//! May depend on `lifecycle` and `aws`. Invariant: it adds nothing to what a kind does.

use futures::future::BoxFuture;

use super::KINDS;
use super::lifecycle::Entry;
use crate::aws::Clients;
use crate::engine::{Health, Provider, Quota};
use crate::model::{
    Fault, FaultClass, Kind, OutputValues, Query, Record, Schema, Shape, Work, kind_of_class,
};

/// AWS.
pub struct Aws {
    clients: Clients,
    schemas: Vec<&'static Schema>,
}

impl Aws {
    /// AWS through these clients.
    pub fn new(clients: Clients) -> Self {
        Self {
            clients,
            schemas: super::schemas(),
        }
    }

    /// The clients.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    fn parent_of(&self, schema: &Schema) -> Option<&'static Kind> {
        let parent = schema.attribute(schema.parent?)?;
        let Shape::Id(class) = parent.shape else {
            return None;
        };
        kind_of_class(&self.schemas, class)
    }
}

fn entry(kind: &Kind) -> Result<&'static Entry, Fault> {
    KINDS
        .iter()
        .find(|entry| entry.schema.kind == *kind)
        .ok_or_else(|| {
            Fault::own(
                FaultClass::Rejected,
                kind.as_str(),
                "this kind is not known",
            )
        })
}

/// The reply of a kind, or that there is no such kind.
fn with<'a, T: Send + 'a>(
    kind: &Kind,
    call: impl FnOnce(&'static Entry) -> BoxFuture<'a, Result<T, Fault>>,
) -> BoxFuture<'a, Result<T, Fault>> {
    match entry(kind) {
        Ok(entry) => call(entry),
        Err(fault) => Box::pin(std::future::ready(Err(fault))),
    }
}

impl Provider for Aws {
    fn schemas(&self) -> &[&'static Schema] {
        &self.schemas
    }

    fn find(&self, kind: &Kind, which: Query) -> BoxFuture<'_, Result<Vec<Record>, Fault>> {
        with(kind, |entry| {
            let after = match which {
                Query::Under(_) => self.parent_of(entry.schema).map(Kind::as_str),
                Query::Owned { .. } | Query::Ids(_) => None,
            };
            let reads = (entry.find)(&self.clients, which);
            Box::pin(self.clients.chain(entry.schema.kind.as_str(), after, reads))
        })
    }

    fn perform(&self, work: Work) -> BoxFuture<'_, Result<OutputValues, Fault>> {
        let kind = work.kind().clone();
        with(&kind, |entry| (entry.perform)(&self.clients, work))
    }

    fn explain(&self, found: Record) -> BoxFuture<'_, Result<Vec<String>, Fault>> {
        let kind = found.kind.clone();
        with(&kind, |entry| (entry.explain)(&self.clients, found))
    }

    fn health(&self, found: Record) -> BoxFuture<'_, Result<Health, Fault>> {
        let kind = found.kind.clone();
        with(&kind, |entry| (entry.health)(&self.clients, found))
    }

    fn quota(&self, kind: &Kind) -> BoxFuture<'_, Result<Option<Quota>, Fault>> {
        with(kind, |entry| (entry.quota)(&self.clients))
    }

    fn reading(&self, on: bool) {
        self.clients.reading(on);
    }

    fn notes(&self) -> Vec<String> {
        self.clients.take_notes()
    }
}
