//! The time of day as a text.
//!
//! May depend on nothing. Invariant: texts are for people and for sorting; nobody computes with them.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// `2026-05-04T03:02:01Z`.
pub(super) fn text(time: SystemTime) -> String {
    let seconds = DateTime::from_secs(DateTime::from(time).secs());
    seconds.fmt(Format::DateTime).unwrap_or_default()
}

/// `20260504T030201Z`, which may stand in a key.
pub(super) fn compact(time: SystemTime) -> String {
    text(time).replace(['-', ':'], "")
}
