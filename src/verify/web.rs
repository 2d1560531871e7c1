//! Requests over HTTP and what they get.
//!
//! May depend on nothing. Invariant: a request bears tokens and passwords, so it is never printed.

use std::fmt;

use futures::future::BoxFuture;
use serde_json::Value;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// The method, in capitals.
    pub method: &'static str,
    /// What is spoken: `http` or `https`.
    pub scheme: &'static str,
    /// Whom it is for: a name, and a port where it is not the usual one.
    pub host: String,
    /// The path, with a slash in front.
    pub path: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// A JSON document.
    pub body: Option<Value>,
}

impl Request {
    /// The same with another header field.
    #[must_use]
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same with a token.
    #[must_use]
    pub(super) fn bearing(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The status, and what the answer says about it, if it does.
    pub(super) fn summary(&self) -> String {
        match self.json().get("detail").and_then(Value::as_str) {
            Some(detail) => format!("status {}: {detail}", self.status),
            None => format!("status {}", self.status),
        }
    }
}

fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(one, _)| one.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// None came in so many seconds.
    TimedOut(u64),
    /// There was no connection, or it broke; why.
    Broken(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit_s) => write!(out, "no answer within {limit_s} s"),
            Self::Broken(why) => write!(out, "no answer: {why}"),
        }
    }
}

/// What carries requests.
pub trait Web: Send + Sync {
    /// Sends a request once and follows no redirection.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, NoAnswer>>;

    /// The address to which all requests go, whomever they are for; absent, each goes to its host.
    fn endpoint(&self) -> Option<&str>;
}
