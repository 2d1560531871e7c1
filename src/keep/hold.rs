//! A lease that is held: renewed as long as the run goes on, and given back at its end.
//!
//! May depend on the rest of `keep` and on `engine`. Invariant: that it was renewed is known only
//! from a conditional write that succeeded; no clock of another computer counts.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;

use super::lease::{Lease, Standing};
use super::moment;
use super::store::{Etag, Only, Store, Written};
use super::take::Wish;
use crate::aws::Permit;
use crate::engine::clock::{Instant, now, pause, wall, within};
use crate::engine::{Lost, Tenure};
use crate::model::{Fault, FaultClass};

/// The longest time that one call takes, in seconds.
const CALL_TIMEOUT_S: u64 = 30;
/// How often a lease is renewed in its time.
const RENEWALS: u32 = 3;
/// How often a renewal that failed is tried again in that time.
const TRIES: u32 = 4;
/// For how many times its duration a lease that cannot be renewed is hoped for.
const HOPE: u32 = 5;

/// What a holder knows of its lease.
#[derive(Clone, Debug)]
struct Known {
    /// When it was renewed last, by two clocks: one stands still while the computer sleeps, and the
    /// other may be set.
    renewed: (Instant, SystemTime),
    lost: Option<Lost>,
}

/// What is written, and what it must replace.
struct Last {
    lease: Lease,
    etag: Etag,
}

/// A lease that is held.
pub struct Hold {
    shared: Arc<Shared>,
    heart: JoinHandle<()>,
}

struct Shared {
    store: Arc<dyn Store>,
    key: String,
    duration: Duration,
    last: Mutex<Last>,
    known: watch::Sender<Known>,
    hurry: Notify,
}

impl Hold {
    /// Takes the lease, where the condition holds, and keeps it from then on.
    pub(super) async fn begin(wish: &Wish<'_>, only: Only) -> Result<Option<Self>, Fault> {
        let duration = wish.settings.duration;
        let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut lease = Lease::of(wish.claim, wish.stack, duration_ms);
        lease.taken_at = moment::text(wall());
        let renewed = (now(), wall());
        lease.expires_at = moment::text(renewed.1 + duration);
        let Some(etag) = put(wish.store.as_ref(), wish.key, &lease, only).await? else {
            return Ok(None);
        };
        let shared = Arc::new(Shared {
            store: Arc::clone(wish.store),
            key: wish.key.to_owned(),
            duration,
            last: Mutex::new(Last { lease, etag }),
            known: watch::Sender::new(Known {
                renewed,
                lost: None,
            }),
            hurry: Notify::new(),
        });
        let beating = Arc::clone(&shared);
        let heart = tokio::spawn(async move { beating.beat().await });
        Ok(Some(Self { shared, heart }))
    }

    /// Whether there is time for a call, asked at any moment.
    pub fn permit(&self) -> Permit {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let known = shared.known.borrow().clone();
            known.lost.is_none() && shared.has_time(known.renewed)
        })
    }

    /// Gives it back within this time. Where nobody saw the end of every call, `is_settled` is false,
    /// and the next run waits until those must be visible.
    ///
    /// # Errors
    /// The fault of the write; the lease then ends by itself.
    pub async fn release(self, is_settled: bool, limit: Duration) -> Result<(), Fault> {
        self.heart.abort();
        if self.shared.known.borrow().lost.is_some() {
            return Ok(());
        }
        let standing = if is_settled {
            Standing::Released
        } else {
            Standing::Left
        };
        let giving = within(limit, self.shared.give_back(standing)).await;
        giving.unwrap_or_else(|| Err(late()))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

/// No answer came in time.
fn late() -> Fault {
    Fault::own(FaultClass::Unknown, "s3:PutObject", "no answer in time")
}

/// Writes a lease; nothing where the condition does not hold.
async fn put(
    store: &dyn Store,
    key: &str,
    lease: &Lease,
    only: Only,
) -> Result<Option<Etag>, Fault> {
    match store.write(key, lease.body(), only).await {
        Ok(Written::Done(etag)) => Ok(Some(etag)),
        Ok(Written::Refused) => mine(store, key, lease).await,
        Err(fault) => match mine(store, key, lease).await {
            // The reply was lost and the write was not.
            Ok(Some(etag)) => Ok(Some(etag)),
            Ok(None) | Err(_) => Err(fault),
        },
    }
}

/// The object's ETag where it is just what was to be written: a lost reply hides an effect.
async fn mine(store: &dyn Store, key: &str, lease: &Lease) -> Result<Option<Etag>, Fault> {
    let object = store.read(key).await?;
    Ok(object
        .filter(|object| object.body == lease.body())
        .map(|object| object.etag))
}

impl Shared {
    /// Renews the lease until it is lost.
    async fn beat(&self) {
        let rhythm = self.duration / RENEWALS;
        let mut rest = rhythm;
        while self.known.borrow().lost.is_none() {
            tokio::select! {
                () = pause(rest) => {}
                () = self.hurry.notified() => {}
            }
            rest = match within(rhythm, self.renew())
                .await
                .unwrap_or_else(|| Err(late()))
            {
                Ok(()) => rhythm,
                Err(fault) => {
                    self.despair(&fault);
                    rhythm / TRIES
                }
            };
        }
    }

    /// Gives a lease up that could not be renewed for long: nobody waits for ever.
    fn despair(&self, fault: &Fault) {
        let since = now().duration_since(self.known.borrow().renewed.0);
        if since >= self.duration * HOPE {
            let why = format!("it could not be renewed for {} s: {fault}", since.as_secs());
            self.lose(why);
        }
    }

    fn lose(&self, why: String) {
        self.known
            .send_modify(|known| known.lost = Some(Lost { why }));
    }

    async fn renew(&self) -> Result<(), Fault> {
        let mut last = self.last.lock().await;
        let renewed = (now(), wall());
        let mut lease = last.lease.clone();
        lease.renewals += 1;
        lease.expires_at = moment::text(renewed.1 + self.duration);
        // Each try is another object, so that one whose reply is lost is told from the next.
        last.lease.renewals = lease.renewals;
        let only = Only::IfUnchanged(last.etag.clone());
        match put(self.store.as_ref(), &self.key, &lease, only).await? {
            Some(etag) => {
                *last = Last { lease, etag };
                self.known.send_modify(|known| known.renewed = renewed);
            }
            None => self.find_out(&mut last).await?,
        }
        Ok(())
    }

    /// Why a renewal was refused: an earlier one of ours arrived late, or somebody took the lease.
    async fn find_out(&self, last: &mut Last) -> Result<(), Fault> {
        let object = self.store.read(&self.key).await?;
        let there = object
            .as_ref()
            .and_then(|object| Lease::parse(&object.body).ok());
        let why = match (object, there) {
            (Some(object), Some(lease)) if lease.holder == last.lease.holder && lease.is_held() => {
                // The next beat renews it.
                last.etag = object.etag;
                self.hurry.notify_one();
                return Ok(());
            }
            (_, Some(lease)) if lease.standing == Standing::Unlocked => {
                "somebody unlocked the stack".to_owned()
            }
            (_, Some(lease)) => format!(
                "{} on {} took it over with `{}`",
                lease.holder.who, lease.holder.host, lease.holder.command
            ),
            (Some(_), None) => "somebody wrote something else in its place".to_owned(),
            (None, None) => "somebody deleted it".to_owned(),
        };
        self.lose(why);
        Ok(())
    }

    /// Writes that nobody holds it any more, unless somebody else does.
    async fn give_back(&self, standing: Standing) -> Result<(), Fault> {
        let mut last = self.last.lock().await;
        for _ in 0..TRIES {
            let mut lease = last.lease.clone();
            lease.standing = standing;
            let only = Only::IfUnchanged(last.etag.clone());
            if put(self.store.as_ref(), &self.key, &lease, only)
                .await?
                .is_some()
            {
                return Ok(());
            }
            // A renewal of ours may have come late.
            self.find_out(&mut last).await?;
            if self.known.borrow().lost.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What must remain of the lease for a call to begin.
    fn margin(&self) -> Duration {
        Duration::from_secs(CALL_TIMEOUT_S).min(self.duration / 2)
    }

    /// Whether there is time for a call, by both clocks.
    fn has_time(&self, (instant, wall_then): (Instant, SystemTime)) -> bool {
        let Ok(by_wall) = wall().duration_since(wall_then) else {
            return false;
        };
        let elapsed = now().duration_since(instant).max(by_wall);
        elapsed + self.margin() <= self.duration
    }
}

impl Tenure for Hold {
    fn granted(&self) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(async move {
            let mut known = self.shared.known.subscribe();
            loop {
                let now_known = known.borrow_and_update().clone();
                if let Some(lost) = now_known.lost {
                    return Err(lost);
                }
                if self.shared.has_time(now_known.renewed) {
                    return Ok(());
                }
                self.shared.hurry.notify_one();
                // The sender lives as long as this.
                let _ = known.changed().await;
            }
        })
    }

    fn lost(&self) -> BoxFuture<'_, Lost> {
        Box::pin(async move {
            let mut known = self.shared.known.subscribe();
            loop {
                if let Some(lost) = known.borrow_and_update().lost.clone() {
                    return lost;
                }
                // The sender lives as long as this.
                let _ = known.changed().await;
            }
        })
    }
}
