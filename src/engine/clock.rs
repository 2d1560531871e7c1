//! Time, for everything that runs.
//!
//! May depend on nothing. Invariant: no other module asks the system for the time or sleeps, so a
//! test that pauses this clock pauses everything.

use std::future::Future;
use std::time::{Duration, SystemTime};

pub use tokio::time::Instant;

/// The present moment.
pub fn now() -> Instant {
    Instant::now()
}

/// The time of day. Unlike [`now`] it goes on while the computer sleeps, and jumps when it is set.
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Returns after this time.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Returns at this moment.
pub async fn pause_until(moment: Instant) {
    tokio::time::sleep_until(moment).await;
}

/// What `work` gives, or nothing where it takes longer than `limit`; it is then dropped.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// The time since `start`, in milliseconds.
pub fn elapsed_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
