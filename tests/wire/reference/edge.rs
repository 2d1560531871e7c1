//! CloudFront: the distribution, its behaviours and policies, and the function.

use aws_sdk_cloudfront::types::{
    EventType, FrameOptionsList, FunctionRuntime, FunctionStage, GeoRestrictionType, HttpVersion,
    OriginProtocolPolicy, PriceClass, ViewerProtocolPolicy,
};

use super::STACK;
use super::balancing::Balancing;
use crate::observer::{HEADER, Observer};

/// AWS's policy CachingDisabled.
const NOT_CACHED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/// AWS's policy AllViewer.
const ALL_OF_THE_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

/// Checks what all behaviours have in common; gives the cache policy.
macro_rules! check_behavior {
    ($behavior:expr, $function:expr) => {{
        let behavior = $behavior;
        assert_eq!(
            behavior.viewer_protocol_policy(),
            &ViewerProtocolPolicy::RedirectToHttps
        );
        assert_eq!(behavior.allowed_methods().unwrap().quantity(), 7);
        assert_eq!(behavior.compress(), Some(true));
        assert_eq!(behavior.origin_request_policy_id(), Some(ALL_OF_THE_VIEWER));
        assert!(behavior.response_headers_policy_id().is_some());
        let associations = behavior.function_associations().unwrap();
        let [association] = associations.items() else {
            panic!("{associations:?}")
        };
        assert_eq!(association.event_type(), &EventType::ViewerRequest);
        assert_eq!(association.function_arn(), $function);
        behavior.cache_policy_id().unwrap()
    }};
}

/// `value` is what CloudFront proves itself with.
pub(super) async fn check(aws: &Observer, balancing: &Balancing, value: &str) {
    let found = aws.cloudfront.list_distributions().send().await.unwrap();
    let list = found.distribution_list().unwrap();
    let [summary] = list.items() else {
        panic!("{} distributions", list.items().len())
    };
    let function = check_function(aws).await;
    let read = aws.cloudfront.get_distribution_config().id(summary.id());
    let config = read.send().await.unwrap().distribution_config.unwrap();
    assert!(config.enabled());
    assert_eq!(config.price_class(), Some(&PriceClass::PriceClass100));
    assert_eq!(config.http_version(), Some(&HttpVersion::Http2and3));

    let origins = config.origins().unwrap();
    let [origin] = origins.items() else {
        panic!("{} origins", origins.items().len())
    };
    assert_eq!(origin.domain_name(), balancing.domain_name);
    let custom = origin.custom_origin_config().unwrap();
    assert_eq!(custom.http_port(), 80);
    assert_eq!(
        custom.origin_protocol_policy(),
        &OriginProtocolPolicy::HttpOnly
    );
    let headers = origin.custom_headers().unwrap();
    let [header] = headers.items() else {
        panic!("{} headers", headers.items().len())
    };
    assert_eq!(header.header_name(), HEADER);
    assert!(
        header.header_value() == value,
        "CloudFront has another value"
    );

    let default = config.default_cache_behavior().unwrap();
    assert_eq!(check_behavior!(default, function), NOT_CACHED);
    let behaviors = config.cache_behaviors().unwrap();
    let [api, health] = behaviors.items() else {
        panic!("{behaviors:?}")
    };
    assert_eq!(api.path_pattern(), "/api/*");
    assert_eq!(check_behavior!(api, function), NOT_CACHED);
    assert_eq!(health.path_pattern(), "/health");
    check_seconds(aws, check_behavior!(health, function)).await;

    let restriction = config.restrictions().unwrap().geo_restriction().unwrap();
    assert_eq!(restriction.restriction_type(), &GeoRestrictionType::None);
    let certificate = config.viewer_certificate().unwrap();
    assert_eq!(certificate.cloud_front_default_certificate(), Some(true));
    check_headers(aws, default.response_headers_policy_id().unwrap()).await;
}

/// Answers are kept for thirty seconds, or less where they say so.
async fn check_seconds(aws: &Observer, policy: &str) {
    let read = aws.cloudfront.get_cache_policy().id(policy).send().await;
    let policy = read.unwrap().cache_policy.unwrap();
    let policy = policy.cache_policy_config().unwrap();
    let seconds = (policy.min_ttl(), policy.default_ttl(), policy.max_ttl());
    assert_eq!(seconds, (0, Some(30), Some(30)));
}

/// The function is published, and is the file's; gives its ARN.
async fn check_function(aws: &Observer) -> String {
    let found = aws.cloudfront.list_functions().stage(FunctionStage::Live);
    let found = found.send().await.unwrap();
    let [function] = found.function_list().unwrap().items() else {
        panic!("{found:?}")
    };
    assert!(function.name().starts_with(&format!("{STACK}-edge")));
    let runtime = function.function_config().unwrap().runtime();
    assert_eq!(runtime, &FunctionRuntime::CloudfrontJs20);
    let code = aws.cloudfront.get_function().name(function.name());
    let code = code.stage(FunctionStage::Live).send().await.unwrap();
    let wanted = include_bytes!("../../../workload/edge/guard.js");
    assert!(
        code.function_code.unwrap().as_ref() == wanted,
        "another code is published"
    );
    let metadata = function.function_metadata().unwrap();
    metadata.function_arn().to_owned()
}

async fn check_headers(aws: &Observer, policy: &str) {
    let read = aws.cloudfront.get_response_headers_policy().id(policy);
    let policy = read.send().await.unwrap().response_headers_policy.unwrap();
    let policy = policy.response_headers_policy_config().unwrap();
    let security = policy.security_headers_config().unwrap();
    let strict = security.strict_transport_security().unwrap();
    assert_eq!(strict.access_control_max_age_sec(), 31_536_000);
    assert!(security.content_type_options().unwrap().r#override());
    assert_eq!(
        security.frame_options().unwrap().frame_option(),
        &FrameOptionsList::Deny
    );
}
