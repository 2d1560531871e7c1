//! The resource kinds, one file each, and their registration.
//!
//! May depend on `model`, `aws` and `engine::provider`. Invariant: a kind is one file and one line
//! in [`KINDS`]; nothing else in the program names it, but for the recipes in `stack`.

mod ecs_cluster;
mod ecs_service;
mod ecs_service_reading;
mod ecs_service_reasons;
mod elastic_ip;
mod iam_role;
mod internet_gateway;
mod lifecycle;
mod listener;
mod listener_action;
mod listener_rule;
mod load_balancer;
mod log_group;
mod nat_gateway;
mod provider;
mod route;
mod route_table;
mod route_table_association;
mod security_group;
mod security_group_rule;
mod subnet;
mod target_group;
mod task_definition;
mod vpc;
mod vpc_endpoint;

pub use elastic_ip::{AllocationId, ElasticIp, ElasticIpOutputs, ElasticIpOutputsRefs, PublicIp};
pub use internet_gateway::{
    InternetGateway, InternetGatewayId, InternetGatewayOutputs, InternetGatewayOutputsRefs,
};
pub use lifecycle::{Entry, Lifecycle, Mark};
pub use listener::{Listener, ListenerArn, ListenerOutputs, ListenerOutputsRefs, ListenerProtocol};
pub use listener_action::{Action, FixedResponse, RedirectToHttps};
pub use listener_rule::{
    Condition, HttpHeader, ListenerRule, ListenerRuleArn, ListenerRuleOutputs,
    ListenerRuleOutputsRefs,
};
pub use load_balancer::{
    IpAddressType, LoadBalancer, LoadBalancerArn, LoadBalancerDnsName, LoadBalancerOutputs,
    LoadBalancerOutputsRefs, LoadBalancerZoneId, Scheme,
};
pub use nat_gateway::{NatGateway, NatGatewayId, NatGatewayOutputs, NatGatewayOutputsRefs};
pub use provider::Aws;
pub use route::{Route, RouteDestination, RouteId, RouteOutputs, RouteOutputsRefs, RouteTarget};
pub use route_table::{RouteTable, RouteTableId, RouteTableOutputs, RouteTableOutputsRefs};
pub use route_table_association::{
    RouteTableAssociation, RouteTableAssociationId, RouteTableAssociationOutputs,
    RouteTableAssociationOutputsRefs,
};
pub use security_group::{
    SecurityGroup, SecurityGroupId, SecurityGroupOutputs, SecurityGroupOutputsRefs,
};
pub use security_group_rule::{
    Direction, Peer, Ports, PrefixListId, SecurityGroupRule, SecurityGroupRuleId,
    SecurityGroupRuleOutputs, SecurityGroupRuleOutputsRefs,
};
pub use subnet::{Subnet, SubnetId, SubnetOutputs, SubnetOutputsRefs};
pub use target_group::{
    HealthCheck, HealthCheckProtocol, TargetGroup, TargetGroupArn, TargetGroupOutputs,
    TargetGroupOutputsRefs,
};
pub use vpc::{Vpc, VpcId, VpcOutputs, VpcOutputsRefs};
pub use vpc_endpoint::{
    EndpointType, VpcEndpoint, VpcEndpointId, VpcEndpointOutputs, VpcEndpointOutputsRefs,
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

/// Every kind.
pub static KINDS: &[Entry] = &[
    Entry::of::<EcsCluster>(),
    Entry::of::<EcsService>(),
    Entry::of::<ElasticIp>(),
    Entry::of::<IamRole>(),
    Entry::of::<InternetGateway>(),
    Entry::of::<Listener>(),
    Entry::of::<ListenerRule>(),
    Entry::of::<LoadBalancer>(),
    Entry::of::<LogGroup>(),
    Entry::of::<NatGateway>(),
    Entry::of::<Route>(),
    Entry::of::<RouteTable>(),
    Entry::of::<RouteTableAssociation>(),
    Entry::of::<SecurityGroup>(),
    Entry::of::<SecurityGroupRule>(),
    Entry::of::<Subnet>(),
    Entry::of::<TargetGroup>(),
    Entry::of::<TaskDefinition>(),
    Entry::of::<Vpc>(),
    Entry::of::<VpcEndpoint>(),
];
