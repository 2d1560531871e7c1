//! One input, and what becomes of it.

use std::sync::{Mutex, PoisonError};

use crate::random::Random;

/// The longest input that a report holds, in bytes.
const LONGEST: usize = 16 << 20;

/// An input that is being tried.
pub(crate) struct Case {
    pub(crate) seed: u64,
    shown: Mutex<Vec<u8>>,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            shown: Mutex::default(),
        }
    }

    /// The random numbers of the input.
    pub(crate) fn random(&self) -> Random {
        Random::new(self.seed)
    }

    /// Adds to what a report shows; to be called before it is tried.
    pub(crate) fn show(&self, input: &[u8]) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.len() + input.len() <= LONGEST {
            shown.extend_from_slice(input);
        }
    }

    pub(crate) fn shown(&self) -> Vec<u8> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }
}
