//! What goes on by itself on AWS and takes its time there, and here happens when a test says so.
//!
//! Depends on nothing else of this crate. Invariant: where nothing is held, nothing is under way.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a test holds back.
#[derive(Default)]
pub(crate) struct Holds {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    deployments: bool,
    rotations: bool,
    /// Distributions whose newest configuration has not reached every edge location.
    under_way: BTreeSet<String>,
}

impl Holds {
    /// Holds nothing any more.
    pub(crate) fn release(&self) {
        *self.lock() = State::default();
    }

    pub(crate) fn hold_deployments(&self) {
        self.lock().deployments = true;
    }

    pub(crate) fn hold_rotations(&self) {
        self.lock().rotations = true;
    }

    /// All configurations reach every edge location.
    pub(crate) fn deploy(&self) {
        self.lock().under_way.clear();
    }

    /// A distribution has got a configuration.
    pub(crate) fn configured(&self, distribution: &str) {
        let mut state = self.lock();
        if state.deployments {
            state.under_way.insert(distribution.to_owned());
        }
    }

    pub(crate) fn is_under_way(&self, distribution: &str) -> bool {
        self.lock().under_way.contains(distribution)
    }

    pub(crate) fn holds_rotations(&self) -> bool {
        self.lock().rotations
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
