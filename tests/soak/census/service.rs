//! Load balancers, containers and what scales them.

use aws_sdk_applicationautoscaling::types::ServiceNamespace;
use aws_sdk_ecs::types::TaskDefinitionStatus;
use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer};

use super::Census;
use crate::observer::Observer;

pub(super) async fn list(aws: &Observer, census: &mut Census) {
    balancing(aws, census).await;
    containers(aws, census).await;
    scaling(aws, census).await;
}

async fn balancing(aws: &Observer, census: &mut Census) {
    let groups = aws.elbv2.describe_target_groups().send().await;
    for group in groups.expect("target groups").target_groups() {
        let name = group.target_group_name().unwrap_or_default();
        let used = group.load_balancer_arns().len();
        let label = format!("{name} {:?} {used}", group.port());
        census.add("target-group", group.target_group_arn(), &label, group);
    }
    let balancers = aws.elbv2.describe_load_balancers().send().await;
    for balancer in balancers.expect("load balancers").load_balancers() {
        let name = balancer.load_balancer_name().unwrap_or_default();
        let arn = balancer.load_balancer_arn().unwrap_or_default();
        let attributes = aws.elbv2.describe_load_balancer_attributes();
        let attributes = attributes.load_balancer_arn(arn).send().await;
        let attributes = attributes.expect("attributes").attributes;
        census.add("load-balancer", arn, name, &(balancer, attributes));
        let listeners = aws.elbv2.describe_listeners().load_balancer_arn(arn);
        let listeners = listeners.send().await.expect("listeners");
        for listener in listeners.listeners() {
            listens(aws, census, balancer, listener).await;
        }
    }
}

async fn listens(
    aws: &Observer,
    census: &mut Census,
    balancer: &LoadBalancer,
    listener: &Listener,
) {
    let name = balancer.load_balancer_name().unwrap_or_default();
    let place = format!("{name} {:?}", listener.port());
    let arn = listener.listener_arn().unwrap_or_default();
    census.add("listener", arn, &place, listener);
    let rules = aws.elbv2.describe_rules().listener_arn(arn);
    for rule in rules.send().await.expect("rules").rules() {
        let conditions = rule.conditions().len();
        let label = format!("{place} {:?} {conditions}", rule.priority());
        census.add("listener-rule", rule.rule_arn(), &label, rule);
    }
}

async fn containers(aws: &Observer, census: &mut Census) {
    let clusters = aws.ecs.list_clusters().send().await.expect("clusters");
    for cluster in clusters.cluster_arns() {
        let described = aws.ecs.describe_clusters().clusters(cluster).send().await;
        let described = described.expect("a cluster");
        let active = |cluster: &&aws_sdk_ecs::types::Cluster| cluster.status() == Some("ACTIVE");
        for found in described.clusters().iter().filter(active) {
            let name = found.cluster_name().unwrap_or_default();
            census.add("cluster", cluster.as_str(), name, found);
            services(aws, census, cluster).await;
        }
    }
    let active = TaskDefinitionStatus::Active;
    let revisions = aws.ecs.list_task_definitions().status(active).send().await;
    for arn in revisions.expect("task definitions").task_definition_arns() {
        let definition = aws.ecs.describe_task_definition().task_definition(arn);
        let definition = definition.send().await.expect("a task definition");
        let definition = definition.task_definition.expect("a task definition");
        let label = format!("{:?} {:?}", definition.family(), definition.cpu());
        census.add("task-definition", arn.as_str(), &label, &definition);
    }
}

async fn services(aws: &Observer, census: &mut Census, cluster: &str) {
    let arns = aws.ecs.list_services().cluster(cluster).send().await;
    let arns = arns.expect("services").service_arns.unwrap_or_default();
    for arn in arns {
        let described = aws.ecs.describe_services().cluster(cluster).services(&arn);
        for service in described.send().await.expect("a service").services() {
            if service.status() != Some("INACTIVE") {
                let name = service.service_name().unwrap_or_default();
                let label = format!("{name} {}", service.desired_count());
                // Its tasks come and go by themselves.
                let lasting = (
                    service.task_definition(),
                    service.load_balancers(),
                    service.network_configuration(),
                    service.created_at(),
                );
                census.add("service", arn.as_str(), &label, &lasting);
            }
        }
    }
}

async fn scaling(aws: &Observer, census: &mut Census) {
    let targets = aws.autoscaling.describe_scalable_targets();
    let targets = targets
        .service_namespace(ServiceNamespace::Ecs)
        .send()
        .await;
    for target in targets.expect("targets").scalable_targets() {
        let bounds = (target.min_capacity(), target.max_capacity());
        let label = format!("{} {bounds:?}", target.resource_id());
        census.add("scalable-target", target.resource_id(), &label, target);
    }
    let policies = aws.autoscaling.describe_scaling_policies();
    let policies = policies
        .service_namespace(ServiceNamespace::Ecs)
        .send()
        .await;
    for policy in policies.expect("policies").scaling_policies() {
        let label = format!("{} {}", policy.resource_id(), policy.policy_name());
        census.add("scaling-policy", policy.policy_arn(), &label, policy);
    }
}
