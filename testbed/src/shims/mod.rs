//! Shims: where moto differs from AWS in what qpiac relies on, the proxy makes up for it.
//!
//! One file per gap or small group of gaps; each names the operations, the fields and what AWS
//! does, and `tests/gaps/` fails when moto no longer has the gap. May depend on everything but
//! `journal`, `rounds` and `fault`. Invariant: a shim remembers only what was sent through it, and
//! a new set of shims remembers nothing.

mod cluster;
mod iam;
mod in_use;
mod listener;
mod load_balancer;
mod log_group;
mod nat_gateway;
mod route_table;
mod security_group_rule;
mod service;
mod service_deployment;
mod target_group;
mod task_definition;
mod vpc_endpoint;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use hyper::StatusCode;
use serde_json::Value;

use crate::client::Client;
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// A reply on its way.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// What stands between a request of certain operations and moto.
pub(crate) trait Shim: Send + Sync {
    /// The operations it is asked about, such as `ec2:ReleaseAddress`.
    fn operations(&self) -> &'static [&'static str];

    /// Answers a request, usually by passing it on and changing the reply.
    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a>;
}

/// The way on to the emulator, through the other shims.
#[derive(Clone, Copy)]
pub(crate) struct Next<'a> {
    rest: &'a [Box<dyn Shim>],
    all: &'a [Box<dyn Shim>],
    emulator: &'a Client,
}

impl<'a> Next<'a> {
    /// Passes a request on, as it came or changed.
    pub(crate) fn forward<'b>(self, request: &'b Request) -> Answer<'b>
    where
        'a: 'b,
    {
        let name = request.name();
        let position = self
            .rest
            .iter()
            .position(|shim| shim.operations().contains(&name.as_str()));
        match position {
            Some(index) => {
                let next = Next {
                    rest: &self.rest[index + 1..],
                    ..self
                };
                self.rest[index].serve(request, next)
            }
            None => Box::pin(self.emulator.forward(request)),
        }
    }

    /// Asks a service that takes forms, as a client of the proxy would; nothing is journaled.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    pub(crate) async fn read(
        self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Element> {
        let request = self.emulator.query_request(service, action, parameters)?;
        let reply = Next {
            rest: self.all,
            ..self
        }
        .forward(&request)
        .await?;
        reply.element(&request)
    }

    /// Asks a service that takes JSON, as a client of the proxy would; nothing is journaled.
    ///
    /// # Errors
    ///
    /// When the service does not answer. A refusal is read like any other reply.
    pub(crate) async fn json(self, service: &str, operation: &str, body: &Value) -> Result<Value> {
        let request = self.emulator.json_request(service, operation, body)?;
        Ok(Next {
            rest: self.all,
            ..self
        }
        .forward(&request)
        .await?
        .value())
    }

    /// Calls the emulator past the other shims.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    pub(crate) async fn emulator(
        self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Element> {
        self.emulator.read(service, action, parameters).await
    }
}

/// All shims, with an empty memory.
pub(crate) struct Shims {
    all: Vec<Box<dyn Shim>>,
}

impl Shims {
    pub(crate) fn new() -> Shims {
        let services = Arc::new(service::Services::default());
        Shims {
            all: vec![
                Box::new(in_use::InUse),
                Box::new(nat_gateway::NatGateway::default()),
                Box::new(route_table::RouteTable),
                Box::new(security_group_rule::SecurityGroupRule::default()),
                Box::new(vpc_endpoint::VpcEndpoint::default()),
                Box::new(load_balancer::LoadBalancer),
                Box::new(target_group::TargetGroup),
                Box::new(listener::Listener),
                Box::new(iam::Iam),
                Box::new(log_group::LogGroup),
                Box::new(cluster::Cluster),
                Box::new(task_definition::TaskDefinition),
                Box::new(service::Service::new(Arc::clone(&services))),
                Box::new(service_deployment::ServiceDeployment::new(services)),
            ],
        }
    }

    /// Answers a request through the shims that know its operation. What they ask, they ask in the
    /// region of the request.
    pub(crate) async fn serve(&self, request: &Request, emulator: &Client) -> Result<Reply> {
        Next {
            rest: &self.all,
            all: &self.all,
            emulator: &emulator.in_region(&request.region),
        }
        .forward(request)
        .await
    }
}

/// The service refuses, with the status that all of them have for that.
pub(crate) fn refusal(request: &Request, code: &str, message: &str) -> Reply {
    Reply::error(request, StatusCode::BAD_REQUEST, code, message)
}

/// What a shim remembers.
pub(crate) fn memory<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
