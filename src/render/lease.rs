//! What became of a lease.
//!
//! May depend on `keep` and `model`. Invariant: a holder is named only where a lease was held.

use serde_json::{Value as Json, json};

use super::json::FORMAT_VERSION;
use crate::keep::Lease;
use crate::model::Owner;

/// What unlocking came to, as a document.
pub fn unlocked(owner: &Owner, outcome: &str, lease: Option<&Lease>) -> Json {
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "stack": owner.stack,
        "region": owner.region,
        "outcome": outcome,
    });
    if let Some(lease) = lease {
        document["holder"] = json!(lease.holder);
        document["taken_at"] = json!(lease.taken_at);
        document["expires_at"] = json!(lease.expires_at);
    }
    document
}
