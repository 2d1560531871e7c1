//! The spec as the recipes see it: every default filled in, every range cut, every check passed.
//!
//! Depends on `model` and on the leaf types of this room only.
//! Invariant: a value of these types was made by [`super::read`] without an error, so a recipe
//! need not check it again.

use std::collections::BTreeMap;

use serde::Serialize;

use super::leaf::{
    AccountId, Architecture, CertificateArn, EnvironmentName, HealthPath, HostPattern, IamAction,
    IamResource, ImageReference, Literal, Nat, PathPattern, Placement, PolicyArn, Region,
    ServiceName, StackName, StatusMatcher, TlsPolicy, ZoneName,
};
use crate::model::Cidr;

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
    /// The services, in the order of the file.
    pub services: Vec<Service>,
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
    /// Ranges that may open connections to it.
    pub allow: Vec<Cidr>,
    /// Seconds after which a silent connection is closed.
    pub idle_timeout_s: u32,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether header fields that no well-behaved client sends are removed.
    pub drop_invalid_headers: bool,
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
        certificate: CertificateArn,
        /// Named set of TLS versions and ciphers.
        tls_policy: TlsPolicy,
    },
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

/// A service: equal tasks that run one container each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Key of the service in the file.
    pub name: ServiceName,
    /// Container image.
    pub image: ImageReference,
    /// Replaces the image's command, if given.
    pub command: Option<Vec<Literal>>,
    /// CPU units (1024 are one core).
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Processor family.
    pub architecture: Architecture,
    /// Number of tasks.
    pub count: u32,
    /// How requests reach it; `None` for a worker.
    pub web: Option<Web>,
    /// Environment of the container, in the order of the file.
    pub environment: Vec<(EnvironmentName, Literal)>,
    /// Days for which log lines are kept.
    pub retention_days: u32,
    /// How a new version takes over.
    pub deployment: Deployment,
    /// Whether `aws ecs execute-command` may open a shell in its tasks.
    pub exec: bool,
    /// Which subnets its tasks stand in; tasks in public ones have a public address.
    pub subnets: Placement,
    /// What its tasks may do on AWS.
    pub permissions: Permissions,
}

/// How requests reach a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Web {
    /// Port that the container listens to.
    pub port: u16,
    /// Which requests it gets; `None` for the default service.
    pub route: Option<Route>,
    /// How the load balancer sees whether a task is well.
    pub health: Health,
    /// Seconds after its start during which a failing health check does not stop a task.
    pub grace_s: u32,
    /// Seconds that requests in flight have when a task leaves.
    pub drain_s: u32,
}

/// Which requests a service gets: those that match one of the paths and one of the hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Place among the rules of the listener, unique; lower ones are asked first.
    pub priority: u32,
    /// Path patterns; empty admits every path.
    pub paths: Vec<PathPattern>,
    /// Host patterns; empty admits every host.
    pub hosts: Vec<HostPattern>,
}

/// Health check of a target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Path that is asked.
    pub path: HealthPath,
    /// Seconds between two checks.
    pub interval_s: u32,
    /// Seconds to wait for the answer.
    pub timeout_s: u32,
    /// Good answers in a row that make a task healthy.
    pub healthy: u32,
    /// Bad answers in a row that make it unhealthy.
    pub unhealthy: u32,
    /// Status codes that are good, in the load balancer's notation.
    pub matcher: StatusMatcher,
}

/// How a new version of a service takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// Least part of the tasks that keeps running, in percent of the count.
    pub minimum_percent: u32,
    /// Largest number of tasks at one time, in percent of the count.
    pub maximum_percent: u32,
    /// Whether a version that does not come up is given up and rolled back.
    pub circuit_breaker: bool,
}

/// Rights of a service's tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Permissions {
    /// Managed policies.
    pub managed: Vec<PolicyArn>,
    /// Statements of the service's own policy.
    pub statements: Vec<Statement>,
}

/// Actions allowed on resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// IAM actions, for example `s3:GetObject`.
    pub actions: Vec<IamAction>,
    /// ARNs, which may hold `*`.
    pub resources: Vec<IamResource>,
}
