//! The list of every call that passed the proxy.
//!
//! Depends on `operation` and `permission`. Invariant: calls stand in the order in which they arrived, and a call
//! is entered before it is answered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::operation::Request;
use crate::permission::permission;

/// One call, as it was seen.
#[derive(Clone, Debug)]
pub struct Call {
    /// The position in the order of arrival, from 1, counted over the life of the test bed.
    pub sequence: u64,
    /// The service by IAM's name, such as `ec2`, `elasticloadbalancing`, `cloudwatch`, `logs`.
    pub service: String,
    /// The operation, such as `DescribeVpcs`.
    pub operation: String,
    /// The access key that signed it: that of the program, or the account's number for a Lambda
    /// function.
    pub access_key: String,
    /// Whether the operation changes something.
    pub mutating: bool,
    /// Whether it asked for a further page; such a call is not counted.
    pub further_page: bool,
    /// Whether it only obtained credentials; such a call is not counted.
    pub credentials: bool,
    /// What was sent, as in [`Request::parameters`].
    pub request: Value,
    /// The status of the reply; none while the call runs, or when the connection was closed.
    pub status: Option<u16>,
    /// The fault that was injected, in a word.
    pub fault: Option<&'static str>,
    /// The round in which the reply was released, from 1, where rounds are measured.
    pub round: Option<u32>,
}

impl Call {
    /// The name used in counts and rules, such as `ec2:DescribeVpcs`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// The right that a policy must grant for it, such as `s3:ListBucket`.
    #[must_use]
    pub fn permission(&self) -> String {
        permission(&self.name())
    }

    /// Whether the call counts: no further page, no credentials.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.further_page && !self.credentials
    }
}

#[derive(Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    last: u64,
    calls: Vec<Call>,
}

impl Journal {
    /// Enters a call and gives its number.
    pub(crate) fn enter(&self, request: &Request) -> u64 {
        let mut entries = self.lock();
        entries.last += 1;
        let sequence = entries.last;
        entries.calls.push(Call {
            sequence,
            service: request.service.clone(),
            operation: request.operation.clone(),
            access_key: request.access_key.clone(),
            mutating: request.is_mutating(),
            further_page: request.is_further_page(),
            credentials: request.gives_credentials(),
            request: request.parameters.clone(),
            status: None,
            fault: None,
            round: None,
        });
        sequence
    }

    /// Changes the entry of a call, if it was not cleared meanwhile.
    pub(crate) fn amend(&self, sequence: u64, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self
            .lock()
            .calls
            .iter_mut()
            .find(|call| call.sequence == sequence)
        {
            change(call);
        }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub(crate) fn clear(&self) {
        self.lock().calls.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
