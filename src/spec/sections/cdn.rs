//! The sections `cdn` and `domain`.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::spec::choice::Whole;
use crate::spec::collection::Named;
use crate::spec::leaf::{
    CountryCode, DomainName, HeaderName, HostedZone, OriginProtocol, PathPattern, PriceClass,
    SecretName, SourcePath,
};
use crate::spec::reader::{Optional, Spanned};
use crate::spec::switch::{OrOff, Switch};

/// CloudFront in front of the load balancer, which then listens to one port and admits nobody else:
/// its security group lets CloudFront's address ranges in, and its rules forward only what carries
/// a header field that CloudFront adds. Everything else is answered with 403.
#[derive(Debug, Section)]
pub(crate) struct CdnSection {
    /// Which edge locations answer.
    #[key(default = "PriceClass_100")]
    pub(crate) price_class: Spanned<PriceClass>,
    /// The header field by which the load balancer knows CloudFront.
    #[key(example = "{ header: X-CDN-Auth, secret: cdn-auth }")]
    pub(crate) auth: Spanned<AuthSection>,
    /// What CloudFront speaks with the load balancer. `https` needs a certificate there: that of
    /// `domain`, or one of your own together with `origin_name`.
    #[key(default = "http")]
    pub(crate) origin_protocol: Spanned<OriginProtocol>,
    /// Name under which CloudFront looks for the load balancer. A DNS record of yours must lead
    /// from it to the load balancer, and the load balancer's certificate must bear it.
    #[key(
        absent = "the load balancer's own name",
        example = "origin.example.com"
    )]
    pub(crate) origin_name: Optional<DomainName>,
    /// File with the code of a CloudFront Function that sees every request of a viewer first.
    #[key(absent = "no function", example = "workload/edge/guard.js")]
    pub(crate) function: Optional<SourcePath>,
    /// What happens to requests that no entry of `behaviors` matches.
    #[key(default = "{}", example = "{ cache: off }")]
    pub(crate) default: Spanned<BehaviorSection>,
    /// What happens to requests for some paths. The first pattern that matches counts, in the order
    /// of the file.
    #[key(default = "{}", example = "{ /api/*: off, /health: 30 }")]
    pub(crate) behaviors: Spanned<Named<PathPattern, BehaviorSection>>,
    /// Countries that are served, or not.
    #[key(absent = "all countries", example = "{ deny: [KP] }")]
    pub(crate) geo: Optional<GeoSection>,
    /// Whether answers get the header fields that browsers want for their safety: HSTS, no sniffing
    /// of types, no foreign frames, a referrer for the own site only.
    #[key(default = "true")]
    pub(crate) security_headers: Spanned<bool>,
    /// A web ACL with AWS's common rules and a limit for each address; `true` takes the defaults.
    #[key(default = "false", example = "{ rate_limit: 2000 }")]
    pub(crate) waf: Spanned<Switch<WafSection>>,
}

/// Header field that CloudFront adds to each request to the load balancer, with a secret value.
/// `auth: cdn-auth` is short for `auth: { secret: cdn-auth }`.
#[derive(Debug, Section)]
#[section(short = "secret")]
pub(crate) struct AuthSection {
    /// Name of the field.
    #[key(default = "X-CDN-Auth")]
    pub(crate) header: Spanned<HeaderName>,
    /// Key in `secrets`. No service and no function may read this one.
    #[key(example = "cdn-auth")]
    pub(crate) secret: Spanned<SecretName>,
}

/// What CloudFront does with requests. `/health: 30` is short for `/health: { cache: 30 }`.
#[derive(Debug, Section)]
#[section(short = "cache")]
pub(crate) struct BehaviorSection {
    /// Seconds for which answers are kept, unless they say less themselves. Query, cookies and
    /// `Authorization` then make no difference, so keep only what is the same for everybody.
    #[key(default = "off", example = "30")]
    pub(crate) cache: Spanned<OrOff<0, 31_536_000>>,
}

/// Countries that are served: only some, or all but some.
#[derive(Debug, Section)]
#[section(exactly_one = "allow, deny")]
pub(crate) struct GeoSection {
    /// The only countries that are served.
    #[key(
        absent = "all but those in `deny`",
        example = "[DE, FR]",
        distinct,
        some
    )]
    pub(crate) allow: Optional<Vec<Spanned<CountryCode>>>,
    /// Countries that are not served.
    #[key(
        absent = "none, or all but those in `allow`",
        example = "[KP]",
        distinct,
        some
    )]
    pub(crate) deny: Optional<Vec<Spanned<CountryCode>>>,
}

/// Web ACL of the distribution. `waf: 2000` is short for `waf: { rate_limit: 2000 }`.
#[derive(Debug, Section)]
#[section(short = "rate_limit")]
pub(crate) struct WafSection {
    /// Requests that one address may make in five minutes.
    #[key(default = "2000")]
    pub(crate) rate_limit: Spanned<Whole<10, 2_000_000_000>>,
}

/// A name for the stack. It leads to the CDN, or without one to the load balancer, and gets the
/// certificates that are needed, which prove themselves by records in the zone.
#[derive(Debug, Section)]
pub(crate) struct DomainSection {
    /// The name.
    #[key(example = "www.example.com")]
    pub(crate) name: Spanned<DomainName>,
    /// Hosted zone of the account, by its name or id, that `name` belongs to.
    #[key(example = "example.com")]
    pub(crate) zone: Spanned<HostedZone>,
}
