//! Which calls the SDK may repeat by itself.
//!
//! May depend on nothing else. Invariant: a call that changes something is sent once; repeating it
//! is the engine's decision, since a lost reply may hide an effect.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;

/// The pace at which reads are repeated where nobody says another.
pub(super) const PACE: Duration = Duration::from_secs(1);
/// How often a read is sent at most; the engine repeats with more patience.
const READ_ATTEMPTS: u32 = 4;

/// How reads are repeated: after about 1, 2 and 4 times the pace at most.
pub(super) fn reads(pace: Duration) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(READ_ATTEMPTS)
        .with_initial_backoff(pace)
}

/// Leaves repeating to the engine for every call that is not a read.
#[derive(Debug)]
pub(super) struct ReadsOnly;

#[dyn_dispatch_hint]
impl Intercept for ReadsOnly {
    fn name(&self) -> &'static str {
        "repeat reads only"
    }

    // Earlier the operation is not known yet, and the SDK would overwrite what is stored here.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_read = config
            .load::<Metadata>()
            .is_some_and(|metadata| is_read(metadata.name()));
        if !is_read {
            config
                .interceptor_state()
                .store_put(RetryConfig::disabled());
        }
        Ok(())
    }
}

/// Whether an operation changes nothing.
pub(super) fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "List"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// Gives up at once where nothing listens, as behind a mistyped endpoint.
#[derive(Debug)]
pub(super) struct NotWhenRefused;

impl ClassifyRetry for NotWhenRefused {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let refused = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_connector_error())
            .is_some_and(|error| is_refused(error));
        if refused {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "not when refused"
    }
}

fn is_refused(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
