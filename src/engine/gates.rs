//! How many calls are in flight, per service.
//!
//! May depend on `model` and `settings`. Invariant: a call that pauses or waits holds no place, and
//! a crowded service takes no place of another.

use std::collections::BTreeMap;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::settings::Limits;
use crate::model::Schema;

/// The places for calls.
#[derive(Debug)]
pub(super) struct Gates {
    reads: Semaphore,
    changes: BTreeMap<&'static str, Semaphore>,
}

impl Gates {
    pub(super) fn new(limits: &Limits, schemas: &[&'static Schema]) -> Self {
        let changes = schemas
            .iter()
            .map(|schema: &&'static Schema| {
                let crowd: &'static str = crowd(schema);
                let places = if schema.serial {
                    1
                } else {
                    let of_service = limits.changes_by_service.get(crowd);
                    *of_service.unwrap_or(&limits.changes)
                };
                (crowd, Semaphore::new(places.max(1)))
            })
            .collect();
        Self {
            reads: Semaphore::new(limits.reads.max(1)),
            changes,
        }
    }

    /// A place for a read.
    pub(super) async fn read(&self) -> SemaphorePermit<'_> {
        let place = self.reads.acquire().await;
        place.expect("the places are never closed")
    }

    /// A place for a call that changes something of this kind's service.
    pub(super) async fn change(&self, schema: &Schema) -> SemaphorePermit<'_> {
        let places = &self.changes[crowd(schema)];
        places.acquire().await.expect("the places are never closed")
    }
}

/// Those who share places: the kinds of a service, but for a serial kind, which is alone.
fn crowd(schema: &Schema) -> &str {
    if schema.serial {
        schema.kind.as_str()
    } else {
        schema.service()
    }
}
