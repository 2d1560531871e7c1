//! How kinds say how a resource is.
//!
//! May depend on `model` and `engine::provider`. Invariant: what cannot be read is a reason, and
//! hides nothing of what is known without it.

use crate::engine::{Health, Wellness};
use crate::model::{Fault, State, hints};

/// It does not do what it is for.
pub(super) fn ill(summary: impl Into<String>, reasons: Vec<String>) -> Health {
    Health {
        wellness: Wellness::Ill,
        summary: summary.into(),
        reasons,
    }
}

/// It will do what it is for, as soon as AWS or somebody has done what is said.
pub(super) fn waiting(summary: impl Into<String>, reasons: Vec<String>) -> Health {
    Health {
        wellness: Wellness::Waiting,
        summary: summary.into(),
        reasons,
    }
}

/// What the state says, and that no more can be read.
pub(super) fn unread(state: &State, fault: &Fault) -> Health {
    let mut health = Health::of_state(state);
    health.reasons.extend(not_readable(fault));
    health
}

/// That something cannot be read, and what can be done about it.
pub(super) fn not_readable(fault: &Fault) -> Vec<String> {
    let said = format!("not readable: {fault}");
    std::iter::once(said).chain(hints([fault])).collect()
}

/// `1 task`, `2 tasks`.
pub(super) fn count(number: impl Into<u64>, one: &str, many: &str) -> String {
    let number = number.into();
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
