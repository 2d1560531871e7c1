//! Plans that are not made.
//!
//! May depend on `model`. Invariant: all refusals of a stack are given at once.

use std::fmt;

use serde::Serialize;

use crate::model::Address;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// What it is about.
    pub address: Address,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub hint: String,
}

/// There is no plan, for these reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Refused {
    /// The reasons, at least one.
    pub refusals: Vec<Refusal>,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, refusal) in self.refusals.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            write!(out, "{}: {}", refusal.address, refusal.why)?;
        }
        Ok(())
    }
}
