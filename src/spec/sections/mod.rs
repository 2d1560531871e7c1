//! The sections of the stack file, as they are written.
//!
//! Depends on the reader and the leaf types of this room. Invariant: the descriptions, defaults and
//! types here are the schema and the reference; nothing about a key is said anywhere else.

pub(crate) mod cdn;
pub(crate) mod function;
pub(crate) mod load_balancer;
pub(crate) mod monitoring;
pub(crate) mod network;
pub(crate) mod secret;
pub(crate) mod service;

use qpiac_derive::Section;

use super::collection::Named;
use super::leaf::{
    AccountId, FunctionName, Literal, Region, SecretName, ServiceName, StackName, TagKey,
};
use super::reader::{Optional, Spanned};
use cdn::{CdnSection, DomainSection};
use function::FunctionSection;
use load_balancer::LoadBalancerSection;
use monitoring::MonitoringSection;
use network::NetworkSection;
use secret::SecretSection;
use service::ServiceSection;

/// A stack: one network with the services that run in it, and what stands around them.
#[derive(Debug, Section)]
pub(crate) struct StackFile {
    /// Name of the stack: the first part of every name that it has on AWS. Another name is another
    /// stack, so renaming builds everything anew beside the old one.
    #[key(example = "shop")]
    pub(crate) stack: Spanned<StackName>,
    /// Region that holds the stack.
    #[key(example = "us-east-1")]
    pub(crate) region: Spanned<Region>,
    /// The only account that may be changed. Credentials of any other one are refused before the
    /// first change.
    #[key(
        absent = "whichever account the credentials belong to",
        example = "\"123456789012\""
    )]
    pub(crate) account: Optional<AccountId>,
    /// Tags for everything that can carry tags, at most 45. `Name` and keys that begin with
    /// `qpiac:` are set by qpiac itself.
    #[key(default = "{}", example = "{ project: shop, owner: web-team }")]
    pub(crate) tags: Spanned<Named<TagKey, Literal>>,
    /// The network that everything else stands in.
    #[key(default = "{}", example = "{ nat: per-zone }")]
    pub(crate) network: Spanned<NetworkSection>,
    /// The application load balancer in front of the services that have a port.
    #[key(
        absent = "no load balancer; then no service may have a port",
        example = "{ listen: [80] }"
    )]
    pub(crate) load_balancer: Optional<LoadBalancerSection>,
    /// CloudFront in front of the load balancer.
    #[key(
        absent = "requests go to the load balancer directly",
        example = "{ auth: cdn-auth }",
        needs = "load_balancer"
    )]
    pub(crate) cdn: Optional<CdnSection>,
    /// A name of your own for the stack, with its certificates.
    #[key(
        absent = "the stack has the names that AWS gives it",
        example = "{ name: www.example.com, zone: example.com }",
        needs = "load_balancer"
    )]
    pub(crate) domain: Optional<DomainSection>,
    /// Generated secrets by name. Services and functions refer to them by these names.
    #[key(
        default = "{}",
        example = "{ jwt: {}, cdn-auth: { rotation: rotation } }"
    )]
    pub(crate) secrets: Spanned<Named<SecretName, SecretSection>>,
    /// The services by name.
    #[key(
        default = "{}",
        example = "{ app: { image: \"ghcr.io/example/app:1.0\", port: 8000 } }"
    )]
    pub(crate) services: Spanned<Named<ServiceName, ServiceSection>>,
    /// Functions on AWS Lambda by name.
    #[key(
        default = "{}",
        example = "{ rotation: { code: workload/functions/rotation, handler: rotation.handler, runtime: python3.13 } }"
    )]
    pub(crate) functions: Spanned<Named<FunctionName, FunctionSection>>,
    /// Alarms and dashboard. `monitoring: {}` takes every default.
    #[key(
        absent = "no alarms and no dashboard",
        example = "{ notify: [ops@example.com] }"
    )]
    pub(crate) monitoring: Optional<MonitoringSection>,
}
