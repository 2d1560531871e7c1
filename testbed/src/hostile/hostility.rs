//! How hostile AWS shall be, and what it did.
//!
//! Depends on nothing else of this crate. Invariant: two runs of equal calls under equal hostility
//! meet equal harms.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// How hostile AWS shall be.
#[derive(Clone, Debug)]
pub struct Hostility {
    pub(super) seed: u64,
    pub(super) phase: String,
    pub(super) harmed_percent: u64,
    pub(super) lag: Duration,
    pub(super) slow: Duration,
    pub(super) lingering: Duration,
    pub(super) failed_deployments: u32,
    pub(super) only: Option<BTreeSet<Harm>>,
}

impl Hostility {
    /// The hostility of a seed: a fifth of all calls is harmed on the wire, half of what is made is
    /// not seen everywhere for a while, and what takes its time does.
    #[must_use]
    pub fn of_seed(seed: u64) -> Hostility {
        Hostility {
            seed,
            phase: String::new(),
            harmed_percent: 20,
            lag: Duration::from_millis(300),
            slow: Duration::from_millis(200),
            lingering: Duration::from_millis(300),
            failed_deployments: 0,
            only: None,
        }
    }

    /// For this part of a test; calls are counted anew in each.
    #[must_use]
    pub fn in_phase(self, phase: &str) -> Hostility {
        Hostility {
            phase: phase.to_owned(),
            ..self
        }
    }

    /// How many of a hundred calls are throttled, fail, or lose their connection.
    #[must_use]
    pub fn harming(self, percent: u64) -> Hostility {
        Hostility {
            harmed_percent: percent,
            ..self
        }
    }

    /// How long reads lag behind changes at most; not at all where it is nothing.
    #[must_use]
    pub fn lagging(self, lag: Duration) -> Hostility {
        Hostility { lag, ..self }
    }

    /// How long a state lasts at most that takes its time.
    #[must_use]
    pub fn with_slow_states(self, slow: Duration) -> Hostility {
        Hostility { slow, ..self }
    }

    /// How long network interfaces outlive what they belonged to at most.
    #[must_use]
    pub fn with_lingering_interfaces(self, lingering: Duration) -> Hostility {
        Hostility { lingering, ..self }
    }

    /// How many deployments of services fail and are rolled back.
    #[must_use]
    pub fn with_failed_deployments(self, count: u32) -> Hostility {
        Hostility {
            failed_deployments: count,
            ..self
        }
    }

    /// Only these harms; everything else is as where AWS is friendly.
    #[must_use]
    pub fn only(self, harms: impl IntoIterator<Item = Harm>) -> Hostility {
        Hostility {
            only: Some(harms.into_iter().collect()),
            ..self
        }
    }
}

/// What was done to one call, or began with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Harm {
    /// The part of the test.
    pub phase: String,
    /// The operation, such as `ec2:CreateVpc`.
    pub operation: String,
    /// Which of the calls of this operation in this part of the test, from 1.
    pub number: u32,
    /// What was done, in a word.
    pub what: &'static str,
}

impl fmt::Display for Harm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Harm {
            phase,
            operation,
            number,
            what,
        } = self;
        write!(formatter, "{phase}: {operation} no. {number}: {what}")
    }
}
