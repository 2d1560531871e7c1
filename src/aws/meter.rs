//! Counting of calls.
//!
//! May depend on `rounds`. Invariant: every request that leaves this program is counted here, but
//! for those by which the SDK gets credentials.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use serde::Serialize;

use super::rounds;

/// Calls so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallStats {
    /// Requests that were sent, by service (as in IAM actions) and operation; repeated requests and
    /// further pages included.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many of them were sent again by the SDK.
    pub retries: u64,
    /// The longest chain of calls, each of which waited for the one before, of any snapshot.
    pub rounds: u64,
}

impl CallStats {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.calls.values().flat_map(BTreeMap::values).sum()
    }
}

/// Counts calls.
#[derive(Debug, Default)]
pub struct Meter(Mutex<CallStats>);

impl Meter {
    /// What was counted.
    pub fn stats(&self) -> CallStats {
        self.lock().clone()
    }

    /// What a client of this service needs to be counted.
    pub(super) fn interceptor(self: &Arc<Self>, service: &'static str) -> impl Intercept + use<> {
        Counting {
            meter: Arc::clone(self),
            service,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CallStats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Counting {
    meter: Arc<Meter>,
    service: &'static str,
}

/// How many calls a call waited for.
#[derive(Debug)]
struct Waited(u64);

impl Storable for Waited {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "count calls"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(depth) = rounds::depth() {
            config.interceptor_state().store_put(Waited(depth));
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("unknown", Metadata::name);
        let again = config
            .load::<RequestAttempts>()
            .is_some_and(|attempts| attempts.attempts() > 1);
        tracing::info!(target: "qpiac", again, "{}:{operation}", self.service);
        let mut stats = self.meter.lock();
        stats.retries += u64::from(again);
        *stats
            .calls
            .entry(self.service.to_owned())
            .or_default()
            .entry(operation.to_owned())
            .or_default() += 1;
        Ok(())
    }

    fn read_after_execution(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Waited(depth)) = config.load::<Waited>() {
            let reached = depth + 1;
            rounds::reach(reached);
            let mut stats = self.meter.lock();
            stats.rounds = stats.rounds.max(reached);
        }
        Ok(())
    }
}
