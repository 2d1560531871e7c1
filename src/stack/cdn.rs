//! CloudFront in front of the load balancer.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: every request that reaches the load
//! balancer through the distribution carries the header by which it is known.

use std::collections::{BTreeMap, BTreeSet};

use super::cdn_policies::{Policies, add_policies};
use super::inputs::Inputs;
use super::secrets::Secrets;
use super::web_acl;
use crate::model::{Graph, Ref};
use crate::resources::{
    AcmCertificate, AllowedMethods, CacheBehavior, CachedMethods, CertificateArn,
    CloudFrontFunction, CloudFrontFunctionArn, Distribution, DistributionOutputsRefs,
    FunctionRuntime, GeoRestriction, HttpVersion, LoadBalancerOutputsRefs, MinimumProtocolVersion,
    Origin, OriginProtocolPolicy, OriginRequestPolicyId, PathBehavior, PriceClass, SslProtocol,
    SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy, WebAclArn,
};
use crate::spec::leaf;
use crate::spec::resolved::{Behavior, Cdn, Geo};
use crate::spec::{Spec, names};

/// What behaviours call the load balancer.
const ORIGIN: &str = "load-balancer";
/// Seconds for which CloudFront waits for the load balancer's answer, as it does by default.
const READ_TIMEOUT_S: u32 = 30;
/// Seconds for which CloudFront keeps an idle connection, as it does by default.
const KEEPALIVE_TIMEOUT_S: u32 = 5;

/// What the distribution needs of other parts of the stack.
pub(super) struct Needs<'a> {
    pub(super) load_balancer: Option<&'a LoadBalancerOutputsRefs>,
    pub(super) secrets: &'a Secrets,
    /// The certificate of the stack's domain, in the region where CloudFront looks for it.
    pub(super) certificate: Option<&'a Ref<CertificateArn>>,
}

/// What the CDN gives to other parts of the stack.
pub(super) struct Deployed {
    pub(super) distribution: DistributionOutputsRefs,
    pub(super) web_acl: Option<Ref<WebAclArn>>,
}

pub(super) fn add(
    graph: &mut Graph,
    spec: &Spec,
    inputs: &Inputs,
    needs: &Needs<'_>,
) -> Option<Deployed> {
    let cdn = spec.cdn.as_ref()?;
    let secret = needs.secrets.get(&cdn.auth.secret)?;
    let function = cdn
        .function
        .as_ref()
        .map(|_| add_function(graph, spec, inputs));
    let policies = add_policies(graph, spec, cdn);
    let behavior = |given: &Behavior| behavior(cdn, given, &policies, function.as_ref());
    let origin = origin(cdn, needs.load_balancer?);
    let web_acl = cdn.waf.as_ref().map(|waf| web_acl::add(graph, spec, waf));
    let distribution = Distribution {
        enabled: true,
        aliases: spec.domain.iter().map(|d| d.name.to_string()).collect(),
        price_class: price_class(cdn),
        http_version: HttpVersion::Http2And3,
        is_ipv6_enabled: true,
        default_root_object: None,
        origin,
        origin_headers: BTreeMap::from([(cdn.auth.header.to_string(), secret.value.clone())]),
        default_cache_behavior: behavior(&cdn.default),
        ordered_cache_behaviors: cdn
            .behaviors
            .iter()
            .map(|(pattern, given)| PathBehavior {
                path_pattern: pattern.to_string(),
                behavior: behavior(given),
            })
            .collect(),
        geo_restriction: match &cdn.geo {
            Geo::Everywhere => GeoRestriction::None,
            Geo::Allow(countries) => GeoRestriction::Allow(codes(countries)),
            Geo::Deny(countries) => GeoRestriction::Deny(codes(countries)),
        },
        viewer_certificate: match needs.certificate {
            Some(certificate) => ViewerCertificate::Acm(AcmCertificate {
                certificate_arn: certificate.clone(),
                minimum_protocol_version: MinimumProtocolVersion::Tls1_2From2021,
                ssl_support_method: SslSupportMethod::SniOnly,
            }),
            None => ViewerCertificate::Default,
        },
        web_acl_arn: web_acl.clone(),
    };
    Some(Deployed {
        distribution: graph.add("main", &distribution),
        web_acl,
    })
}

fn codes(countries: &BTreeSet<leaf::CountryCode>) -> BTreeSet<String> {
    countries.iter().map(ToString::to_string).collect()
}

fn price_class(cdn: &Cdn) -> PriceClass {
    match cdn.price_class {
        leaf::PriceClass::North => PriceClass::Class100,
        leaf::PriceClass::Most => PriceClass::Class200,
        leaf::PriceClass::All => PriceClass::All,
    }
}

fn origin(cdn: &Cdn, load_balancer: &LoadBalancerOutputsRefs) -> Origin {
    let (protocol_policy, http_port, https_port) = match cdn.origin.protocol {
        leaf::OriginProtocol::Http => (OriginProtocolPolicy::HttpOnly, cdn.origin.port, 443),
        leaf::OriginProtocol::Https => (OriginProtocolPolicy::HttpsOnly, 80, cdn.origin.port),
    };
    Origin {
        id: ORIGIN.to_owned(),
        domain_name: match &cdn.origin.name {
            Some(name) => Ref::known(name.to_string()),
            None => load_balancer.dns_name.clone(),
        },
        protocol_policy,
        http_port,
        https_port,
        ssl_protocols: BTreeSet::from([SslProtocol::Tls1_2]),
        read_timeout_s: READ_TIMEOUT_S,
        keepalive_timeout_s: KEEPALIVE_TIMEOUT_S,
    }
}

fn behavior(
    cdn: &Cdn,
    given: &Behavior,
    policies: &Policies,
    function: Option<&Ref<CloudFrontFunctionArn>>,
) -> CacheBehavior {
    CacheBehavior {
        target_origin_id: ORIGIN.to_owned(),
        viewer_protocol_policy: ViewerProtocolPolicy::RedirectToHttps,
        allowed_methods: AllowedMethods::All,
        cached_methods: CachedMethods::Read,
        compress: true,
        cache_policy_id: policies.cache(given),
        // A certificate for another name than the viewer asked for must be asked for by that name.
        origin_request_policy_id: Some(if cdn.origin.name.is_some() {
            OriginRequestPolicyId::all_viewer_except_host_header()
        } else {
            OriginRequestPolicyId::all_viewer()
        }),
        response_headers_policy_id: policies.headers.clone(),
        viewer_request_function: function.cloned(),
        viewer_response_function: None,
    }
}

/// The code that sees every request first.
fn add_function(graph: &mut Graph, spec: &Spec, inputs: &Inputs) -> Ref<CloudFrontFunctionArn> {
    let function = CloudFrontFunction {
        name: names::edge_function(&spec.stack, &spec.region),
        runtime: FunctionRuntime::CloudfrontJs2,
        code_sha256: inputs.edge(),
        comment: format!("Checks requests of {}", spec.stack),
    };
    graph.add("edge", &function).arn
}
