//! A service, and the sections within it.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::spec::choice::{Port, Whole, numbers};
use crate::spec::collection::{Named, OneOrMany};
use crate::spec::leaf::{
    Architecture, EnvironmentName, HealthPath, HostPattern, IamAction, IamResource, ImageReference,
    Literal, PathPattern, Placement, PolicyArn, SecretName, SourcePath, StatusMatcher,
};
use crate::spec::reader::{FromNode, Optional, Reader, Spanned};
use crate::spec::shape::Shape;
use crate::spec::tree::{Content, Node};

/// A number of equal tasks on ECS Fargate, each with one container. With a `port` the load balancer
/// sends requests to it; without one it is a worker.
#[derive(Debug, Section)]
#[section(exactly_one = "image, build")]
pub(crate) struct ServiceSection {
    /// Container image. Each service has either `image` or `build`.
    #[key(
        absent = "the image that `build` makes",
        example = "ghcr.io/example/app:1.0"
    )]
    pub(crate) image: Optional<ImageReference>,
    /// Directory with a `Dockerfile`. The image is built from it whenever its content changes, and
    /// kept in a repository of the stack's own in Amazon ECR.
    #[key(absent = "`image` says it", example = "workload/app")]
    pub(crate) build: Optional<SourcePath>,
    /// Command to run instead of the image's own, one item for each argument.
    #[key(
        absent = "the image's own",
        example = "[uvicorn, \"app:app\", --port, 8000]"
    )]
    pub(crate) command: Optional<Vec<Spanned<Literal>>>,
    /// CPU units of a task; 1024 are one core.
    #[key(default = "256")]
    pub(crate) cpu: Spanned<CpuUnits>,
    /// Memory of a task in MiB. Which sizes there are depends on `cpu`.
    #[key(
        absent = "the smallest size for that `cpu`, 512 for 256",
        example = "512"
    )]
    pub(crate) memory: Optional<Whole<512, 122_880>>,
    /// Processor family; the image must be built for it.
    #[key(default = "x86_64")]
    pub(crate) architecture: Spanned<Architecture>,
    /// Number of tasks, spread over the zones. With `scaling` it is left out.
    #[key(default = "1")]
    pub(crate) count: Spanned<Whole<0, 5000>>,
    /// Let the number of tasks follow the load.
    #[key(
        absent = "the number of tasks stays `count`",
        example = "{ min: 2, max: 6, cpu_percent: 60 }"
    )]
    pub(crate) scaling: Optional<ScalingSection>,
    /// Port that the container listens to. Only the load balancer can reach it.
    #[key(absent = "a worker: nothing can reach it", example = "8000")]
    pub(crate) port: Optional<Port>,
    /// Which of the load balancer's requests it gets. One service at most may have a port and no
    /// route: it gets what the others leave, and without such a service that is answered with 404.
    #[key(
        absent = "all requests that no other service's route matches",
        example = "{ path: /api/* }",
        needs = "port"
    )]
    pub(crate) route: Optional<RouteSection>,
    /// How the load balancer sees whether a task is well.
    #[key(default = "{}", example = "/health", needs = "port")]
    pub(crate) health: Spanned<HealthSection>,
    /// Seconds after its start during which a failing health check does not stop a task.
    #[key(default = "60", example = "120", needs = "port")]
    pub(crate) grace_s: Spanned<Whole<0, 7200>>,
    /// Seconds that requests in flight have when a task leaves.
    #[key(default = "30", example = "10", needs = "port")]
    pub(crate) drain_s: Spanned<Whole<0, 3600>>,
    /// Environment of the container. It can be read by whoever may see the task definition: no
    /// place for a password.
    #[key(default = "{}", example = "{ ENVIRONMENT: production, WORKERS: 4 }")]
    pub(crate) environment: Spanned<Named<EnvironmentName, Literal>>,
    /// Secrets whose value is put into the environment: for each variable a key in `secrets`. A task
    /// has the value from its start; when the secret is renewed, new tasks take over.
    #[key(default = "{}", example = "{ API_KEY: api-key }")]
    pub(crate) secrets: Spanned<Named<EnvironmentName, SecretName>>,
    /// Keys in `secrets` that the tasks may read themselves. They find the ARN of `NAME` in the
    /// variable `NAME_SECRET_ARN`, with capitals and `_` for `-`.
    #[key(default = "[]", example = "[jwt]", distinct)]
    pub(crate) reads: Spanned<Vec<Spanned<SecretName>>>,
    /// Where the output of the container goes.
    #[key(default = "{}")]
    pub(crate) logs: Spanned<LogsSection>,
    /// How a new version takes over.
    #[key(default = "{}")]
    pub(crate) deployment: Spanned<DeploymentSection>,
    /// Whether `aws ecs execute-command` may open a shell in its tasks.
    #[key(default = "false")]
    pub(crate) exec: Spanned<bool>,
    /// Which subnets the tasks stand in.
    #[key(default = "private")]
    pub(crate) subnets: Spanned<Placement>,
    /// What the tasks may do on AWS: ARNs of managed policies, and statements that allow actions.
    #[key(
        default = "[]",
        example = "[{ actions: s3:GetObject, resources: \"arn:aws:s3:::shop-images/*\" }]"
    )]
    pub(crate) policies: Spanned<Vec<Spanned<Policy>>>,
}

/// Number of tasks that follows the load. AWS adds tasks at once where a target is exceeded, and
/// takes them away slowly.
#[derive(Debug, Section)]
pub(crate) struct ScalingSection {
    /// Fewest tasks.
    #[key(default = "1", example = "2")]
    pub(crate) min: Spanned<Whole<1, 5000>>,
    /// Most tasks.
    #[key(example = "6")]
    pub(crate) max: Spanned<Whole<1, 5000>>,
    /// Mean processor use to keep, in percent.
    #[key(
        absent = "60, or no such target where `requests_per_task` is given",
        example = "60"
    )]
    pub(crate) cpu_percent: Optional<Whole<1, 100>>,
    /// Requests per task and minute to keep. The service needs a port.
    #[key(absent = "no such target", example = "500")]
    pub(crate) requests_per_task: Optional<Whole<1, 1_000_000>>,
}

/// Requests that match one of the paths and one of the hosts. At most five patterns in all, and
/// behind a `cdn` three: the value of its header, old and new, needs the others.
#[derive(Debug, Section)]
#[section(short = "path", at_least_one = "path, host")]
pub(crate) struct RouteSection {
    /// Path patterns, with `*` and `?` as wildcards.
    #[key(absent = "every path", example = "[/api/*, /auth/*]", distinct)]
    pub(crate) path: Optional<OneOrMany<PathPattern>>,
    /// Host patterns, with `*` and `?` as wildcards.
    #[key(absent = "every host", example = "api.example.com", distinct)]
    pub(crate) host: Optional<OneOrMany<HostPattern>>,
    /// Place among the routes: the one with the lowest number is asked first.
    #[key(
        absent = "the services' order in the file: 10, 20, 30, and so on",
        example = "10"
    )]
    pub(crate) priority: Optional<Whole<1, 50_000>>,
}

/// Health check of the load balancer. `health: /health` is short for `health: { path: /health }`.
#[derive(Debug, Section)]
#[section(short = "path")]
pub(crate) struct HealthSection {
    /// Path that is asked.
    #[key(default = "/")]
    pub(crate) path: Spanned<HealthPath>,
    /// Seconds between two checks.
    #[key(default = "15")]
    pub(crate) interval_s: Spanned<Whole<5, 300>>,
    /// Seconds to wait for the answer, fewer than `interval_s`.
    #[key(default = "5")]
    pub(crate) timeout_s: Spanned<Whole<2, 120>>,
    /// Good answers in a row that make a task healthy.
    #[key(default = "2")]
    pub(crate) healthy: Spanned<Whole<2, 10>>,
    /// Bad answers in a row that make a task unhealthy.
    #[key(default = "3")]
    pub(crate) unhealthy: Spanned<Whole<2, 10>>,
    /// Status codes that are good, from 200 to 499.
    #[key(default = "\"200\"", example = "200-299")]
    pub(crate) matcher: Spanned<StatusMatcher>,
}

/// Log group of a service or function.
#[derive(Debug, Section)]
pub(crate) struct LogsSection {
    /// Days for which log lines are kept.
    #[key(default = "30")]
    pub(crate) retention_days: Spanned<RetentionDays>,
}

/// How a new version of a service takes over.
#[derive(Debug, Section)]
pub(crate) struct DeploymentSection {
    /// Least part of the tasks that keeps running, in percent of `count`.
    #[key(default = "100")]
    pub(crate) minimum_percent: Spanned<Whole<0, 100>>,
    /// Largest number of tasks at one time, in percent of `count`.
    #[key(default = "200")]
    pub(crate) maximum_percent: Spanned<Whole<100, 200>>,
    /// Whether a version that does not come up is given up, and the one before put back.
    #[key(default = "true")]
    pub(crate) circuit_breaker: Spanned<bool>,
}

/// Actions that tasks or functions may perform on resources.
#[derive(Debug, Section)]
pub(crate) struct StatementSection {
    /// IAM actions.
    #[key(example = "s3:GetObject")]
    pub(crate) actions: Spanned<OneOrMany<IamAction>>,
    /// ARNs of the resources, with `*` as wildcard.
    #[key(example = "\"arn:aws:s3:::shop-images/*\"")]
    pub(crate) resources: Spanned<OneOrMany<IamResource>>,
}

/// An item of `policies`.
#[derive(Debug)]
pub(crate) enum Policy {
    Managed(PolicyArn),
    Statement(StatementSection),
}

impl FromNode for Policy {
    fn shape() -> Shape {
        Shape::Either(vec![PolicyArn::shape(), StatementSection::shape()])
    }

    fn from_node(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.content {
            Content::Scalar(_) => PolicyArn::from_node(node, reader).map(Self::Managed),
            Content::List(_) | Content::Map(_) => {
                StatementSection::from_node(node, reader).map(Self::Statement)
            }
        }
    }
}

numbers! {
    /// CPU sizes of Fargate.
    CpuUnits = [256, 512, 1024, 2048, 4096, 8192, 16_384];
    /// Retention times of CloudWatch Logs.
    RetentionDays = [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
        3288, 3653,
    ];
}
