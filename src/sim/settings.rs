//! How fast the simulated cloud is, and its limits.
//!
//! May depend on `faults`. Invariant: with [`Pace::EXACT`] everything takes what the schema says is
//! typical, to the millisecond.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use rand::Rng;
use rand::rngs::StdRng;

use super::faults::Faults;
use crate::model::{Kind, Wait};

/// How fast things happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// What the typical time of a schema is multiplied by.
    pub factor: f64,
    /// By which share of that a duration may be longer or shorter, from 0 to 1.
    pub jitter: f64,
    /// How long a call takes, in milliseconds; half of it on average before its effect.
    pub latency_ms: RangeInclusive<u64>,
}

impl Pace {
    /// As in AWS.
    pub const REAL: Self = Self {
        factor: 1.0,
        jitter: 0.2,
        latency_ms: 40..=250,
    };
    /// Fast enough for a person who watches.
    pub const SANDBOX: Self = Self {
        factor: 1.0 / 25.0,
        jitter: 0.2,
        latency_ms: 20..=80,
    };
    /// Typical times exactly and calls that take no time.
    pub const EXACT: Self = Self {
        factor: 1.0,
        jitter: 0.0,
        latency_ms: 0..=0,
    };

    /// How long this takes, in milliseconds; 0 where the call is the end of it.
    pub(super) fn duration_ms(&self, wait: Option<Wait>, rng: &mut StdRng) -> u64 {
        let Some(wait) = wait else {
            return 0;
        };
        let share = if self.jitter > 0.0 {
            1.0 + self.jitter * (2.0 * rng.random::<f64>() - 1.0)
        } else {
            1.0
        };
        // A negative or undefined product becomes zero.
        (f64::from(wait.typical_s) * 1000.0 * self.factor * share) as u64
    }

    /// How long the way of a call there and back takes, in milliseconds.
    pub(super) fn latency_ms(&self, rng: &mut StdRng) -> (u64, u64) {
        if *self.latency_ms.end() == 0 || self.latency_ms.is_empty() {
            return (0, 0);
        }
        let both = rng.random_range(self.latency_ms.clone());
        let there = rng.random_range(0..=both);
        (there, both - there)
    }
}

/// What a simulated cloud is like.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How fast it is.
    pub pace: Pace,
    /// What goes wrong.
    pub faults: Faults,
    /// How many resources of a kind there may be.
    pub quotas: BTreeMap<Kind, u64>,
    /// Identifiers of what AWS or somebody else keeps: they can be referred to, and are nowhere to
    /// be found.
    pub given: BTreeSet<String>,
}

impl Settings {
    /// At this pace, nothing goes wrong and there are no limits.
    pub fn at(pace: Pace) -> Self {
        Self {
            pace,
            faults: Faults::default(),
            quotas: BTreeMap::new(),
            given: BTreeSet::new(),
        }
    }

    /// The sandbox.
    pub fn sandbox() -> Self {
        Self::at(Pace::SANDBOX)
    }

    /// The same with these faults.
    #[must_use]
    pub fn with(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// The same where these identifiers can be referred to.
    #[must_use]
    pub fn knowing(mut self, given: BTreeSet<String>) -> Self {
        self.given = given;
        self
    }

    /// The same with at most `limit` resources of this kind.
    #[must_use]
    pub fn limited(mut self, kind: Kind, limit: u64) -> Self {
        self.quotas.insert(kind, limit);
        self
    }
}
