//! The `load_balancer` section.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::model::Cidr;
use crate::spec::choice::{Port, Whole};
use crate::spec::leaf::{CertificateArn, TlsPolicy};
use crate::spec::reader::{Optional, Spanned};
use crate::spec::switch::Switch;

/// An application load balancer. `load_balancer: {}` takes every default.
#[derive(Debug, Section)]
pub(crate) struct LoadBalancerSection {
    /// Ports. 443 speaks HTTPS and needs a certificate; the others speak HTTP, and where 443 is in
    /// the list they only send clients there. Behind a `cdn` there is exactly one.
    #[key(
        absent = "`[80]`, or `[80, 443]` with a certificate or a `domain`; behind a `cdn` the port of its `origin_protocol`",
        example = "[80, 443]",
        distinct,
        some
    )]
    pub(crate) listen: Optional<Vec<Spanned<Port>>>,
    /// Certificate for port 443, of the stack's region.
    #[key(
        absent = "that of `domain`; without one no HTTPS",
        example = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-4e5f-6789-abcd-ef0123456789"
    )]
    pub(crate) certificate: Optional<CertificateArn>,
    /// TLS versions and ciphers on port 443.
    #[key(default = "ELBSecurityPolicy-TLS13-1-2-2021-06")]
    pub(crate) tls_policy: Spanned<TlsPolicy>,
    /// Ranges that may open connections. It cannot stand beside a `cdn`, which alone may then.
    #[key(default = "[0.0.0.0/0]", example = "[203.0.113.0/24]", distinct, some)]
    pub(crate) allow: Spanned<Vec<Spanned<Cidr>>>,
    /// Whether it stands in the private subnets, without a public address.
    #[key(default = "false")]
    pub(crate) internal: Spanned<bool>,
    /// Seconds after which a silent connection is closed.
    #[key(default = "60")]
    pub(crate) idle_timeout_s: Spanned<Whole<1, 4000>>,
    /// Whether AWS refuses to delete it. `destroy` then stops there until this is `false` and
    /// applied.
    #[key(default = "false")]
    pub(crate) deletion_protection: Spanned<bool>,
    /// Whether header fields whose names no well-behaved client sends are removed.
    #[key(default = "true")]
    pub(crate) drop_invalid_headers: Spanned<bool>,
    /// A bucket of the stack's own with a line for each request; `true` takes the defaults.
    #[key(default = "false", example = "{ retention_days: 30 }")]
    pub(crate) access_logs: Spanned<Switch<AccessLogsSection>>,
}

/// Bucket for access logs.
#[derive(Debug, Section)]
pub(crate) struct AccessLogsSection {
    /// Days for which logs are kept.
    #[key(default = "90")]
    pub(crate) retention_days: Spanned<Whole<1, 3650>>,
    /// Whether `destroy` empties the bucket. Otherwise it stops at a bucket that holds logs.
    #[key(default = "false")]
    pub(crate) force_destroy: Spanned<bool>,
}
