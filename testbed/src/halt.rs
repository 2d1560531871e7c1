//! A program that is stopped at one of its changing calls, so that a test can kill it there.
//!
//! Depends on `operation`. A halt has an access key of its own: by that the calls of the program which
//! is going to die are told from those of the next one. Invariant: once a program stands, no changing
//! call of it reaches an emulator any more, not even one that is read after its death.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::operation::Request;

/// On which side of a call a program stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The call is never carried out.
    Before,
    /// The call is carried out, and its reply is withheld.
    After,
}

/// All halts of a test bed, by their access keys.
#[derive(Default)]
pub(crate) struct Halts {
    progress: Mutex<BTreeMap<String, watch::Sender<Progress>>>,
}

/// How far a program has come.
struct Progress {
    at: u32,
    side: Side,
    /// Changing calls that arrived.
    seen: u32,
    /// Changing calls that are being carried out.
    running: u32,
    /// The call at which it stops, as soon as that has arrived.
    last: Option<String>,
    stands: bool,
    lifted: bool,
}

impl Halts {
    pub(crate) fn add(&self, at: u32, side: Side) -> Halt {
        let mut halts = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let access_key = format!("AKIAHALTED{:010}", halts.len());
        let progress = watch::Sender::new(Progress {
            at,
            side,
            seen: 0,
            running: 0,
            last: None,
            stands: false,
            lifted: false,
        });
        halts.insert(access_key.clone(), progress.clone());
        Halt {
            access_key,
            progress,
        }
    }

    /// Decides about a call that has arrived.
    pub(crate) fn arrive(&self, request: &Request) -> Turn {
        let halts = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = halts.get(&request.access_key);
        let Some(progress) = progress.filter(|_| request.is_mutating()) else {
            return Turn::default();
        };
        let mut turn = Turn {
            progress: Some(progress.clone()),
            ..Turn::default()
        };
        progress.send_modify(|now| {
            now.seen += 1;
            let is_last = now.seen == now.at;
            let is_late = now.last.is_some();
            turn.withheld = is_last || is_late;
            let stands_before = is_last && now.side == Side::Before;
            turn.forwarded = !(is_late || stands_before);
            now.running += u32::from(turn.forwarded);
            if is_last {
                now.last = Some(request.name());
                now.stands = !turn.forwarded;
            }
        });
        turn
    }
}

/// What becomes of one call.
#[derive(Default)]
pub(crate) struct Turn {
    progress: Option<watch::Sender<Progress>>,
    forwarded: bool,
    withheld: bool,
}

impl Turn {
    /// Whether the call is carried out.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.progress.is_none() || self.forwarded
    }

    /// The call is over; tells whether its reply may go out. If not, it does so only when the program
    /// is dead.
    pub(crate) async fn end(mut self) -> bool {
        self.finish();
        let withheld = self.progress.take().filter(|_| self.withheld);
        let Some(progress) = withheld else {
            return true;
        };
        let mut changes = progress.subscribe();
        // An error cannot happen: the sender is here.
        let _ = changes.wait_for(|now| now.lifted).await;
        false
    }

    fn finish(&mut self) {
        if let Some(progress) = self.progress.as_ref().filter(|_| self.forwarded) {
            progress.send_modify(|now| {
                now.running -= 1;
                now.stands |= self.withheld;
            });
        }
        self.forwarded = false;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A place at which a program stops, if it comes that far and its calls are signed with
/// [`Halt::access_key`].
pub struct Halt {
    access_key: String,
    progress: watch::Sender<Progress>,
}

impl Halt {
    /// The access key for the program's environment.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// Waits until the program stands, for as long as that takes, and names the call.
    pub async fn reached(&self) -> String {
        let mut changes = self.progress.subscribe();
        match changes.wait_for(|now| now.stands).await {
            Ok(now) => now.last.clone().unwrap_or_default(),
            Err(_) => unreachable!("the sender is here"),
        }
    }

    /// The call at which the program stands; none when it has not come that far.
    #[must_use]
    pub fn call(&self) -> Option<String> {
        let now = self.progress.borrow();
        now.last.clone().filter(|_| now.stands)
    }

    /// How many changing calls of the program have arrived.
    #[must_use]
    pub fn seen(&self) -> u32 {
        self.progress.borrow().seen
    }

    /// Once the program is dead: waits for what is still being carried out, and closes its
    /// connections.
    pub async fn lift(&self) {
        let mut changes = self.progress.subscribe();
        // An error cannot happen: the sender is here.
        let _ = changes.wait_for(|now| now.running == 0).await;
        self.close();
    }

    fn close(&self) {
        self.progress.send_modify(|now| now.lifted = true);
    }
}

impl Drop for Halt {
    fn drop(&mut self) {
        self.close();
    }
}
