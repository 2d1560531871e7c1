//! How calls of functions went.
//!
//! May depend on `metrics`. Invariant: a call that has no data yet is not counted.

use futures::future::try_join;

use super::super::clients::Clients;
use super::metrics::{Metric, values};
use crate::model::Fault;

/// Seconds of a period.
const PERIOD_S: i32 = 300;

/// The calls of a function in some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// How many there were.
    pub all: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Whether some of the newest ones failed: of the last five minutes that had any.
    pub fails_now: bool,
}

/// The calls of the function with this name in the last `window_s` seconds.
///
/// # Errors
/// The fault of either read.
pub async fn calls_of(aws: &Clients, function: &str, window_s: u64) -> Result<Calls, Fault> {
    let dimensions = [("FunctionName", function)];
    let metric = |name| Metric {
        namespace: "AWS/Lambda",
        name,
        statistic: "Sum",
        dimensions: &dimensions,
    };
    let (all, failed) = (metric("Invocations"), metric("Errors"));
    let (all, failed) = try_join(
        values(aws, &all, window_s, PERIOD_S),
        values(aws, &failed, window_s, PERIOD_S),
    )
    .await?;
    Ok(Calls {
        all: count(&all),
        failed: count(&failed),
        fails_now: failed.first().is_some_and(|newest| *newest > 0.0),
    })
}

/// The whole number that these sums come to; a count is never negative nor near 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn count(sums: &[f64]) -> u64 {
    sums.iter().sum::<f64>().round() as u64
}
