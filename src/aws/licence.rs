//! The right to change something, asked for before each call that does.
//!
//! May depend on `repeat`. Invariant: without the right no such call leaves this program, also not
//! the later calls of a piece of work that began in time.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::repeat::is_read;

/// Whether there is time for one more call.
pub type Permit = Arc<dyn Fn() -> bool + Send + Sync>;

/// The right to change something; without a permit it is unlimited.
#[derive(Clone, Default)]
pub(super) struct Licence(Arc<RwLock<Option<Permit>>>);

/// There was no time for the call. What the calls before it did, nobody knows here.
#[derive(Debug, thiserror::Error)]
#[error("the right to change the stack ends, so this was not sent")]
pub(super) struct Ended;

impl Licence {
    /// From now on this permit is asked.
    pub(super) fn limit(&self, permit: Permit) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(permit);
    }

    fn permits(&self) -> bool {
        let permit = self.0.read().unwrap_or_else(PoisonError::into_inner);
        permit.as_ref().is_none_or(|permit| permit())
    }
}

impl fmt::Debug for Licence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Licence")
    }
}

#[dyn_dispatch_hint]
impl Intercept for Licence {
    fn name(&self) -> &'static str {
        "ask for the right"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let changes = config
            .load::<Metadata>()
            .is_none_or(|metadata| !is_read(metadata.name()));
        if changes && !self.permits() {
            return Err(Ended.into());
        }
        Ok(())
    }
}
