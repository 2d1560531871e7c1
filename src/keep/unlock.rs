//! Taking a lease away from its holder, which a person does who knows better.
//!
//! May depend on the rest of `keep`. Invariant: the next run settles as after a killed one, and a
//! holder that is still alive notices with its next renewal.

use super::keys;
use super::lease::{Lease, Standing};
use super::store::{Only, Store, Written};
use crate::model::Fault;

/// What unlocking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlocked {
    /// Nobody held the lease.
    WasFree,
    /// It was taken away.
    Taken,
    /// The lease changed at this moment, or another run holds it than was seen; nothing was done.
    Renewed,
}

/// Takes the lease of a stack, as `NAME@REGION`, away from the run that was seen to hold it; one that could
/// not be read was seen as nothing.
///
/// # Errors
/// The fault of a call.
pub async fn unlock(
    store: &dyn Store,
    stack: &str,
    seen: Option<&Lease>,
) -> Result<Unlocked, Fault> {
    let key = keys::lease(stack);
    let Some(object) = store.read(&key).await? else {
        return Ok(Unlocked::WasFree);
    };
    let lease = Lease::parse(&object.body).ok();
    if lease.as_ref().is_some_and(|lease| !lease.is_held()) {
        return Ok(Unlocked::WasFree);
    }
    let run = |lease: Option<&Lease>| lease.map(|lease| lease.holder.run.clone());
    if run(lease.as_ref()) != run(seen) {
        return Ok(Unlocked::Renewed);
    }
    let body = Lease::unlocked(lease.as_ref(), stack).body();
    let only = Only::IfUnchanged(object.etag);
    Ok(match store.write(&key, body, only).await? {
        Written::Done(_) => Unlocked::Taken,
        Written::Refused => Unlocked::Renewed,
    })
}

impl Lease {
    /// What stands in the place of a lease that was taken away.
    fn unlocked(lease: Option<&Self>, stack: &str) -> Self {
        let mut unlocked = lease
            .cloned()
            .unwrap_or_else(|| Self::of(&super::Claim::nobody(), stack, 0));
        unlocked.standing = Standing::Unlocked;
        unlocked
    }
}
