//! The time of day as a text.
//!
//! May depend on nothing. Invariant: texts are for people and for sorting; nobody computes with them.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// What a compact time looks like.
const COMPACT: &str = "20260504T030201Z";

/// `2026-05-04T03:02:01Z`.
pub(super) fn text(time: SystemTime) -> String {
    let seconds = DateTime::from_secs(DateTime::from(time).secs());
    seconds.fmt(Format::DateTime).unwrap_or_default()
}

/// `2026-05-04T03:02:01Z` of a text that begins with `20260504T030201Z`; another text as it is.
pub(super) fn spelled(compact: &str) -> String {
    let time = compact.split('-').next().unwrap_or(compact);
    if time.len() != COMPACT.len() || !time.is_ascii() {
        return compact.to_owned();
    }
    let part = |from: usize, to: usize| &time[from..to];
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    )
}

/// `20260504T030201Z`, which may stand in a key.
pub(super) fn compact(time: SystemTime) -> String {
    text(time).replace(['-', ':'], "")
}
