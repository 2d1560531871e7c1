//! Client tokens: a create that is repeated with the token of an earlier one gives what that made.
//!
//! AWS honours them in the operations below; the emulators in few. Depends on `operation` and
//! `reply`. Invariant: only a reply to a request with the same parameters is given again.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::memory;
use crate::operation::Request;
use crate::reply::Reply;

/// Operations with their token.
const TOKENS: [(&str, &str); 6] = [
    ("acm:RequestCertificate", "IdempotencyToken"),
    ("ec2:CreateNatGateway", "ClientToken"),
    ("ec2:CreateRouteTable", "ClientToken"),
    ("ec2:CreateVpcEndpoint", "ClientToken"),
    ("ecs:CreateService", "clientToken"),
    ("secretsmanager:CreateSecret", "ClientRequestToken"),
];

#[derive(Default)]
pub(super) struct Tokens {
    /// The first reply, by operation and parameters.
    replies: Mutex<BTreeMap<String, Reply>>,
}

impl Tokens {
    pub(super) fn first_reply(&self, request: &Request) -> Option<Reply> {
        memory(&self.replies).get(&key(request)?).cloned()
    }

    pub(super) fn remember(&self, request: &Request, reply: &Reply) {
        if let Some(key) = key(request) {
            memory(&self.replies).insert(key, reply.clone());
        }
    }
}

fn key(request: &Request) -> Option<String> {
    let name = request.name();
    let (_, token) = TOKENS.iter().find(|(operation, _)| *operation == name)?;
    (!request.text(token).is_empty()).then(|| format!("{name} {}", request.parameters))
}
