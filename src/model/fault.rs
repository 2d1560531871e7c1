//! What can go wrong in a call to AWS, classified once.
//!
//! May depend on nothing. Invariant: a fault never holds a secret; its message is AWS's own.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a fault means for whoever made the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// Too many calls: slow down and repeat.
    Throttled,
    /// Something else stands in the way for now: repeat until the deadline.
    Conflict,
    /// Something that was just made is not visible yet: repeat for a while.
    NotYet,
    /// It does not exist.
    Missing,
    /// Not allowed.
    Denied,
    /// A quota of the account is used up.
    Quota,
    /// AWS says that the request is wrong; repeating does not help.
    Rejected,
    /// No reply came, or one that says nothing: the call may have had its effect.
    Unknown,
}

/// A call to AWS failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Fault {
    /// What it means.
    pub class: FaultClass,
    /// The service, as in IAM actions.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// AWS's error code.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// AWS's request id, where one came.
    pub request_id: Option<Box<str>>,
}

impl Fault {
    /// A fault that this program found itself, without a reply from AWS.
    pub fn own(class: FaultClass, operation: &str, message: impl Into<String>) -> Self {
        let (service, operation) = operation.split_once(':').unwrap_or(("", operation));
        Self {
            class,
            service: service.to_owned(),
            operation: operation.to_owned(),
            code: String::new(),
            message: message.into(),
            request_id: None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(out, "{}:{}: ", self.service, self.operation)?;
        }
        if !self.code.is_empty() {
            write!(out, "{}: ", self.code)?;
        }
        out.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(out, " (request {id})"),
            None => Ok(()),
        }
    }
}
