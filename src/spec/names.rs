//! The names that a stack has on AWS, and how long they may be.
//!
//! Depends on the leaf types of this room. Invariant: a name made here for a checked spec is
//! admitted by AWS.

use super::leaf::{FunctionName, Region, SecretName, ServiceName, StackName};

/// Characters behind a name whose resource is replaced by a new one before the old one goes:
/// a hyphen and six letters or digits.
pub const SUFFIX_LENGTH: usize = 7;
/// Most characters in the name of a load balancer or a target group, suffix included.
pub const ELB_LIMIT: usize = 32;
/// Most characters in the name of an IAM role.
pub const ROLE_LIMIT: usize = 64;
/// Most characters in the name of a stack, so that its load balancer can be named.
pub const STACK_LIMIT: usize = ELB_LIMIT - SUFFIX_LENGTH - "-alb".len();

/// Load balancer of a stack, without the suffix.
pub fn load_balancer(stack: &StackName) -> String {
    format!("{stack}-alb")
}

/// Target group of a service, without the suffix.
pub fn target_group(stack: &StackName, service: &ServiceName) -> String {
    format!("{stack}-{service}")
}

/// ECS cluster of a stack.
pub fn cluster(stack: &StackName) -> String {
    format!("{stack}-cluster")
}

/// ECS service.
pub fn service(stack: &StackName, service: &ServiceName) -> String {
    format!("{stack}-{service}-service")
}

/// Family of a service's task definitions.
pub fn task_family(stack: &StackName, service: &ServiceName) -> String {
    format!("{stack}-{service}-task")
}

/// Log group of a service.
pub fn log_group(stack: &StackName, service: &ServiceName) -> String {
    format!("/ecs/{stack}-{service}")
}

/// Role with which ECS starts a service's tasks. Roles are shared by all regions, so the region is
/// part of the name.
pub fn execution_role(stack: &StackName, service: &ServiceName, region: &Region) -> String {
    format!("{stack}-{service}-execution-{region}")
}

/// Role that a service's tasks have themselves.
pub fn task_role(stack: &StackName, service: &ServiceName, region: &Region) -> String {
    format!("{stack}-{service}-task-{region}")
}

/// Secret in Secrets Manager.
pub fn secret(stack: &StackName, secret: &SecretName) -> String {
    format!("{stack}/{secret}")
}

/// Environment variable in which who may read a secret finds its ARN: `cdn-auth` is in
/// `CDN_AUTH_SECRET_ARN`.
pub fn secret_variable(secret: &SecretName) -> String {
    let name = secret.as_str().to_ascii_uppercase().replace('-', "_");
    format!("{name}_SECRET_ARN")
}

/// Repository in Amazon ECR for the images of a service that are built.
pub fn repository(stack: &StackName, service: &ServiceName) -> String {
    format!("{stack}/{service}")
}

/// Function on AWS Lambda.
pub fn function(stack: &StackName, function: &FunctionName) -> String {
    format!("{stack}-{function}")
}

/// Schedule by which a function is called.
pub fn schedule(stack: &StackName, function: &FunctionName) -> String {
    format!("{stack}-{function}")
}

/// Bucket for the load balancer's logs. All accounts share the names of buckets, so account and
/// region are part of it.
pub fn log_bucket(stack: &StackName, account: &str, region: &Region) -> String {
    format!("{stack}-logs-{account}-{region}")
}

/// CloudFront Function. CloudFront is shared by all regions, so the region is part of the names of
/// what belongs to it.
pub fn edge_function(stack: &StackName, region: &Region) -> String {
    format!("{stack}-edge-{region}")
}

/// Cache policy that keeps answers for so many seconds.
pub fn cache_policy(stack: &StackName, region: &Region, cache_s: u32) -> String {
    format!("{stack}-cache-{cache_s}-{region}")
}

/// Response headers policy.
pub fn response_headers_policy(stack: &StackName, region: &Region) -> String {
    format!("{stack}-security-{region}")
}

/// Web ACL of the CDN.
pub fn web_acl(stack: &StackName, region: &Region) -> String {
    format!("{stack}-{region}")
}

/// Log group of a function: where Lambda writes if it is told nothing else.
pub fn function_log_group(stack: &StackName, function: &FunctionName) -> String {
    format!("/aws/lambda/{stack}-{function}")
}

/// Role that a function has.
pub fn function_role(stack: &StackName, function: &FunctionName, region: &Region) -> String {
    format!("{stack}-fn-{function}-{region}")
}
