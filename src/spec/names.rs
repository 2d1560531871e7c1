//! The names that a stack has on AWS, and how long they may be.
//!
//! Depends on the leaf types of this room. Invariant: a name made here for a checked spec is
//! admitted by AWS.

use super::leaf::{Region, ServiceName, StackName};

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
