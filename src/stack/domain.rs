//! The stack's own name: certificates, and the records that lead to it.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: the name leads to the CDN where there
//! is one, else to the load balancer.

use std::collections::BTreeSet;

use super::balancing::Balancing;
use crate::model::{Graph, Ref};
use crate::resources::{
    AddressType, AliasTarget, Certificate, CertificateArn, CertificateValidation,
    DistributionOutputsRefs, KeyAlgorithm, LoadBalancerAlias, Route53Record,
};
use crate::spec::Spec;
use crate::spec::resolved::{self, Domain};

/// Where CloudFront looks for certificates.
const CDN_REGION: &str = "us-east-1";

/// The certificates of a stack's domain.
#[derive(Default)]
pub(super) struct Certificates {
    /// For the load balancer.
    pub(super) regional: Option<Ref<CertificateArn>>,
    /// For CloudFront.
    pub(super) global: Option<Ref<CertificateArn>>,
}

pub(super) fn add_certificates(graph: &mut Graph, spec: &Spec) -> Certificates {
    let Some(domain) = &spec.domain else {
        return Certificates::default();
    };
    let regional = shows_certificate_of_domain(spec)
        .then(|| add_certificate(graph, "alb", domain, spec.region.as_str()));
    let is_behind_cdn = spec.cdn.is_some();
    let global = is_behind_cdn.then(|| add_certificate(graph, "cdn", domain, CDN_REGION));
    Certificates { regional, global }
}

fn shows_certificate_of_domain(spec: &Spec) -> bool {
    let listeners = spec.load_balancer.iter().flat_map(|b| &b.listeners);
    listeners
        .into_iter()
        .any(|listener| match &listener.protocol {
            resolved::Protocol::Https { certificate, .. } => {
                *certificate == resolved::Certificate::OfDomain
            }
            resolved::Protocol::Http => false,
        })
}

fn add_certificate(
    graph: &mut Graph,
    name: &'static str,
    domain: &Domain,
    region: &str,
) -> Ref<CertificateArn> {
    let certificate = Certificate {
        domain_name: domain.name.to_string(),
        subject_alternative_names: BTreeSet::new(),
        region: region.to_owned(),
        key_algorithm: KeyAlgorithm::Rsa2048,
    };
    let arn = graph.add(name, &certificate).arn;
    graph.add_child(&CertificateValidation {
        certificate_arn: arn.clone(),
        zone: domain.zone.to_string(),
    });
    arn
}

/// The name leads to the CDN, or else to the load balancer.
pub(super) fn add_record(
    graph: &mut Graph,
    spec: &Spec,
    balancing: &Balancing,
    distribution: Option<&DistributionOutputsRefs>,
) {
    let Some(domain) = &spec.domain else { return };
    let target = match (distribution, &balancing.load_balancer) {
        (Some(distribution), _) => AliasTarget::Distribution(distribution.domain_name.clone()),
        (None, Some(load_balancer)) => AliasTarget::LoadBalancer(LoadBalancerAlias {
            dns_name: load_balancer.dns_name.clone(),
            zone_id: load_balancer.zone_id.clone(),
        }),
        (None, None) => return,
    };
    let types = match &target {
        AliasTarget::Distribution(_) => [AddressType::A, AddressType::Aaaa].into(),
        // It has no addresses of IPv6.
        AliasTarget::LoadBalancer(_) | AliasTarget::Other(_) => [AddressType::A].into(),
    };
    graph.add(
        "main",
        &Route53Record {
            zone: domain.zone.to_string(),
            name: domain.name.to_string(),
            types,
            target,
        },
    );
}
