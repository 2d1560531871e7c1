//! Faults on the wire: which call gets which.
//!
//! Depends on `operation` and `reply`. Invariant: a rule counts every call it matches, also those
//! that another rule decides, so that "the second" means the second that was made.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::StatusCode;

use crate::operation::{Protocol, Request};
use crate::reply::Reply;

type Predicate = Arc<dyn Fn(&Request) -> bool + Send + Sync>;
type Answer = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;
type Replacement = Arc<dyn Fn(&Request, Reply) -> Reply + Send + Sync>;

/// What happens to a call.
#[derive(Clone)]
pub enum Fault {
    /// The service refuses, in its own form; nothing is done.
    Error {
        /// The status of HTTP.
        status: StatusCode,
        /// The service's error code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// The service refuses because of too many calls, with the code and status it has for that.
    Throttled,
    /// A bare status without a body that AWS would write, as a balancer in front of it does.
    Bare(StatusCode),
    /// The connection is closed; nothing is done.
    ClosedBefore,
    /// The call is carried out and the connection closed: the reply is lost.
    ClosedAfter,
    /// The call is carried out at once and the reply comes later.
    Delayed(Duration),
    /// A scripted reply; nothing is done.
    Answered(Answer),
    /// The call is carried out and its reply replaced.
    Replaced(Replacement),
}

impl Fault {
    /// The fault in a word, for the journal.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Fault::Error { .. } => "error",
            Fault::Throttled => "throttled",
            Fault::Bare(_) => "bare",
            Fault::ClosedBefore => "closed before",
            Fault::ClosedAfter => "closed after",
            Fault::Delayed(_) => "delayed",
            Fault::Answered(_) => "answered",
            Fault::Replaced(_) => "replaced",
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// What a service answers to too many calls.
pub(crate) fn throttled(request: &Request) -> Reply {
    let (status, code, message) = match (request.protocol, request.service.as_str()) {
        (Protocol::Ec2Query, _) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "RequestLimitExceeded",
            "Request limit exceeded.",
        ),
        (Protocol::RestXml, "s3") => (
            StatusCode::SERVICE_UNAVAILABLE,
            "SlowDown",
            "Please reduce your request rate.",
        ),
        (Protocol::Query | Protocol::RestXml | Protocol::Cbor, _) => {
            (StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded")
        }
        (Protocol::Json, _) => (
            StatusCode::BAD_REQUEST,
            "ThrottlingException",
            "Rate exceeded",
        ),
        (Protocol::RestJson, _) => (
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            "Rate exceeded",
        ),
    };
    Reply::error(request, status, code, message)
}

/// Which of the matching calls.
#[derive(Clone, Copy, Debug)]
enum Occurrence {
    Every,
    First(u32),
    Nth(u32),
    From(u32),
}

impl Occurrence {
    fn includes(self, number: u32) -> bool {
        match self {
            Occurrence::Every => true,
            Occurrence::First(count) => number <= count,
            Occurrence::Nth(one) => number == one,
            Occurrence::From(start) => number >= start,
        }
    }
}

/// Which calls a rule is about; finish it with what happens to them.
#[derive(Clone)]
pub struct Occasion {
    matches: Predicate,
    occurrence: Occurrence,
}

impl Occasion {
    /// Narrows the calls by what they carry.
    #[must_use]
    pub fn having(self, predicate: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Occasion {
        let outer = self.matches;
        Occasion {
            matches: Arc::new(move |request| outer(request) && predicate(request)),
            ..self
        }
    }

    /// Only the first `count` of them.
    #[must_use]
    pub fn first(self, count: u32) -> Occasion {
        Occasion {
            occurrence: Occurrence::First(count),
            ..self
        }
    }

    /// Only the `number`-th of them, from 1.
    #[must_use]
    pub fn nth(self, number: u32) -> Occasion {
        Occasion {
            occurrence: Occurrence::Nth(number),
            ..self
        }
    }

    /// The `number`-th of them and all that follow, from 1.
    #[must_use]
    pub fn from(self, number: u32) -> Occasion {
        Occasion {
            occurrence: Occurrence::From(number),
            ..self
        }
    }

    /// The service refuses with a code and a message, status 400.
    #[must_use]
    pub fn error(self, code: &str, message: &str) -> Rule {
        self.error_with_status(400, code, message)
    }

    /// The service refuses with a code, a message and a status of HTTP.
    #[must_use]
    pub fn error_with_status(self, status: u16, code: &str, message: &str) -> Rule {
        self.then(Fault::Error {
            status: status_of(status),
            code: code.to_owned(),
            message: message.to_owned(),
        })
    }

    /// The service refuses because of too many calls.
    #[must_use]
    pub fn throttled(self) -> Rule {
        self.then(Fault::Throttled)
    }

    /// A bare status, such as 500 or 503.
    #[must_use]
    pub fn bare(self, status: u16) -> Rule {
        self.then(Fault::Bare(status_of(status)))
    }

    /// The connection is closed before anything is done.
    #[must_use]
    pub fn closed_before(self) -> Rule {
        self.then(Fault::ClosedBefore)
    }

    /// The call is carried out, and its reply is lost.
    #[must_use]
    pub fn closed_after(self) -> Rule {
        self.then(Fault::ClosedAfter)
    }

    /// The call is carried out, and its reply comes later.
    #[must_use]
    pub fn delayed(self, delay: Duration) -> Rule {
        self.then(Fault::Delayed(delay))
    }

    /// A scripted reply, without anything being done.
    #[must_use]
    pub fn answered(self, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Rule {
        self.then(Fault::Answered(Arc::new(answer)))
    }

    /// The call is carried out, and its reply is changed.
    #[must_use]
    pub fn replaced(
        self,
        change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
    ) -> Rule {
        self.then(Fault::Replaced(Arc::new(change)))
    }

    /// The given fault.
    #[must_use]
    pub fn then(self, fault: Fault) -> Rule {
        Rule {
            occasion: self,
            fault,
            seen: 0,
        }
    }
}

/// Which calls get which fault.
#[derive(Clone)]
pub struct Rule {
    occasion: Occasion,
    fault: Fault,
    seen: u32,
}

impl Rule {
    /// Calls of one operation, such as `ec2:CreateVpc`, or of one service, such as `ecs:*`.
    #[must_use]
    pub fn on(name: &str) -> Occasion {
        let name = name.to_owned();
        Rule::on_every().having(move |request| match name.strip_suffix(":*") {
            Some(service) => request.service == service,
            None => request.name() == name,
        })
    }

    /// Calls that change something.
    #[must_use]
    pub fn on_mutating() -> Occasion {
        Rule::on_every().having(Request::is_mutating)
    }

    /// All calls.
    #[must_use]
    pub fn on_every() -> Occasion {
        Occasion {
            matches: Arc::new(|_| true),
            occurrence: Occurrence::Every,
        }
    }
}

/// The rules in force; the first that applies decides.
#[derive(Default)]
pub(crate) struct Rules {
    rules: Mutex<Vec<Rule>>,
}

impl Rules {
    pub(crate) fn add(&self, rule: Rule) {
        self.lock().push(rule);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What shall happen to a call; counts it for every rule that it matches.
    pub(crate) fn decide(&self, request: &Request) -> Option<Fault> {
        let mut chosen = None;
        for rule in self.lock().iter_mut() {
            if (rule.occasion.matches)(request) {
                rule.seen += 1;
                if chosen.is_none() && rule.occasion.occurrence.includes(rule.seen) {
                    chosen = Some(rule.fault.clone());
                }
            }
        }
        chosen
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
