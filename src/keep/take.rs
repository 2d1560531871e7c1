//! Taking a lease: at once where it is free, else when its holder lets go or is dead.
//!
//! May depend on the rest of `keep` and the engine's clock. Invariant: a holder counts as dead only
//! when its lease did not change for its whole duration, by the clock of whoever waits.

use std::sync::Arc;
use std::time::Duration;

use super::claim::Claim;
use super::hold::Hold;
use super::keys;
use super::lease::{Lease, Standing};
use super::store::{Etag, Object, Only, Store};
use crate::engine::clock::{Instant, now, pause};
use crate::model::Fault;

/// How long a lease is good for without renewal, in milliseconds.
const DURATION_MS: u64 = 60_000;
/// How long a held lease is waited for, in seconds.
const WAIT_S: u64 = 90;
/// How often a waiter looks in the time of a lease.
const LOOKS: u32 = 12;
/// How often a write that was refused is tried anew before somebody else counts as the holder.
const RACES_MAX: u32 = 20;

/// How leases are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long one is good for without renewal.
    pub duration: Duration,
    /// How long one that is held is waited for.
    pub wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duration: Duration::from_millis(DURATION_MS),
            wait: Duration::from_secs(WAIT_S),
        }
    }
}

/// What was there at a moment.
#[derive(Clone, Debug)]
pub struct Seen(Option<(Etag, Option<Lease>)>);

impl Seen {
    fn of(object: Option<Object>) -> Self {
        Self(object.map(|object| (object.etag, Lease::parse(&object.body).ok())))
    }

    /// Whether nobody held it.
    pub fn is_free(&self) -> bool {
        match &self.0 {
            None => true,
            Some((_, lease)) => lease.as_ref().is_some_and(|lease| !lease.is_held()),
        }
    }

    /// The lease, where there was one that can be read.
    pub fn lease(&self) -> Option<&Lease> {
        self.0.as_ref()?.1.as_ref()
    }

    fn etag(&self) -> Option<&Etag> {
        self.0.as_ref().map(|(etag, _)| etag)
    }

    /// What a holder by this lease leaves to whoever comes next.
    fn before(&self) -> Before {
        match (&self.0, self.lease().map(|lease| lease.standing)) {
            (None, _) | (Some(_), Some(Standing::Released)) => Before::Settled,
            (Some(_), None | Some(Standing::Held | Standing::Left | Standing::Unlocked)) => {
                Before::Unsettled
            }
        }
    }
}

/// What was before a lease was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nobody, or a run that saw the end of everything that it began.
    Settled,
    /// A run that may have begun something a moment ago, of which AWS's listings do not know yet.
    Unsettled,
}

/// What a waiter is told.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Somebody holds it.
    Held(Box<Lease>),
    /// Nobody can read whose it is.
    Unreadable,
    /// It was not renewed in time and is taken over.
    TakenOver,
}

/// A lease was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Somebody holds it.
    #[error("{}", held(.0.as_deref()))]
    Held(Option<Box<Lease>>),
    /// The store does not do what it should.
    #[error("the lease cannot be taken: {0}")]
    Fault(#[from] Fault),
}

fn held(lease: Option<&Lease>) -> String {
    match lease {
        Some(lease) => format!("another run is changing this stack: {lease}"),
        None => "the stack's lease cannot be read, so somebody may hold it".to_owned(),
    }
}

/// What is there now of the lease of a stack, as `NAME@REGION`.
///
/// # Errors
/// The fault of the read.
pub async fn look(store: &dyn Store, stack: &str) -> Result<Seen, Fault> {
    Ok(Seen::of(store.read(&keys::lease(stack)).await?))
}

/// A lease that is wanted.
pub(super) struct Wish<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) key: &'a str,
    pub(super) stack: &'a str,
    pub(super) claim: &'a Claim,
    pub(super) settings: Settings,
}

/// Takes the lease of a stack, waiting for it where it is held. `seen` is what was there before.
///
/// The second value says whether a look at AWS that was made after `seen` is as good as one made
/// now: nobody held the lease in between.
///
/// # Errors
/// [`Refused`] where it was not to be had in time.
pub async fn take(
    store: &Arc<dyn Store>,
    stack: &str,
    claim: &Claim,
    settings: Settings,
    seen: Seen,
    notice: &mut dyn FnMut(Notice),
) -> Result<(Hold, Before, bool), Refused> {
    let key = keys::lease(stack);
    let wish = Wish {
        store,
        key: &key,
        stack,
        claim,
        settings,
    };
    let start = now();
    let mut seen = seen;
    let mut watched = Watched::default();
    for _ in 0..RACES_MAX {
        let is_first = watched.is_fresh();
        if seen.is_free() {
            let before = seen.before();
            if let Some(hold) = wish.grasp(&seen).await? {
                return Ok((hold, before, is_first));
            }
            watched.spoil();
            seen = look(store.as_ref(), stack).await?;
            continue;
        }
        seen = watched.wait(&wish, seen, start, notice).await?;
        if !seen.is_free() {
            notice(Notice::TakenOver);
            if let Some(hold) = wish.grasp(&seen).await? {
                return Ok((hold, Before::Unsettled, false));
            }
            seen = look(store.as_ref(), stack).await?;
        }
    }
    Err(Refused::Held(seen.lease().cloned().map(Box::new)))
}

impl Wish<'_> {
    /// Takes what is still as it was seen; nothing where somebody was faster.
    async fn grasp(&self, seen: &Seen) -> Result<Option<Hold>, Fault> {
        let only = match seen.etag() {
            Some(etag) => Only::IfUnchanged(etag.clone()),
            None => {
                self.store.prepare().await?;
                Only::IfAbsent
            }
        };
        Hold::begin(self, only).await
    }
}

/// A lease that is held, while it is waited for.
#[derive(Default)]
struct Watched {
    since: Option<(Etag, Instant)>,
    is_spoilt: bool,
    told: Option<String>,
}

impl Watched {
    /// Whether nothing happened since the first look.
    fn is_fresh(&self) -> bool {
        self.since.is_none() && !self.is_spoilt
    }

    fn spoil(&mut self) {
        self.is_spoilt = true;
    }

    /// Waits until the lease is free, or did not change for its whole duration.
    async fn wait(
        &mut self,
        wish: &Wish<'_>,
        mut seen: Seen,
        start: Instant,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<Seen, Refused> {
        loop {
            let Some(etag) = seen.etag().filter(|_| !seen.is_free()) else {
                return Ok(seen);
            };
            let duration = seen.lease().map_or(wish.settings.duration, |lease| {
                Duration::from_millis(lease.duration_ms)
            });
            let since = match &self.since {
                Some((before, since)) if before == etag => *since,
                Some(_) | None => {
                    let since = now();
                    self.since = Some((etag.clone(), since));
                    since
                }
            };
            if now() >= since + duration {
                return Ok(seen);
            }
            let end = start + wish.settings.wait;
            if now() >= end {
                return Err(Refused::Held(seen.lease().cloned().map(Box::new)));
            }
            self.tell(&seen, notice);
            let look_again = now() + duration / LOOKS;
            let moment = look_again.min(since + duration).min(end);
            pause(moment - now()).await;
            seen = match look(wish.store.as_ref(), wish.stack).await {
                Ok(seen) => seen,
                // A look that failed says nothing; the next one may not.
                Err(fault) if now() < end && crate::engine::may_pass(fault.class) => seen,
                Err(fault) => return Err(fault.into()),
            };
        }
    }

    /// Tells of a holder once.
    fn tell(&mut self, seen: &Seen, notice: &mut dyn FnMut(Notice)) {
        let holder = seen.lease().map_or("", |lease| &lease.holder.run);
        if self.told.as_deref() == Some(holder) {
            return;
        }
        self.told = Some(holder.to_owned());
        notice(seen.lease().map_or(Notice::Unreadable, |lease| {
            Notice::Held(Box::new(lease.clone()))
        }));
    }
}
