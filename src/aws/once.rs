//! Equal reads made once, while a snapshot is being read.
//!
//! May depend on nothing. Invariant: nothing read during one snapshot is served to another, and
//! nothing is kept while waiting for a resource.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// A reply that several share.
pub(super) struct Shared {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    /// How deep in a chain of calls it came.
    pub(super) depth: u64,
}

type Cell = Arc<OnceCell<Shared>>;

/// The reads of the current snapshot.
#[derive(Default)]
pub(super) struct Once(Mutex<Option<HashMap<String, Cell>>>);

impl Once {
    /// Starts or ends a snapshot.
    pub(super) fn switch(&self, on: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = on.then(HashMap::new);
    }

    /// Where the read of this key stands or shall stand; nothing outside of a snapshot.
    pub(super) fn cell(&self, key: String) -> Option<Cell> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells
            .as_mut()
            .map(|cells| Arc::clone(cells.entry(key).or_default()))
    }
}
