//! What a person should know about what was read, such as a right that is missing.
//!
//! May depend on nothing. Invariant: the same note is kept once.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Notes in no order.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<BTreeSet<String>>);

impl Notes {
    pub(super) fn add(&self, note: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(note);
    }

    pub(super) fn take(&self) -> Vec<String> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *notes).into_iter().collect()
    }
}
