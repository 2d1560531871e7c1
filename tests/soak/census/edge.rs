//! CloudFront, with what only CloudFront uses.

use aws_sdk_cloudfront::types::{
    CachePolicyType, OriginRequestPolicyType, ResponseHeadersPolicyType,
};
use aws_sdk_wafv2::types::Scope;

use super::Census;
use crate::observer::Observer;

pub(super) async fn list(aws: &Observer, census: &mut Census) {
    let edge = &aws.cloudfront;
    let found = edge.list_distributions().send().await.expect("a reply");
    let found = found.distribution_list.and_then(|list| list.items);
    for one in found.unwrap_or_default() {
        let label = format!("{} {} {}", one.comment(), one.enabled(), one.status());
        census.add("distribution", one.id(), &label, &one);
    }
    let found = edge.list_functions().send().await.expect("a reply");
    let found = found.function_list.and_then(|list| list.items);
    for one in found.unwrap_or_default() {
        let stage = one.function_metadata().and_then(|data| data.stage());
        let name = format!("{} {stage:?}", one.name());
        let label = format!("{} {stage:?}", without_digest(one.name()));
        census.add("edge-function", name.as_str(), &label, &one);
    }
    let acls = aws.wafv2.list_web_acls().scope(Scope::Cloudfront);
    let acls = acls.send().await.expect("a reply").web_acls;
    for acl in acls.unwrap_or_default() {
        let name = acl.name().unwrap_or_default();
        census.add("web-acl", acl.arn(), name, &acl);
    }
    policies(aws, census).await;
}

async fn policies(aws: &Observer, census: &mut Census) {
    let edge = &aws.cloudfront;
    let custom = CachePolicyType::Custom;
    let found = edge.list_cache_policies().r#type(custom).send().await;
    let found = found.expect("a reply").cache_policy_list;
    for policy in found.and_then(|list| list.items).unwrap_or_default() {
        let policy = policy.cache_policy.expect("a policy");
        let config = policy.cache_policy_config().expect("a configuration");
        census.add("cache-policy", policy.id(), config.name(), &policy);
    }
    let custom = ResponseHeadersPolicyType::Custom;
    let found = edge.list_response_headers_policies().r#type(custom);
    let found = found.send().await.expect("a reply");
    let found = found.response_headers_policy_list;
    for policy in found.and_then(|list| list.items).unwrap_or_default() {
        let policy = policy.response_headers_policy.expect("a policy");
        let config = policy.response_headers_policy_config();
        let name = config.expect("a configuration").name();
        census.add("headers-policy", policy.id(), name, &policy);
    }
    let custom = OriginRequestPolicyType::Custom;
    let found = edge.list_origin_request_policies().r#type(custom);
    let found = found.send().await.expect("a reply");
    let found = found.origin_request_policy_list;
    for policy in found.and_then(|list| list.items).unwrap_or_default() {
        let policy = policy.origin_request_policy.expect("a policy");
        let config = policy.origin_request_policy_config();
        let name = config.expect("a configuration").name();
        census.add("origin-policy", policy.id(), name, &policy);
    }
}

/// A name without what it ends with to tell it from that of another content.
fn without_digest(name: &str) -> &str {
    let end = name.rsplit_once('-');
    end.map_or(name, |(start, _)| start)
}
