//! Services, resolved.
//!
//! Depends on the leaf types of the spec. Invariant: see the parent module.

use serde::Serialize;

use crate::spec::leaf::{
    Architecture, EnvironmentName, HealthPath, HostPattern, IamAction, IamResource, ImageReference,
    Literal, PathPattern, Placement, PolicyArn, SecretName, ServiceName, SourcePath, StatusMatcher,
};

/// A service: equal tasks that run one container each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Key of the service in the file.
    pub name: ServiceName,
    /// Container image.
    pub image: Image,
    /// Replaces the image's command, if given.
    pub command: Option<Vec<Literal>>,
    /// CPU units (1024 are one core).
    pub cpu: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Processor family.
    pub architecture: Architecture,
    /// Number of tasks; with `scaling` its least, which the service begins with.
    pub count: u32,
    /// Who decides the number of tasks from then on; `None` keeps `count`.
    pub scaling: Option<Scaling>,
    /// How requests reach it; `None` for a worker.
    pub web: Option<Web>,
    /// Environment of the container, in the order of the file.
    pub environment: Vec<(EnvironmentName, Literal)>,
    /// Secrets whose value is put into the container's environment when a task starts.
    pub secrets: Vec<(EnvironmentName, SecretName)>,
    /// Secrets that the tasks may read; they learn the ARN of each from
    /// [`crate::spec::names::secret_variable`].
    pub reads: Vec<SecretName>,
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

/// Where a container image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Image {
    /// It is in a registry.
    Reference(ImageReference),
    /// It is built from a directory that holds a `Dockerfile`, and put into a repository of the
    /// stack's own.
    Build(SourcePath),
    /// It would be built, but the command line names an image that stands in for it this time. The
    /// repository stays, with what is in it.
    BuiltElsewhere(ImageReference),
}

/// How the number of tasks follows the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scaling {
    /// Fewest tasks.
    pub min: u32,
    /// Most tasks.
    pub max: u32,
    /// Mean processor use to keep, in percent. One target at least is given.
    pub cpu_percent: Option<u32>,
    /// Requests per task and minute to keep.
    pub requests_per_task: Option<u32>,
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

/// Rights of a service's tasks or of a function.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Permissions {
    /// Managed policies.
    pub managed: Vec<PolicyArn>,
    /// Statements of its own policy.
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
