//! Signals that ask the program to stop.
//!
//! May depend on `engine`. Invariant: the first asks to start nothing new, the second to wait for
//! nothing; none is lost once somebody listens.

use std::io;

use tokio::sync::watch;

use crate::engine::Stop;

/// The user stopped the program before it changed anything.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; nothing was changed")]
pub(super) struct Interrupted;

/// What the user has asked for so far.
pub(super) type Stops = watch::Receiver<Option<Stop>>;

/// Listens from now on, as long as the runtime lives.
///
/// # Errors
/// The system does not let the program listen.
pub(super) fn listen() -> io::Result<Stops> {
    let mut signals = Signals::new()?;
    let (stop, stops) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            signals.next().await;
            stop.send_modify(|stop| {
                *stop = Some(match stop {
                    None => Stop::Starting,
                    Some(Stop::Starting | Stop::Waiting) => Stop::Waiting,
                });
            });
        }
    });
    Ok(stops)
}

/// Does something that changes nothing, unless the user stops it.
///
/// # Errors
/// [`Interrupted`] where the user did.
pub(super) async fn unless_stopped<T>(
    stops: &Stops,
    work: impl Future<Output = T>,
) -> Result<T, Interrupted> {
    let mut stops = stops.clone();
    let stopped = async {
        // Where nobody can ask any more, nobody did.
        if stops.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = stopped => Err(Interrupted),
        done = work => Ok(done),
    }
}

/// Interrupts and requests to terminate.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Interrupts.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
