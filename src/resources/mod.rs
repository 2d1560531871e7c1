//! The resource kinds, one file each, and their registration.
//!
//! May depend on `model`, `aws` and `engine::provider`. Invariant: a kind is one file and one line
//! in [`KINDS`]; nothing else in the program names it, but for the recipes in `stack`.

mod cache_policy;
mod certificate;
mod certificate_reading;
mod certificate_validation;
mod cloudfront_function;
mod cloudfront_policy;
#[cfg(test)]
mod cloudfront_script;
mod container_image;
mod dashboard;
mod decimal;
mod distribution;
mod distribution_parts;
mod distribution_reading;
mod distribution_writing;
mod ecr_repository;
mod ecs_cluster;
mod ecs_service;
mod ecs_service_health;
mod ecs_service_progress;
mod ecs_service_reading;
mod ecs_service_reasons;
mod elastic_ip;
mod event_rule;
mod health;
mod iam_role;
mod internet_gateway;
mod lambda_function;
mod lambda_function_url;
mod lambda_permission;
mod lifecycle;
mod listener;
mod listener_action;
mod listener_rule;
mod load_balancer;
mod log_group;
mod metric_alarm;
mod nat_gateway;
mod origin_request_policy;
mod provider;
mod response_headers_policy;
mod response_headers_policy_parts;
mod route;
mod route53_record;
mod route53_record_reading;
#[cfg(test)]
mod route53_script;
mod route_table;
mod route_table_association;
mod s3_bucket;
mod s3_bucket_contents;
mod s3_bucket_policy;
mod s3_bucket_reading;
mod scalable_target;
mod scaling_policy;
mod secret;
mod secret_listing;
mod secret_rotation;
mod secret_versions;
mod security_group;
mod security_group_rule;
mod sns_subscription;
mod sns_topic;
mod subnet;
mod target_group;
mod task_definition;
mod vpc;
mod vpc_endpoint;
mod web_acl;
mod web_acl_rule;

pub use cache_policy::{
    CacheKeyHeaders, CachePolicy, CachePolicyId, CachePolicyOutputs, CachePolicyOutputsRefs,
};
pub use certificate::{
    Certificate, CertificateArn, CertificateOutputs, CertificateOutputsRefs, KeyAlgorithm,
};
pub use certificate_validation::{
    CertificateValidation, CertificateValidationId, CertificateValidationOutputs,
    CertificateValidationOutputsRefs,
};
pub use cloudfront_function::{
    CloudFrontFunction, CloudFrontFunctionArn, CloudFrontFunctionOutputs,
    CloudFrontFunctionOutputsRefs, FunctionRuntime,
};
pub use cloudfront_policy::Selection;
pub use distribution::{
    Distribution, DistributionArn, DistributionDomainName, DistributionId, DistributionOutputs,
    DistributionOutputsRefs, DistributionZoneId,
};
pub use distribution_parts::{
    AcmCertificate, AllowedMethods, CacheBehavior, CachedMethods, GeoRestriction, HttpVersion,
    MinimumProtocolVersion, Origin, OriginProtocolPolicy, PathBehavior, PriceClass, SslProtocol,
    SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy,
};
pub use origin_request_policy::{
    OriginRequestHeaders, OriginRequestPolicy, OriginRequestPolicyId, OriginRequestPolicyOutputs,
    OriginRequestPolicyOutputsRefs,
};
pub use response_headers_policy::{
    ContentSecurityPolicy, ContentTypeOptions, FrameOption, FrameOptions, Referrer, ReferrerPolicy,
    ResponseHeader, ResponseHeadersPolicy, ResponseHeadersPolicyId, ResponseHeadersPolicyOutputs,
    ResponseHeadersPolicyOutputsRefs, StrictTransportSecurity,
};

pub use dashboard::{
    Dashboard, DashboardArn, DashboardName, DashboardOutputs, DashboardOutputsRefs,
};
pub use decimal::Decimal;
pub use elastic_ip::{AllocationId, ElasticIp, ElasticIpOutputs, ElasticIpOutputsRefs, PublicIp};
pub use event_rule::{
    EventRule, EventRuleArn, EventRuleName, EventRuleOutputs, EventRuleOutputsRefs, EventTarget,
};
pub use internet_gateway::{
    InternetGateway, InternetGatewayId, InternetGatewayOutputs, InternetGatewayOutputsRefs,
};
pub use lambda_function::{
    LambdaArchitecture, LambdaFunction, LambdaFunctionArn, LambdaFunctionName,
    LambdaFunctionOutputs, LambdaFunctionOutputsRefs,
};
pub use lambda_function_url::{
    LambdaFunctionUrl, LambdaFunctionUrlAddress, LambdaFunctionUrlId, LambdaFunctionUrlOutputs,
    LambdaFunctionUrlOutputsRefs, UrlAuthType,
};
pub use lambda_permission::{
    LambdaPermission, LambdaPermissionId, LambdaPermissionOutputs, LambdaPermissionOutputsRefs,
};
pub use lifecycle::{Entry, Lifecycle, Mark};
pub use listener::{Listener, ListenerArn, ListenerOutputs, ListenerOutputsRefs, ListenerProtocol};
pub use listener_action::{Action, FixedResponse, RedirectToHttps};
pub use listener_rule::{
    Condition, HttpHeader, ListenerRule, ListenerRuleArn, ListenerRuleOutputs,
    ListenerRuleOutputsRefs,
};
pub use load_balancer::{
    AccessLogs, IpAddressType, LoadBalancer, LoadBalancerArn, LoadBalancerDnsName,
    LoadBalancerOutputs, LoadBalancerOutputsRefs, LoadBalancerSuffix, LoadBalancerZoneId, Scheme,
};
pub use metric_alarm::{
    AlarmArn, Comparison, MetricAlarm, MetricAlarmOutputs, MetricAlarmOutputsRefs, MissingData,
};
pub use nat_gateway::{NatGateway, NatGatewayId, NatGatewayOutputs, NatGatewayOutputsRefs};
pub use provider::Aws;
pub use route::{Route, RouteDestination, RouteId, RouteOutputs, RouteOutputsRefs, RouteTarget};
pub use route_table::{RouteTable, RouteTableId, RouteTableOutputs, RouteTableOutputsRefs};
pub use route_table_association::{
    RouteTableAssociation, RouteTableAssociationId, RouteTableAssociationOutputs,
    RouteTableAssociationOutputsRefs,
};
pub use route53_record::{
    AddressType, AliasTarget, DnsName, LoadBalancerAlias, Route53Record, Route53RecordId,
    Route53RecordOutputs, Route53RecordOutputsRefs,
};
pub use s3_bucket::{
    BucketArn, BucketName, Expiration, S3Bucket, S3BucketOutputs, S3BucketOutputsRefs,
};
pub use s3_bucket_policy::LogBucket;
pub use scalable_target::{
    ScalableTarget, ScalableTargetId, ScalableTargetOutputs, ScalableTargetOutputsRefs,
};
pub use scaling_policy::{
    ScalingMetric, ScalingPolicy, ScalingPolicyArn, ScalingPolicyOutputs, ScalingPolicyOutputsRefs,
};
pub use secret::{
    Secret, SecretArn, SecretName, SecretOutputs, SecretOutputsRefs, SecretUsage, SecretValue,
};
pub use secret_rotation::{
    SecretRotation, SecretRotationId, SecretRotationOutputs, SecretRotationOutputsRefs,
};
pub use security_group::{
    SecurityGroup, SecurityGroupId, SecurityGroupOutputs, SecurityGroupOutputsRefs,
};
pub use security_group_rule::{
    Direction, Peer, Ports, PrefixListId, SecurityGroupRule, SecurityGroupRuleId,
    SecurityGroupRuleOutputs, SecurityGroupRuleOutputsRefs,
};
pub use sns_subscription::{
    SnsSubscription, SnsSubscriptionOutputs, SnsSubscriptionOutputsRefs, SubscriptionId,
};
pub use sns_topic::{SnsTopic, SnsTopicOutputs, SnsTopicOutputsRefs, TopicArn};
pub use subnet::{Subnet, SubnetId, SubnetOutputs, SubnetOutputsRefs};
pub use target_group::{
    HealthCheck, HealthCheckProtocol, TargetGroup, TargetGroupArn, TargetGroupOutputs,
    TargetGroupOutputsRefs, TargetGroupSuffix,
};
pub use vpc::{Vpc, VpcId, VpcOutputs, VpcOutputsRefs};
pub use vpc_endpoint::{
    EndpointType, VpcEndpoint, VpcEndpointId, VpcEndpointOutputs, VpcEndpointOutputsRefs,
};
pub use web_acl::{DefaultAction, WebAcl, WebAclArn, WebAclOutputs, WebAclOutputsRefs};
pub use web_acl_rule::{
    AclRule, ManagedRuleGroup, RateLimit, RuleEffect, RuleStatement, Visibility,
};

pub use container_image::{
    ContainerImage, ContainerImageOutputs, ContainerImageOutputsRefs, ContainerImageUri,
};
pub use ecr_repository::{
    EcrRepository, EcrRepositoryOutputs, EcrRepositoryOutputsRefs, ImageTagMutability,
    RepositoryArn, RepositoryName, RepositoryUrl,
};
pub use ecs_cluster::{
    ContainerInsights, EcsCluster, EcsClusterArn, EcsClusterName, EcsClusterOutputs,
    EcsClusterOutputsRefs,
};
pub use ecs_service::{
    EcsService, EcsServiceArn, EcsServiceName, EcsServiceOutputs, EcsServiceOutputsRefs,
    ServiceTarget,
};
pub use iam_role::{IamRole, IamRoleArn, IamRoleOutputs, IamRoleOutputsRefs};
pub use log_group::{LogGroup, LogGroupArn, LogGroupName, LogGroupOutputs, LogGroupOutputsRefs};
pub use task_definition::{
    Architecture, Container, ContainerLog, TaskDefinition, TaskDefinitionArn,
    TaskDefinitionOutputs, TaskDefinitionOutputsRefs,
};

/// What every kind declares.
pub fn schemas() -> Vec<&'static crate::model::Schema> {
    KINDS.iter().map(|entry| entry.schema).collect()
}

/// Every kind.
pub static KINDS: &[Entry] = &[
    Entry::of::<Certificate>(),
    Entry::of::<CertificateValidation>(),
    Entry::of::<CachePolicy>(),
    Entry::of::<CloudFrontFunction>(),
    Entry::of::<ContainerImage>(),
    Entry::of::<Dashboard>(),
    Entry::of::<Distribution>(),
    Entry::of::<EcrRepository>(),
    Entry::of::<EcsCluster>(),
    Entry::of::<EcsService>(),
    Entry::of::<ElasticIp>(),
    Entry::of::<EventRule>(),
    Entry::of::<IamRole>(),
    Entry::of::<InternetGateway>(),
    Entry::of::<LambdaFunction>(),
    Entry::of::<LambdaFunctionUrl>(),
    Entry::of::<LambdaPermission>(),
    Entry::of::<Listener>(),
    Entry::of::<ListenerRule>(),
    Entry::of::<LoadBalancer>(),
    Entry::of::<LogGroup>(),
    Entry::of::<MetricAlarm>(),
    Entry::of::<NatGateway>(),
    Entry::of::<OriginRequestPolicy>(),
    Entry::of::<ResponseHeadersPolicy>(),
    Entry::of::<Route>(),
    Entry::of::<Route53Record>(),
    Entry::of::<RouteTable>(),
    Entry::of::<RouteTableAssociation>(),
    Entry::of::<S3Bucket>(),
    Entry::of::<ScalableTarget>(),
    Entry::of::<ScalingPolicy>(),
    Entry::of::<Secret>(),
    Entry::of::<SecretRotation>(),
    Entry::of::<SecurityGroup>(),
    Entry::of::<SecurityGroupRule>(),
    Entry::of::<SnsSubscription>(),
    Entry::of::<SnsTopic>(),
    Entry::of::<Subnet>(),
    Entry::of::<TargetGroup>(),
    Entry::of::<TaskDefinition>(),
    Entry::of::<Vpc>(),
    Entry::of::<VpcEndpoint>(),
    Entry::of::<WebAcl>(),
];
