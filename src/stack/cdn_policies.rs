//! What the distribution keeps, and which header fields it adds to answers.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: behaviours that keep answers equally
//! long share a policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Graph, Ref};
use crate::resources::{
    CacheKeyHeaders, CachePolicy, CachePolicyId, ContentTypeOptions, FrameOption, FrameOptions,
    Referrer, ReferrerPolicy, ResponseHeadersPolicy, ResponseHeadersPolicyId, Selection,
    StrictTransportSecurity,
};
use crate::spec::resolved::{Behavior, Cdn};
use crate::spec::{Spec, names};

/// For how long browsers use nothing but HTTPS: a year, in seconds.
const STRICT_TRANSPORT_S: u32 = 31_536_000;

/// The policies of a distribution.
pub(super) struct Policies {
    /// Cache policies by the seconds for which they keep answers.
    caches: BTreeMap<u32, Ref<CachePolicyId>>,
    pub(super) headers: Option<Ref<ResponseHeadersPolicyId>>,
}

impl Policies {
    /// The cache policy of a behaviour.
    pub(super) fn cache(&self, behavior: &Behavior) -> Ref<CachePolicyId> {
        let own = behavior
            .cache_s
            .and_then(|cache_s| self.caches.get(&cache_s));
        own.cloned().unwrap_or_else(CachePolicyId::caching_disabled)
    }
}

pub(super) fn add_policies(graph: &mut Graph, spec: &Spec, cdn: &Cdn) -> Policies {
    let behaviors = cdn.behaviors.iter().map(|(_, behavior)| behavior);
    let kept: BTreeSet<u32> = behaviors
        .chain([&cdn.default])
        .filter_map(|behavior| behavior.cache_s)
        .collect();
    let caches = kept
        .into_iter()
        .map(|cache_s| (cache_s, add_cache(graph, spec, cache_s)))
        .collect();
    Policies {
        caches,
        headers: cdn.security_headers.then(|| add_headers(graph, spec)),
    }
}

/// Answers are kept for this long unless the service says for less; every query parameter tells
/// them apart.
fn add_cache(graph: &mut Graph, spec: &Spec, cache_s: u32) -> Ref<CachePolicyId> {
    let policy = CachePolicy {
        name: names::cache_policy(&spec.stack, &spec.region, cache_s),
        min_ttl_s: 0,
        default_ttl_s: cache_s,
        max_ttl_s: cache_s,
        enable_accept_encoding_gzip: true,
        enable_accept_encoding_brotli: true,
        headers: CacheKeyHeaders::None,
        cookies: Selection::None,
        query_strings: Selection::All,
    };
    graph.add(format!("cache-{cache_s}"), &policy).id
}

/// Header fields by which browsers are careful.
fn add_headers(graph: &mut Graph, spec: &Spec) -> Ref<ResponseHeadersPolicyId> {
    let policy = ResponseHeadersPolicy {
        name: names::response_headers_policy(&spec.stack, &spec.region),
        strict_transport_security: Some(StrictTransportSecurity {
            max_age_s: STRICT_TRANSPORT_S,
            include_subdomains: true,
            preload: false,
            overrides: true,
        }),
        content_type_options: Some(ContentTypeOptions { overrides: true }),
        frame_options: Some(FrameOptions {
            frame_option: FrameOption::Deny,
            overrides: false,
        }),
        referrer_policy: Some(ReferrerPolicy {
            referrer_policy: Referrer::StrictOriginWhenCrossOrigin,
            overrides: false,
        }),
        content_security_policy: None,
        custom_headers: BTreeMap::new(),
        remove_headers: BTreeSet::new(),
    };
    graph.add("security", &policy).id
}
