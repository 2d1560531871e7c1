//! Cluster, service with its bounds, task definition, and what the tasks may do.

use std::collections::BTreeSet;

use aws_sdk_applicationautoscaling::types::{MetricType, ServiceNamespace};

use super::STACK;
use super::network::Groups;
use crate::observer::Observer;
use crate::program::IMAGE;

/// Cluster, service and task definition.
pub(super) async fn check(aws: &Observer, target_group: &str, groups: &Groups) {
    let clusters = aws.ecs.list_clusters().send().await.unwrap();
    let [cluster] = clusters.cluster_arns() else {
        panic!("{clusters:?}")
    };
    assert!(cluster.ends_with(&format!("{STACK}-cluster")));
    let services = aws
        .ecs
        .list_services()
        .cluster(cluster)
        .send()
        .await
        .unwrap();
    let described = aws
        .ecs
        .describe_services()
        .cluster(cluster)
        .set_services(Some(services.service_arns().to_vec()))
        .send()
        .await
        .unwrap();
    let [service] = described.services() else {
        panic!("{described:?}")
    };
    assert_eq!(service.desired_count(), 2);
    assert_eq!(service.running_count(), 2);
    assert_eq!(service.launch_type().unwrap().as_str(), "FARGATE");
    let [balancer] = service.load_balancers() else {
        panic!("{service:?}")
    };
    assert_eq!(balancer.target_group_arn(), Some(target_group));
    assert_eq!(balancer.container_port(), Some(8000));
    let vpc = service
        .network_configuration()
        .unwrap()
        .awsvpc_configuration()
        .unwrap();
    assert_eq!(vpc.assign_public_ip().unwrap().as_str(), "DISABLED");
    assert_eq!(vpc.security_groups(), std::slice::from_ref(&groups.tasks));
    let private = aws
        .ec2
        .describe_subnets()
        .set_subnet_ids(Some(vpc.subnets().to_vec()))
        .send()
        .await
        .unwrap();
    let ranges: BTreeSet<_> = private
        .subnets()
        .iter()
        .filter_map(|s| s.cidr_block())
        .collect();
    assert_eq!(ranges, BTreeSet::from(["10.0.3.0/24", "10.0.4.0/24"]));
    scaling(aws, cluster, service.service_name().unwrap()).await;
    let breaker = service
        .deployment_configuration()
        .unwrap()
        .deployment_circuit_breaker()
        .unwrap();
    assert!(breaker.enable() && breaker.rollback());

    let definition = aws
        .ecs
        .describe_task_definition()
        .task_definition(service.task_definition().unwrap())
        .send()
        .await
        .unwrap();
    let definition = definition.task_definition().unwrap();
    assert_eq!(
        (definition.cpu(), definition.memory()),
        (Some("256"), Some("512"))
    );
    let [container] = definition.container_definitions() else {
        panic!("{definition:?}")
    };
    assert_eq!(container.image(), Some(IMAGE));
    assert_eq!(container.port_mappings()[0].container_port(), Some(8000));
    let variables: Vec<_> = container
        .environment()
        .iter()
        .filter_map(|v| v.name())
        .collect();
    assert_eq!(variables, ["ENVIRONMENT", "JWT_SECRET_ARN"]);
    let [injected] = container.secrets() else {
        panic!("{container:?}")
    };
    assert_eq!(injected.name(), "API_KEY");
    assert!(
        injected
            .value_from()
            .contains(&format!(":secret:{STACK}/api-key-"))
    );
    assert_eq!(
        container.log_configuration().unwrap().log_driver().as_str(),
        "awslogs"
    );
    assert!(definition.execution_role_arn().is_some() && definition.task_role_arn().is_some());
}

/// Between two and six tasks, by the use of their processors.
async fn scaling(aws: &Observer, cluster: &str, service: &str) {
    let cluster = cluster.rsplit('/').next().unwrap();
    let resource = format!("service/{cluster}/{service}");
    let targets = aws.autoscaling.describe_scalable_targets();
    let targets = targets.service_namespace(ServiceNamespace::Ecs);
    let targets = targets.send().await.unwrap();
    let [target] = targets.scalable_targets() else {
        panic!("{targets:?}")
    };
    let dimension = target.scalable_dimension();
    assert_eq!(target.resource_id(), resource);
    assert_eq!(dimension.as_str(), "ecs:service:DesiredCount");
    assert_eq!(target.min_capacity(), 2);
    assert_eq!(target.max_capacity(), 6);
    let policies = aws.autoscaling.describe_scaling_policies();
    let policies = policies.service_namespace(ServiceNamespace::Ecs);
    let policies = policies.send().await.unwrap();
    let [policy] = policies.scaling_policies() else {
        panic!("{policies:?}")
    };
    assert_eq!(policy.resource_id(), resource);
    let tracking = policy
        .target_tracking_scaling_policy_configuration()
        .unwrap();
    assert_eq!(tracking.target_value(), 60.0);
    let metric = tracking.predefined_metric_specification().unwrap();
    assert_eq!(
        metric.predefined_metric_type(),
        &MetricType::EcsServiceAverageCpuUtilization
    );
}
