//! Rounds: how many times a client had to wait for replies before it could ask further.
//!
//! Depends on nothing else of this crate. Invariant: replies are withheld until no request has
//! arrived for the quiet time and every request has its reply ready; then all are released at
//! once, which is one round.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

#[derive(Default)]
pub(crate) struct Rounds {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// How long it must be quiet before replies are released; none while rounds are not measured.
    quiet: Option<Duration>,
    last_arrival: Option<Instant>,
    /// Requests that arrived and have no reply yet.
    unanswered: usize,
    held: Vec<oneshot::Sender<u32>>,
    released: u32,
}

/// A request under way. Dropping it tells that it needs no answer any more.
pub(crate) struct Arrival<'a> {
    rounds: &'a Rounds,
    withhold: bool,
    answered: bool,
}

impl Rounds {
    /// Starts to withhold replies, counting from zero; `None` stops and releases what is held.
    pub(crate) fn measure(&self, quiet: Option<Duration>) {
        let mut state = self.lock();
        state.quiet = quiet;
        state.released = 0;
        if quiet.is_none() {
            state.held.clear();
        }
        drop(state);
        self.changed.notify_one();
    }

    /// How many times replies were released since measuring began.
    pub(crate) fn count(&self) -> u32 {
        self.lock().released
    }

    /// Notes a request. Only the replies of those that count are withheld.
    pub(crate) fn arrive(&self, counts: bool) -> Arrival<'_> {
        let mut state = self.lock();
        state.last_arrival = Some(Instant::now());
        state.unanswered += 1;
        Arrival {
            rounds: self,
            withhold: counts,
            answered: false,
        }
    }

    /// Releases replies for as long as it is polled.
    pub(crate) async fn release_forever(&self) {
        loop {
            self.changed.notified().await;
            while let Some(due) = self.release_if_quiet() {
                tokio::time::sleep_until(due).await;
            }
        }
    }

    /// Releases what is held if it is time; otherwise tells when to look again, if at all.
    fn release_if_quiet(&self) -> Option<Instant> {
        let mut state = self.lock();
        let quiet = state.quiet?;
        if state.held.is_empty() || state.unanswered > 0 {
            return None;
        }
        let due = state.last_arrival? + quiet;
        if Instant::now() < due {
            return Some(due);
        }
        state.released += 1;
        let round = state.released;
        for reply in state.held.drain(..) {
            // A client that hung up does not wait for its reply any more.
            let _ = reply.send(round);
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrival<'_> {
    /// Waits until the reply, which is ready now, may go out; gives the round.
    pub(crate) async fn hold(mut self) -> Option<u32> {
        let waiting = {
            let mut state = self.rounds.lock();
            state.unanswered -= 1;
            self.answered = true;
            (self.withhold && state.quiet.is_some()).then(|| {
                let (sender, receiver) = oneshot::channel();
                state.held.push(sender);
                receiver
            })
        };
        self.rounds.changed.notify_one();
        waiting?.await.ok()
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.rounds.lock().unanswered -= 1;
            self.rounds.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;

    const QUIET: Duration = Duration::from_millis(100);

    async fn call(rounds: &Rounds, counts: bool, work: Duration) -> Option<u32> {
        let arrival = rounds.arrive(counts);
        tokio::time::sleep(work).await;
        arrival.hold().await
    }

    fn measuring() -> Arc<Rounds> {
        let rounds = Arc::new(Rounds::default());
        rounds.measure(Some(QUIET));
        let releasing = Arc::clone(&rounds);
        tokio::spawn(async move { releasing.release_forever().await });
        rounds
    }

    #[tokio::test(start_paused = true)]
    async fn calls_made_together_are_one_round() {
        let rounds = measuring();
        let instant = Duration::ZERO;
        let (a, b) = tokio::join!(
            call(&rounds, true, instant),
            call(&rounds, true, Duration::from_millis(700))
        );
        assert_eq!(
            (a, b),
            (Some(1), Some(1)),
            "the slow reply belongs to the same round"
        );
        assert_eq!(call(&rounds, true, instant).await, Some(2));
        assert_eq!(rounds.count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_arrival_within_the_quiet_time_joins_the_round() {
        let rounds = measuring();
        let late = async {
            tokio::time::sleep(Duration::from_millis(90)).await;
            call(&rounds, true, Duration::ZERO).await
        };
        assert_eq!(
            tokio::join!(call(&rounds, true, Duration::ZERO), late),
            (Some(1), Some(1))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_count_is_not_withheld() {
        let rounds = measuring();
        assert_eq!(call(&rounds, false, Duration::ZERO).await, None);
        assert_eq!(rounds.count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_given_up_does_not_block_the_others() {
        let rounds = measuring();
        drop(rounds.arrive(true));
        assert_eq!(call(&rounds, true, Duration::ZERO).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_withheld_unless_measured() {
        let rounds = Rounds::default();
        assert_eq!(call(&rounds, true, Duration::ZERO).await, None);
    }
}
