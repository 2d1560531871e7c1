//! Network interfaces that outlive what they belonged to.
//!
//! After a load balancer, a service's tasks or an endpoint are gone, AWS takes a while to take their
//! interfaces away; until then their security groups and subnets cannot be deleted, nor the internet
//! gateway detached (`DependencyViolation`). Depends on `ledger`, `operation` and `reply`. Invariant:
//! they are gone after the time that was said.

use std::sync::Mutex;
use std::time::Instant;

use hyper::StatusCode;

use super::ledger::{Identity, Ledger};
use super::{Suffered, memory};
use crate::operation::Request;
use crate::reply::Reply;

const OWNERS: [&str; 3] = [
    "ec2:DeleteVpcEndpoints",
    "ecs:DeleteService",
    "elasticloadbalancing:DeleteLoadBalancer",
];

#[derive(Default)]
pub(super) struct Lingering {
    /// When the last interfaces are gone, and the last public addresses.
    until: Mutex<(Option<Instant>, Option<Instant>)>,
}

impl Lingering {
    pub(super) fn note(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
    ) -> Option<&'static str> {
        let word = "interfaces linger";
        if !OWNERS.contains(&request.name().as_str()) || !ledger.strikes(call, word, 80) {
            return None;
        }
        let end = Instant::now() + ledger.span(call, word, ledger.hostility.lingering);
        let mut until = memory(&self.until);
        until.0 = until.0.max(Some(end));
        if request.operation == "DeleteLoadBalancer" {
            until.1 = until.1.max(Some(end));
        }
        Some(word)
    }

    pub(super) fn refusal(&self, request: &Request) -> Option<Suffered> {
        let (interfaces, addresses) = *memory(&self.until);
        let (end, message) = match request.name().as_str() {
            "ec2:DeleteSecurityGroup" | "ec2:DeleteSubnet" => {
                (interfaces, "The resource has a dependent object")
            }
            "ec2:DetachInternetGateway" => (
                addresses,
                "The network has some mapped public address(es). Please unmap those before detaching \
                 the gateway.",
            ),
            _ => return None,
        };
        (end? > Instant::now()).then(|| {
            let status = StatusCode::BAD_REQUEST;
            let reply = Reply::error(request, status, "DependencyViolation", message);
            Suffered::answered("in use", reply)
        })
    }
}
