//! The CDN and the domain, resolved.
//!
//! Depends on the leaf types of the spec. Invariant: see the parent module.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::spec::leaf::{
    CountryCode, DomainName, HeaderName, HostedZone, OriginProtocol, PathPattern, PriceClass,
    SecretName, SourcePath,
};

/// CloudFront in front of the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cdn {
    /// Which edge locations answer.
    pub price_class: PriceClass,
    /// By what the load balancer knows that a request came through the CDN.
    pub auth: Auth,
    /// How CloudFront reaches the load balancer.
    pub origin: Origin,
    /// Code of the CloudFront Function that sees every request first.
    pub function: Option<SourcePath>,
    /// What happens to requests that no other behaviour wants.
    pub default: Behavior,
    /// Behaviours for paths; the first one that matches counts.
    pub behaviors: Vec<(PathPattern, Behavior)>,
    /// Countries that are served.
    pub geo: Geo,
    /// Whether answers get the header fields that browsers want for their safety.
    pub security_headers: bool,
    /// The web ACL, if there is one.
    pub waf: Option<Waf>,
}

/// A header field whose value only the CDN and the load balancer know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Auth {
    /// Name of the field.
    pub header: HeaderName,
    /// Secret that is its value; nothing else of the stack reads it.
    pub secret: SecretName,
}

/// How CloudFront reaches the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// What is spoken.
    pub protocol: OriginProtocol,
    /// Port of the load balancer's only listener.
    pub port: u16,
    /// Name to look up instead of the load balancer's own; the user's DNS leads it there. Without
    /// it, over HTTPS, the certificate is that of the stack's domain, so the `Host` of the viewer
    /// must be passed on.
    pub name: Option<DomainName>,
}

/// What happens to requests for some paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behavior {
    /// Seconds for which an answer is kept; `None` keeps nothing.
    pub cache_s: Option<u32>,
}

/// Countries that are served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Geo {
    /// All.
    Everywhere,
    /// Only these.
    Allow(BTreeSet<CountryCode>),
    /// All but these.
    Deny(BTreeSet<CountryCode>),
}

/// A web ACL: AWS's common rules, and a limit for each address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waf {
    /// Requests that one address may make in five minutes.
    pub rate_limit: u32,
}

/// A name of the user's for the stack, with certificates and DNS records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The name.
    pub name: DomainName,
    /// Hosted zone that the records are made in.
    pub zone: HostedZone,
}
