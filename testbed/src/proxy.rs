//! The endpoint that the program under test talks to.
//!
//! Depends on every other module but `emulator`. Invariant: each API call is entered into the journal
//! before anything else happens to it, save those of an observer, which pass unseen.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::client::Client;
use crate::fault::{Fault, Rules, throttled};
use crate::halt::Halts;
use crate::holds::Holds;
use crate::homes::SetUp;
use crate::hostile::{Harm, Hostile, Hostility};
use crate::journal::Journal;
use crate::onward::Onward;
use crate::operation::Request;
use crate::reply::Reply;
use crate::rounds::Rounds;
use crate::shims::Shims;
use crate::viewer;

/// The access key of calls that are neither journaled, nor withheld, nor harmed.
pub(crate) const OBSERVER: &str = "AKIAOBSERVER00000000";

/// What stands between the endpoint and the emulators.
pub(crate) struct Proxy {
    pub(crate) journal: Journal,
    pub(crate) rounds: Rounds,
    pub(crate) rules: Rules,
    pub(crate) halts: Halts,
    pub(crate) holds: Arc<Holds>,
    hostile: RwLock<Option<Arc<Hostile>>>,
    shims: RwLock<Arc<Shims>>,
    emulators: Client,
    set_up: SetUp,
}

/// The connection is closed instead of a reply.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is closed on purpose")
    }
}

impl std::error::Error for Closed {}

impl Proxy {
    pub(crate) fn new(emulators: Client, set_up: SetUp) -> Proxy {
        let holds = Arc::new(Holds::default());
        Proxy {
            journal: Journal::default(),
            rounds: Rounds::default(),
            rules: Rules::default(),
            halts: Halts::default(),
            hostile: RwLock::default(),
            shims: RwLock::new(Arc::new(Shims::new(set_up, &holds))),
            holds,
            emulators,
            set_up,
        }
    }

    /// Forgets everything but the emulators.
    pub(crate) fn forget(&self) {
        self.journal.clear();
        self.rules.clear();
        self.rounds.measure(None);
        self.holds.release();
        self.turn(None);
        *self.shims.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Shims::new(self.set_up, &self.holds));
    }

    /// From now on this hostile, or friendly; what was done by the hostility before.
    pub(crate) fn turn(&self, hostility: Option<Hostility>) -> Vec<Harm> {
        let mut hostile = self.hostile.write().unwrap_or_else(PoisonError::into_inner);
        let new = hostility.map(|hostility| Arc::new(Hostile::new(hostility)));
        let before = std::mem::replace(&mut *hostile, new);
        before.map_or_else(Vec::new, |hostile| hostile.harms())
    }

    fn hostile(&self) -> Option<Arc<Hostile>> {
        let hostile = self.hostile.read();
        hostile.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, request: &Request) -> Result<Reply, Closed> {
        if viewer::is_for_an_application(request) {
            return Ok(viewer::carry(request, &self.emulators).await);
        }
        if request.access_key == OBSERVER {
            return Ok(self.pass(request).await);
        }
        let sequence = self.journal.enter(request);
        let turn = self.halts.arrive(request);
        let reply = if turn.is_forwarded() {
            self.carry_out(sequence, request).await
        } else {
            self.journal
                .amend(sequence, |call| call.fault = Some("halted"));
            Err(Closed)
        };
        if turn.end().await { reply } else { Err(Closed) }
    }

    /// Answers as the rules say, when the rounds let it.
    async fn carry_out(&self, sequence: u64, request: &Request) -> Result<Reply, Closed> {
        let counts = !request.is_further_page() && !request.gives_credentials();
        let arrival = self.rounds.arrive(counts);
        let fault = self.rules.decide(request);
        if let Some(fault) = &fault {
            self.journal
                .amend(sequence, |call| call.fault = Some(fault.word()));
        }
        let reply = match (fault, self.hostile()) {
            (None, Some(hostile)) => {
                let suffered = hostile.answer(request, &self.onward()).await;
                self.journal
                    .amend(sequence, |call| call.fault = suffered.word);
                suffered.reply.ok_or(Closed)?
            }
            (fault, _) => self.answer_with(request, fault).await?,
        };
        let round = arrival.hold().await;
        self.journal.amend(sequence, |call| {
            call.status = Some(reply.status.as_u16());
            call.round = round;
        });
        Ok(reply)
    }

    async fn answer_with(&self, request: &Request, fault: Option<Fault>) -> Result<Reply, Closed> {
        Ok(match fault {
            None => self.pass(request).await,
            Some(Fault::Error {
                status,
                code,
                message,
            }) => Reply::error(request, status, &code, &message),
            Some(Fault::Throttled) => throttled(request),
            Some(Fault::Bare(status)) => Reply::bare(status),
            Some(Fault::ClosedBefore) => return Err(Closed),
            Some(Fault::ClosedAfter) => {
                self.pass(request).await;
                return Err(Closed);
            }
            Some(Fault::Delayed(delay)) => {
                let reply = self.pass(request).await;
                tokio::time::sleep(delay).await;
                reply
            }
            Some(Fault::Answered(answer)) => answer(request),
            Some(Fault::Replaced(change)) => change(request, self.pass(request).await),
        })
    }

    async fn pass(&self, request: &Request) -> Reply {
        self.onward().pass(request).await
    }

    fn onward(&self) -> Onward<'_> {
        let shims = Arc::clone(&self.shims.read().unwrap_or_else(PoisonError::into_inner));
        Onward {
            shims,
            emulators: &self.emulators,
        }
    }
}

/// The running endpoint, on a thread and a runtime of its own, so that a test that blocks does not
/// block it.
pub(crate) struct Server {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a socket.
    pub(crate) fn start(proxy: Arc<Proxy>, listener: std::net::TcpListener) -> Result<Server> {
        listener
            .set_nonblocking(true)
            .context("cannot set up the proxy's socket")?;
        let port = listener
            .local_addr()
            .context("the proxy's socket has no address")?
            .port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("testbed proxy".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::select! {
                        _ = stopped => {}
                        () = accept(listener, &proxy) => {}
                        () = proxy.rounds.release_forever() => {}
                    }
                });
            })?;
        Ok(Server {
            port,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: std::net::TcpListener, proxy: &Arc<Proxy>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(converse(stream, Arc::clone(proxy)));
        }
    }
}

/// Answers the requests of one connection until it closes.
async fn converse(stream: TcpStream, proxy: Arc<Proxy>) {
    let service = service_fn(|incoming: hyper::Request<Incoming>| {
        let proxy = Arc::clone(&proxy);
        async move {
            let (parts, body) = incoming.into_parts();
            let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
            // What has arrived is carried out, also when the client is gone meanwhile.
            let answer = async move { proxy.answer(&Request::recognise(&parts, body)).await };
            let reply = tokio::spawn(answer).await.map_err(|_| Closed)??;
            Ok::<_, Closed>(response(reply))
        }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    // An error here is a connection that the client or a fault closed.
    let _ = server
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn response(reply: Reply) -> Response<impl hyper::body::Body<Data = Bytes, Error = Infallible>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}
