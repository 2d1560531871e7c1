//! What befalls a call on the wire: throttling, failures, lost connections, slow replies.
//!
//! Depends on `ledger`, `fault`, `operation` and `reply`. Invariant: whether a call was carried out
//! cannot be told from how it failed.

use std::time::Duration;

use hyper::StatusCode;

use super::Suffered;
use super::ledger::{Identity, Ledger};
use crate::fault::throttled;
use crate::operation::{Protocol, Request};
use crate::reply::Reply;

/// How long a reply may be delayed.
const DELAY_MAX: Duration = Duration::from_millis(100);

/// What befalls a call.
pub(super) enum Blow {
    Throttled,
    /// The service fails, in its own form; nothing is done.
    Failed(StatusCode),
    /// A status without a body; nothing is done.
    Bare(StatusCode),
    ClosedBefore,
    /// The call is carried out, and the service fails to say so.
    FailedAfter,
    ClosedAfter,
    Delayed(Duration),
}

/// In a word, with the share of it.
const SHARES: [(&str, u64); 7] = [
    ("throttled", 30),
    ("failed", 15),
    ("bare", 10),
    ("closed before", 10),
    ("failed after", 10),
    ("closed after", 15),
    ("delayed", 10),
];

/// What befalls this call, if anything does.
pub(super) fn draw(ledger: &Ledger, call: &Identity) -> Option<Blow> {
    if !ledger.falls(call, "harmed", ledger.hostility.harmed_percent) {
        return None;
    }
    let mut left = ledger.draw(call, "how") % 100;
    let (word, _) = SHARES.into_iter().find(|(_, share)| {
        let is_it = left < *share;
        left = left.saturating_sub(*share);
        is_it
    })?;
    if !ledger.enter(call, word) {
        return None;
    }
    let status = if ledger.falls(call, "unavailable", 50) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    Some(match word {
        "throttled" => Blow::Throttled,
        "failed" => Blow::Failed(status),
        "bare" => Blow::Bare(status),
        "closed before" => Blow::ClosedBefore,
        "failed after" => Blow::FailedAfter,
        "closed after" => Blow::ClosedAfter,
        _ => Blow::Delayed(ledger.span(call, word, DELAY_MAX)),
    })
}

impl Blow {
    fn word(&self) -> &'static str {
        match self {
            Blow::Throttled => "throttled",
            Blow::Failed(_) => "failed",
            Blow::Bare(_) => "bare",
            Blow::ClosedBefore => "closed before",
            Blow::FailedAfter => "failed after",
            Blow::ClosedAfter => "closed after",
            Blow::Delayed(_) => "delayed",
        }
    }

    /// What the caller gets where nothing is done.
    pub(super) fn before(&self, request: &Request) -> Option<Suffered> {
        let reply = match self {
            Blow::Throttled => Some(throttled(request)),
            Blow::Failed(status) => Some(failure(request, *status)),
            Blow::Bare(status) => Some(Reply::bare(*status)),
            Blow::ClosedBefore => None,
            Blow::FailedAfter | Blow::ClosedAfter | Blow::Delayed(_) => return None,
        };
        Some(Suffered {
            word: Some(self.word()),
            reply,
        })
    }

    /// What the caller gets of a call that was carried out.
    pub(super) async fn after(self, request: &Request, suffered: Suffered) -> Suffered {
        let reply = match self {
            Blow::FailedAfter => Some(failure(request, StatusCode::INTERNAL_SERVER_ERROR)),
            Blow::ClosedAfter => None,
            Blow::Delayed(delay) => {
                tokio::time::sleep(delay).await;
                suffered.reply
            }
            Blow::Throttled | Blow::Failed(_) | Blow::Bare(_) | Blow::ClosedBefore => {
                suffered.reply
            }
        };
        Suffered {
            word: Some(self.word()),
            reply,
        }
    }
}

/// How a service says that it failed.
fn failure(request: &Request, status: StatusCode) -> Reply {
    let is_down = status == StatusCode::SERVICE_UNAVAILABLE;
    let code = match (request.protocol, request.service.as_str()) {
        (Protocol::Ec2Query, _) if is_down => "Unavailable",
        (Protocol::Ec2Query, _) | (Protocol::RestXml, "s3") if !is_down => "InternalError",
        (_, "ecs") if !is_down => "ServerException",
        (_, "lambda") if !is_down => "ServiceException",
        (_, "secretsmanager") if !is_down => "InternalServiceError",
        _ if is_down => "ServiceUnavailable",
        _ => "InternalFailure",
    };
    Reply::error(request, status, code, "An internal error occurred.")
}
