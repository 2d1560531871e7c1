//! A hostile AWS: what the real one does to its callers, and no emulator simulates.
//!
//! Throttling, failures and lost replies (`wire`), things that are not seen everywhere at once
//! (`unseen`, `stale`), states that take their time (`slow`), deployments that fail (`rollback`), what
//! outlives its owner (`lingering`), and tokens that are honoured (`tokens`). `ledger` draws who is
//! harmed and keeps the account of it. May depend on everything but `proxy`, `journal`, `rounds` and
//! `shims`. Invariant: what happens follows from the seed, the phase, the operation and how many
//! calls of that operation there were before; what is kept back is so for no longer than was said.

mod hostility;
mod ledger;
mod lingering;
mod rollback;
mod slow;
mod stale;
mod tokens;
mod unseen;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::onward::Onward;
use crate::operation::Request;
use crate::reply::Reply;

pub use hostility::{Harm, Hostility};
use ledger::{Identity, Ledger};
use lingering::Lingering;
use rollback::Rollback;
use slow::Slow;
use stale::Stale;
use tokens::Tokens;
use unseen::Unseen;

/// What becomes of a call.
pub(crate) struct Suffered {
    /// What was done to it, in a word.
    pub(crate) word: Option<&'static str>,
    /// The reply; none where the connection is closed.
    pub(crate) reply: Option<Reply>,
}

impl Suffered {
    fn answered(word: &'static str, reply: Reply) -> Suffered {
        Suffered {
            word: Some(word),
            reply: Some(reply),
        }
    }
}

/// Stands between the program and the shims while the test bed is hostile.
pub(crate) struct Hostile {
    ledger: Ledger,
    lingering: Lingering,
    rollback: Rollback,
    slow: Slow,
    stale: Stale,
    tokens: Tokens,
    unseen: Unseen,
}

impl Hostile {
    pub(crate) fn new(hostility: Hostility) -> Hostile {
        Hostile {
            ledger: Ledger::new(hostility),
            lingering: Lingering::default(),
            rollback: Rollback::default(),
            slow: Slow::default(),
            stale: Stale::default(),
            tokens: Tokens::default(),
            unseen: Unseen::default(),
        }
    }

    /// All that was done so far.
    pub(crate) fn harms(&self) -> Vec<Harm> {
        self.ledger.harms()
    }

    pub(crate) async fn answer(&self, request: &Request, onward: &Onward<'_>) -> Suffered {
        let call = self.ledger.number(request);
        let blow = wire::draw(&self.ledger, &call);
        if let Some(suffered) = blow.as_ref().and_then(|blow| blow.before(request)) {
            return suffered;
        }
        let suffered = match self.refusal(request, &call) {
            Some(refused) => refused,
            None => self.carry_out(request, &call, onward).await,
        };
        match blow {
            Some(blow) => blow.after(request, suffered).await,
            None => suffered,
        }
    }

    /// Why the service does not do it now.
    fn refusal(&self, request: &Request, call: &Identity) -> Option<Suffered> {
        self.unseen
            .refusal(&self.ledger, call, request)
            .or_else(|| self.lingering.refusal(request))
            .or_else(|| self.slow.refusal(request))
    }

    async fn carry_out(&self, request: &Request, call: &Identity, onward: &Onward<'_>) -> Suffered {
        if let Some(reply) = self.tokens.first_reply(request) {
            return Suffered::answered("token known", reply);
        }
        if request.is_mutating() {
            self.change(request, call, onward).await
        } else {
            self.read(request, call, onward).await
        }
    }

    async fn change(&self, request: &Request, call: &Identity, onward: &Onward<'_>) -> Suffered {
        let before = self
            .rollback
            .before(&self.ledger, call, request, onward)
            .await;
        let reply = onward.pass(request).await;
        if !reply.is_success() {
            return Suffered {
                word: None,
                reply: Some(reply),
            };
        }
        let rolled_back = match before {
            Some(doomed) => Some(self.rollback.fail(doomed, &reply, onward).await),
            None => None,
        };
        self.tokens.remember(request, &reply);
        let words = [
            rolled_back,
            self.unseen.note(&self.ledger, call, request, &reply),
            self.slow.note(&self.ledger, call, request, &reply),
            self.lingering.note(&self.ledger, call, request),
            self.stale.note(&self.ledger, call, request),
        ];
        Suffered {
            word: words.into_iter().flatten().next(),
            reply: Some(self.slow.tell(request, reply)),
        }
    }

    async fn read(&self, request: &Request, call: &Identity, onward: &Onward<'_>) -> Suffered {
        let asked = std::time::Instant::now();
        let reply = onward.pass(request).await;
        let reply = self.slow.tell(request, self.rollback.tell(request, reply));
        let (is_unseen, reply) = self.unseen.leave_out(&self.ledger, call, request, reply);
        if is_unseen {
            return Suffered::answered("left out", reply);
        }
        match self.stale.older(&self.ledger, call, request, asked, &reply) {
            Some(old) => Suffered::answered("stale", old),
            None => Suffered {
                word: None,
                reply: Some(reply),
            },
        }
    }
}

/// What a part of this room remembers.
fn memory<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
