//! How many calls had to wait for one another.
//!
//! A chain is a sequence of calls each of which needed the reply before. How deep it is travels
//! with the task that makes the calls, so that kinds need not count.
//!
//! May depend on nothing. Invariant: outside of a chain nothing is measured.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static DEPTH: Arc<AtomicU64>;
}

/// How many calls deep this chain is; nothing outside of a chain.
pub(super) fn depth() -> Option<u64> {
    DEPTH.try_with(|depth| depth.load(Ordering::Relaxed)).ok()
}

/// This chain now waited for a reply that stands this deep.
pub(super) fn reach(depth: u64) {
    // Outside of a chain there is nothing to note.
    let _ = DEPTH.try_with(|mine| mine.fetch_max(depth, Ordering::Relaxed));
}

/// Makes calls as a chain that starts at this depth, and tells how deep it became.
pub(super) async fn chain<T>(start: u64, calls: impl Future<Output = T>) -> (T, u64) {
    let depth = Arc::new(AtomicU64::new(start));
    let value = DEPTH.scope(Arc::clone(&depth), calls).await;
    (value, depth.load(Ordering::Relaxed))
}

/// One of several sequences of calls that are made side by side, each a chain of its own. One call
/// needs no branch.
pub fn branch<T>(calls: impl Future<Output = T>) -> impl Future<Output = T> {
    let start = depth();
    // Several calls side by side are large, and moving them about would fill a small stack.
    let calls = Box::pin(calls);
    async move {
        let Some(start) = start else {
            return calls.await;
        };
        let (value, reached) = chain(start, calls).await;
        reach(reached);
        value
    }
}

/// How deep the chains of the current snapshot are, by name.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    before: AtomicU64,
    chains: Mutex<Option<HashMap<String, u64>>>,
}

impl Rounds {
    /// Starts or ends a snapshot.
    pub(super) fn switch(&self, on: bool) {
        *self.lock() = on.then(HashMap::new);
    }

    /// Where a chain starts that waited for the chain `after`; nothing outside of a snapshot.
    pub(super) fn start(&self, after: Option<&str>) -> Option<u64> {
        let chains = self.lock();
        let chains = chains.as_ref()?;
        let before = self.before.load(Ordering::Relaxed);
        Some(
            after
                .and_then(|name| chains.get(name))
                .map_or(before, |depth| before.max(*depth)),
        )
    }

    /// The chain of this name became so deep.
    pub(super) fn end(&self, name: &str, depth: u64) {
        if let Some(chains) = self.lock().as_mut() {
            let known = chains.entry(name.to_owned()).or_default();
            *known = depth.max(*known);
        }
    }

    /// Whatever comes after waited for this chain.
    pub(super) fn all_waited(&self, depth: u64) {
        self.before.fetch_max(depth, Ordering::Relaxed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<HashMap<String, u64>>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join;

    use super::*;

    async fn call() {
        let start = depth().unwrap_or_default();
        tokio::task::yield_now().await;
        reach(start + 1);
    }

    #[tokio::test]
    async fn calls_side_by_side_are_one_round() {
        let ((), depth) = chain(0, async {
            call().await;
            join(call(), call()).await;
        })
        .await;
        assert_eq!(depth, 2);
    }

    #[tokio::test]
    async fn branches_do_not_wait_for_each_other() {
        let long = || async {
            call().await;
            call().await;
            call().await;
        };
        let ((), depth) = chain(1, async {
            join(branch(long()), branch(call())).await;
        })
        .await;
        assert_eq!(depth, 4);
    }

    #[test]
    fn a_chain_starts_where_the_one_before_it_ended() {
        let rounds = Rounds::default();
        assert_eq!(rounds.start(None), None);
        rounds.all_waited(1);
        rounds.switch(true);
        rounds.end("group", 2);
        rounds.end("group", 1);
        assert_eq!(rounds.start(None), Some(1));
        assert_eq!(rounds.start(Some("group")), Some(2));
        assert_eq!(rounds.start(Some("unread")), Some(1));
        rounds.switch(false);
        assert_eq!(rounds.start(Some("group")), None);
    }
}
