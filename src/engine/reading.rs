//! One read, repeated where that may help.
//!
//! May depend on `model` and the engine's clock, randomness and settings. Invariant: a read that
//! failed is a fault, never an empty answer.

use std::cell::RefCell;
use std::time::Duration;

use futures::future::BoxFuture;

use super::clock::{pause, within};
use super::gates::Gates;
use super::provider::Provider;
use super::random::Random;
use super::retry::backoff;
use super::settings::Settings;
use crate::model::{Fault, FaultClass};

/// How often a read is tried; the SDK repeats single calls by itself.
const READ_TRIES_MAX: u32 = 4;
/// How long one read may take, all its pages together, in seconds.
const READ_LIMIT_S: u64 = 300;

/// What it takes to read.
pub(super) struct Reading<'a> {
    pub(super) provider: &'a dyn Provider,
    pub(super) settings: &'a Settings,
    pub(super) gates: Gates,
    pub(super) random: RefCell<Random>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(provider: &'a dyn Provider, settings: &'a Settings) -> Self {
        Self {
            provider,
            settings,
            gates: Gates::new(&settings.limits, provider.schemas()),
            random: RefCell::new(Random::new(settings.seed)),
        }
    }

    /// Makes a read once.
    pub(super) async fn once<T>(&self, read: BoxFuture<'_, Result<T, Fault>>) -> Result<T, Fault> {
        let _place = self.gates.read().await;
        within(Duration::from_secs(READ_LIMIT_S), read)
            .await
            .unwrap_or_else(|| {
                let message = format!("no answer within {READ_LIMIT_S} s");
                Err(Fault::own(FaultClass::Unknown, "", message))
            })
    }

    /// Makes a read, again where AWS was too busy or did not answer.
    pub(super) async fn repeated<T>(
        &self,
        mut read: impl FnMut() -> BoxFuture<'a, Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let mut failures = 0;
        loop {
            let fault = match self.once(read()).await {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            failures += 1;
            if !may_pass(fault.class) || failures == READ_TRIES_MAX {
                return Err(fault);
            }
            let delay = backoff(failures, self.settings, &mut self.random.borrow_mut());
            pause(delay).await;
        }
    }
}

/// Whether a read that failed so may succeed in a moment.
pub fn may_pass(class: FaultClass) -> bool {
    match class {
        FaultClass::Throttled | FaultClass::Unknown | FaultClass::NotYet => true,
        FaultClass::Conflict
        | FaultClass::Missing
        | FaultClass::Denied
        | FaultClass::Quota
        | FaultClass::Rejected => false,
    }
}
