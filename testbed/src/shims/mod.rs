//! Shims: where the emulators differ from AWS in what qpiac relies on, the proxy makes up for it.
//!
//! One file per gap or small group of gaps; each names the operations, the fields and what AWS
//! does, and `tests/gaps/` fails when the emulator no longer has the gap. May depend on everything but
//! `journal`, `rounds` and `fault`. Invariant: a shim remembers only what was sent through it, and
//! a new set of shims remembers nothing.

mod account_attributes;
mod balancer_network;
mod balancing_missing;
mod bucket;
mod certificate;
mod cluster;
mod dashboard;
mod deployment;
mod distribution;
mod edge_function;
mod edge_policy;
mod edited_rule;
mod endpoint_group;
mod forward_action;
mod function_url;
mod gateway_address;
mod group_balancer;
mod iam;
mod image;
mod in_use;
mod lambda_function;
mod lambda_permission;
mod listener;
mod load_balancer;
mod log_group;
mod metric_alarm;
mod nat_gateway;
mod record;
mod rotation;
mod route_table;
mod scaled_service;
mod scaling;
mod secret;
mod security_group_rule;
mod service;
mod service_deployment;
mod target;
mod target_group;
mod task_definition;
mod task_network;
mod vpc_endpoint;
mod web_acl;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use hyper::StatusCode;
use serde_json::Value;

use crate::client::Client;
use crate::holds::Holds;
use crate::homes::SetUp;
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// A reply on its way.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// What stands between a request of certain operations and the emulator of its service.
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
        let reply = self.again().forward(&request).await?;
        reply.element(&request)
    }

    /// Asks a service that takes JSON, as a client of the proxy would; nothing is journaled.
    ///
    /// # Errors
    ///
    /// When the service does not answer. A refusal is read like any other reply.
    pub(crate) async fn json(self, service: &str, operation: &str, body: &Value) -> Result<Value> {
        let request = self.emulator.json_request(service, operation, body)?;
        Ok(self.again().forward(&request).await?.value())
    }

    /// Asks CloudWatch, as a client of the proxy would; nothing is journaled.
    ///
    /// # Errors
    ///
    /// When the service does not answer. A refusal is read like any other reply.
    pub(crate) async fn cbor(self, operation: &str, body: &Value) -> Result<Value> {
        let request = self.emulator.cbor_request(operation, body)?;
        Ok(self.again().forward(&request).await?.value())
    }

    /// Asks a service by method and path, as a client of the proxy would; nothing is journaled.
    ///
    /// # Errors
    ///
    /// When the service does not answer. A refusal is a reply.
    pub(crate) async fn rest(
        self,
        service: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(Request, Reply)> {
        let request = self
            .emulator
            .rest_request(service, method, path, &[], body)?;
        let reply = self.again().forward(&request).await?;
        Ok((request, reply))
    }

    /// From the first shim again.
    fn again(self) -> Next<'a> {
        Next {
            rest: self.all,
            ..self
        }
    }

    /// Calls a service that takes JSON past the other shims.
    ///
    /// # Errors
    ///
    /// When the service does not answer. A refusal is a reply.
    pub(crate) async fn emulator_json(
        self,
        service: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Reply> {
        self.emulator.json(service, operation, body).await
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
    pub(crate) fn new(set_up: SetUp, holds: &Arc<Holds>) -> Shims {
        let mut all = match set_up {
            SetUp::ControlPlane => control_plane(set_up),
            SetUp::DataPlane => data_plane(set_up),
        };
        all.extend(both(set_up, holds));
        Shims { all }
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

/// What moto gets wrong.
fn control_plane(set_up: SetUp) -> Vec<Box<dyn Shim>> {
    let services = Arc::new(service::Services::default());
    vec![
        Box::new(in_use::InUse),
        Box::new(nat_gateway::NatGateway::default()),
        Box::new(route_table::RouteTable),
        Box::new(security_group_rule::SecurityGroupRule::default()),
        Box::new(vpc_endpoint::VpcEndpoint::default()),
        Box::new(load_balancer::LoadBalancer),
        Box::new(target_group::TargetGroup),
        Box::new(listener::Listener),
        Box::new(iam::Iam::new(set_up)),
        Box::new(log_group::LogGroup),
        Box::new(cluster::Cluster),
        Box::new(task_definition::TaskDefinition),
        Box::new(service::Service::new(Arc::clone(&services))),
        Box::new(service_deployment::ServiceDeployment::new(services)),
        Box::new(lambda_function::LambdaFunction::default()),
        Box::new(function_url::FunctionUrl),
        Box::new(image::Image),
    ]
}

/// What ministack gets wrong where everything is on it: much of what moto does, and then some.
fn data_plane(set_up: SetUp) -> Vec<Box<dyn Shim>> {
    let mut all = control_plane(set_up);
    let further: Vec<Box<dyn Shim>> = vec![
        Box::new(account_attributes::AccountAttributes),
        Box::new(gateway_address::GatewayAddress::default()),
        Box::new(balancer_network::BalancerNetwork),
        Box::new(balancing_missing::BalancingMissing),
        Box::new(forward_action::ForwardAction),
        Box::new(group_balancer::GroupBalancer),
        Box::new(scaled_service::ScaledService),
        Box::new(endpoint_group::EndpointGroup::default()),
        Box::new(task_network::TaskNetwork::default()),
        Box::new(target::Target::default()),
        Box::new(edited_rule::EditedRule::default()),
    ];
    all.extend(further);
    all
}

/// What both emulators get wrong, and what is wrong in the one that a service has in both set-ups.
fn both(set_up: SetUp, holds: &Arc<Holds>) -> Vec<Box<dyn Shim>> {
    vec![
        Box::new(deployment::Deployment::new(Arc::clone(holds))),
        Box::new(edge_function::EdgeFunction),
        Box::new(edge_policy::EdgePolicy),
        Box::new(distribution::Distribution),
        Box::new(metric_alarm::MetricAlarm::default()),
        Box::new(dashboard::Dashboard),
        Box::new(rotation::SecretRotation::new(set_up, Arc::clone(holds))),
        Box::new(secret::Secret),
        Box::new(lambda_permission::LambdaPermission),
        Box::new(bucket::Bucket),
        Box::new(certificate::Certificate::default()),
        Box::new(record::Record),
        Box::new(web_acl::WebAcl::default()),
        Box::new(scaling::Scaling::default()),
    ]
}

/// The service refuses, with the status that all of them have for that.
pub(crate) fn refusal(request: &Request, code: &str, message: &str) -> Reply {
    Reply::error(request, StatusCode::BAD_REQUEST, code, message)
}

/// What a shim remembers.
pub(crate) fn memory<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
