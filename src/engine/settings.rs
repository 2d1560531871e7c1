//! How fast and how wide a run goes.
//!
//! May depend on nothing. Invariant: every pause is a multiple of the pace; deadlines are not.

use std::collections::BTreeMap;
use std::time::Duration;

/// The pace of polling and repeating against the live AWS, in milliseconds.
const PACE_MS: u64 = 1000;
/// How long AWS's listings may lag behind its creates, in milliseconds.
const READ_LAG_MS: u64 = 10_000;
/// How many kinds are read at a time.
const READS_IN_FLIGHT: usize = 32;
/// How many changing calls of one service are in flight, where nothing else is known.
const CHANGES_IN_FLIGHT: usize = 4;
/// Services with other limits, by the rates that AWS documents for their changing calls.
const CHANGES_IN_FLIGHT_BY_SERVICE: [(&str, usize); 4] =
    [("cloudfront", 1), ("cloudwatch", 2), ("ec2", 8), ("iam", 2)];

/// How many calls are in flight at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Reads of a kind, of all services together.
    pub reads: usize,
    /// Changing calls of one service.
    pub changes: usize,
    /// Changing calls of these services, named as in IAM actions.
    pub changes_by_service: BTreeMap<String, usize>,
}

impl Limits {
    /// No limits, for measuring what the order alone costs.
    pub fn none() -> Self {
        Self {
            reads: tokio::sync::Semaphore::MAX_PERMITS,
            changes: tokio::sync::Semaphore::MAX_PERMITS,
            changes_by_service: BTreeMap::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reads: READS_IN_FLIGHT,
            changes: CHANGES_IN_FLIGHT,
            changes_by_service: CHANGES_IN_FLIGHT_BY_SERVICE
                .iter()
                .map(|(service, limit)| ((*service).to_owned(), *limit))
                .collect(),
        }
    }
}

/// How a run goes about its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The pause before the first poll, in milliseconds. Every other pause, before later polls and
    /// before repeated calls, is a multiple of it.
    pub pace_ms: u64,
    /// How long after a create its result may be missing in AWS's listings, in milliseconds. A
    /// create whose reply was lost is not repeated before.
    pub read_lag_ms: u64,
    /// The seed of all randomness; nothing for one that nobody can foresee.
    pub seed: Option<u64>,
    /// How many calls are in flight.
    pub limits: Limits,
    /// Whether to wait also for what nothing needs to be finished, such as a distribution.
    pub wait_for_lazy: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pace_ms: PACE_MS,
            read_lag_ms: READ_LAG_MS,
            seed: None,
            limits: Limits::default(),
            wait_for_lazy: false,
        }
    }
}

impl Settings {
    /// The time of so many paces.
    pub(super) fn paces(&self, count: u64) -> Duration {
        Duration::from_millis(self.pace_ms.saturating_mul(count))
    }

    /// How long AWS's listings may lag behind.
    pub(super) fn read_lag(&self) -> Duration {
        Duration::from_millis(self.read_lag_ms)
    }
}
