//! The spec as the recipes see it: every default filled in, every range cut, every check passed.
//!
//! Depends on `model` and on the leaf types of this room only.
//! Invariant: a value of these types was made by [`super::read`] without an error, so a recipe
//! need not check it again.

mod edge;
mod function;
mod monitoring;
mod secret;
mod service;

use std::collections::BTreeMap;

use serde::Serialize;

use super::leaf::{AccountId, CertificateArn, Nat, Region, StackName, TlsPolicy, ZoneName};
use crate::model::Cidr;

pub use edge::{Auth, Behavior, Cdn, Domain, Geo, Origin, Waf};
pub use function::Function;
pub use monitoring::{Alarms, Monitoring};
pub use secret::{Rotation, Secret, SecretUsage};
pub use service::{
    Deployment, Health, Image, Permissions, Route, Scaling, Service, Statement, Web,
};

/// Priority of the listener rule for the default service where every rule asks for the CDN's
/// header: behind all routes, none of which then has it.
pub const LAST_PRIORITY: u32 = 50_000;

/// What a stack file asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Name of the stack: the first part of every name on AWS.
    pub stack: StackName,
    /// Region that holds the stack.
    pub region: Region,
    /// The only account that may be changed; `None` admits whichever the credentials belong to.
    pub account: Option<AccountId>,
    /// Tags of the user, put on everything that can carry tags.
    pub tags: BTreeMap<String, String>,
    /// The network that everything else stands in.
    pub network: Network,
    /// The load balancer in front of the services that have a port.
    pub load_balancer: Option<LoadBalancer>,
    /// The CDN in front of the load balancer. With it the load balancer has exactly one listener,
    /// which forwards.
    pub cdn: Option<Cdn>,
    /// The name that leads to the CDN, or without one to the load balancer.
    pub domain: Option<Domain>,
    /// The secrets, in the order of the file.
    pub secrets: Vec<Secret>,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
    /// The functions, in the order of the file.
    pub functions: Vec<Function>,
    /// Alarms, who is told of them, and the dashboard.
    pub monitoring: Option<Monitoring>,
}

/// The VPC and what divides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Range of the VPC.
    pub cidr: Cidr,
    /// One entry for each zone, in the order of the file.
    pub zones: Vec<Zone>,
    /// How private subnets reach the internet.
    pub nat: Nat,
}

/// A zone with its two subnets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Name of the zone, for example `us-east-1a`.
    pub name: ZoneName,
    /// Last letter of the zone's name: the short name of its subnets.
    pub letter: char,
    /// Range of the public subnet.
    pub public: Cidr,
    /// Range of the private subnet.
    pub private: Cidr,
}

/// The application load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadBalancer {
    /// What it listens to, sorted by port.
    pub listeners: Vec<Listener>,
    /// Whether it stands in the private subnets, without a public address.
    pub internal: bool,
    /// Ranges that may open connections to it; without meaning where there is a CDN, which alone is
    /// admitted then.
    pub allow: Vec<Cidr>,
    /// Seconds after which a silent connection is closed.
    pub idle_timeout_s: u32,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether header fields that no well-behaved client sends are removed.
    pub drop_invalid_headers: bool,
    /// Where it writes a line for each request; `None` for nowhere.
    pub access_logs: Option<AccessLogs>,
}

/// Bucket for the access logs of the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessLogs {
    /// Days for which logs are kept.
    pub retention_days: u32,
    /// Whether `destroy` empties the bucket to delete it.
    pub force_destroy: bool,
}

/// A port of the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// What happens to a request.
    pub action: Action,
}

/// What is spoken on a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https {
        /// Certificate shown to clients.
        certificate: Certificate,
        /// Named set of TLS versions and ciphers.
        tls_policy: TlsPolicy,
    },
}

/// Where the certificate of a listener comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// The user has it.
    Given(CertificateArn),
    /// It is made for the stack's domain, in the stack's region.
    OfDomain,
}

/// What a listener does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The services' routes decide; what none of them wants goes to the default service.
    Forward,
    /// The client is sent to the same address over HTTPS.
    Redirect {
        /// Port to go to.
        port: u16,
    },
}
