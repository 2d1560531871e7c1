//! The ECS service on Fargate.
//!
//! Recognised by its owner tags, which the create call gives; the call takes a client token. A
//! service is ready once the deployment that is under way has completed and all of its tasks run. A
//! deployment that ECS rolled back leaves a service that works with another task definition than
//! the wanted one, which the engine sees as a difference.
//!
//! Where a scalable target decides how many tasks run, a tag says so: `qpiac:initial-count`, with
//! the number that the service begins with. It is there from the create call on, before the scalable
//! target is, so no run in between takes the number for its own business.

use std::collections::BTreeSet;

use aws_sdk_ecs::operation::update_service::builders::UpdateServiceFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, DeploymentCircuitBreaker,
    DeploymentConfiguration, LaunchType, LoadBalancer, NetworkConfiguration, PropagateTags,
};

use super::ecs_cluster::EcsClusterArn;
use super::ecs_service_reading as reading;
use super::lifecycle::{Lifecycle, Mark};
use super::security_group::SecurityGroupId;
use super::subnet::SubnetId;
use super::target_group::TargetGroupArn;
use super::task_definition::TaskDefinitionArn;
use crate::aws::{Call, Clients, autoscaling, ecs, if_present, of_build, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, TagChange, Value};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a service.
    EcsServiceArn = "ecs-service", "arn:aws:ecs:{region}:{account}:service/{cluster.name}/{name}";
    /// The name of a service.
    EcsServiceName = "ecs-service-name", "{name}";
}

/// The tag that holds the number of tasks which a scaled service begins with.
pub(super) const INITIAL_COUNT_TAG: &str = "qpiac:initial-count";

/// Equal tasks that ECS keeps running.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "ecs-service",
    outputs = EcsServiceOutputs,
    replacement = "create-first",
    outage = "none of its tasks runs",
    exclusive = "cluster, name",
    after = "listener by target-group, listener-rule by target-group, \
             security-group-rule by security-group, route-table-association by subnet, \
             vpc-endpoint by subnet",
    wait_create = "90..1200",
    wait_update = "120..1800",
    wait_delete = "60..1200",
    find = "ecs:ListClusters, ecs:ListServices, ecs:DescribeServices, ecs:ListServiceDeployments",
    explain = "ecs:ListServiceDeployments, ecs:ListTasks, ecs:DescribeTasks, \
               ecs:DescribeTaskDefinition, logs:GetLogEvents, \
               elasticloadbalancing:DescribeTargetHealth",
    create = "ecs:CreateService, ecs:TagResource, iam:PassRole",
    update = "ecs:UpdateService, ecs:TagResource, ecs:UntagResource, iam:PassRole, \
              application-autoscaling:DeregisterScalableTarget",
    delete = "ecs:UpdateService, ecs:DeleteService"
)]
pub struct EcsService {
    /// The cluster that it runs in.
    #[attribute(replace)]
    pub cluster: Ref<EcsClusterArn>,
    /// Its name, unique in the cluster; at most 255 characters.
    #[attribute(replace)]
    pub name: String,
    /// What its tasks consist of. Changing it starts a deployment.
    #[attribute(update, loose)]
    pub task_definition: Ref<TaskDefinitionArn>,
    /// How many tasks shall run; absent where a scalable target decides, so that it is neither
    /// compared nor set.
    #[attribute(update)]
    pub desired_count: Option<u32>,
    /// How many tasks it begins with where a scalable target decides from then on; absent where
    /// there is a desired count.
    #[attribute(update)]
    pub initial_count: Option<u32>,
    /// The subnets that its tasks stand in.
    #[attribute(update, ready)]
    pub subnets: BTreeSet<Ref<SubnetId>>,
    /// The security groups of its tasks.
    #[attribute(update)]
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// Whether its tasks have public addresses.
    #[attribute(update)]
    pub assign_public_ip: bool,
    /// The target groups that its tasks are registered in.
    #[attribute(update, loose)]
    pub load_balancers: BTreeSet<ServiceTarget>,
    /// Seconds after the start of a task in which failed health checks are overlooked; absent
    /// where there is no target group.
    #[attribute(update)]
    pub health_check_grace_period_s: Option<u32>,
    /// Least part of the tasks that keeps running during a deployment, in percent of the count.
    #[attribute(update)]
    pub deployment_minimum_healthy_percent: u32,
    /// Most tasks at a time during a deployment, in percent of the count.
    #[attribute(update)]
    pub deployment_maximum_percent: u32,
    /// Whether a deployment whose tasks do not come up is given up and rolled back.
    #[attribute(update)]
    pub deployment_circuit_breaker: bool,
    /// Whether a shell may be opened in its tasks (ECS Exec).
    #[attribute(update)]
    pub enable_execute_command: bool,
    /// Whether ECS moves tasks to keep them spread over the zones.
    #[attribute(update)]
    pub availability_zone_rebalancing: bool,
}

/// A target group that tasks are registered in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ServiceTarget {
    /// The target group.
    pub target_group_arn: Ref<TargetGroupArn>,
    /// The container that gets the requests.
    pub container_name: String,
    /// The port on which it gets them.
    pub container_port: u16,
}

/// What a service gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct EcsServiceOutputs {
    /// The service's ARN.
    pub arn: Id<EcsServiceArn>,
    /// The service's name.
    #[output(from = "name")]
    pub name: Id<EcsServiceName>,
}

impl Lifecycle for EcsService {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, .. } => reading::owned(aws, owner).await,
            Query::Ids(arns) => reading::deploying(aws, arns).await,
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<EcsServiceOutputs, Fault> {
        let mut tags = mark.tags.clone();
        tags.extend(initial_count_tag(want));
        let reply = aws
            .ecs
            .create_service()
            .cluster(want.known(&want.cluster))
            .service_name(&want.name)
            .client_token(&mark.token)
            .task_definition(want.known(&want.task_definition))
            .set_desired_count(want.desired_count.or(want.initial_count).map(count))
            .launch_type(LaunchType::Fargate)
            .network_configuration(network(want, "ecs:CreateService")?)
            .set_load_balancers(Some(load_balancers(want)))
            .set_health_check_grace_period_seconds(want.health_check_grace_period_s.map(count))
            .deployment_configuration(deployment(want))
            .enable_execute_command(want.enable_execute_command)
            .availability_zone_rebalancing(rebalancing(want))
            .enable_ecs_managed_tags(true)
            .propagate_tags(PropagateTags::Service)
            .set_tags(Some(ecs::tags(&tags)))
            .send()
            .await
            .at("ecs:CreateService")?;
        let arn = reply.service.and_then(|service| service.service_arn);
        let arn = required("ecs:CreateService", "the service's ARN", arn)?;
        Ok(EcsServiceOutputs {
            arn: arn.into(),
            name: want.name.clone().into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<EcsServiceOutputs, Fault> {
        if changes.from("desired_count") == Some(&Value::Absent) {
            // Or the scalable target would set the number once more after this does.
            let id = autoscaling::resource_id(&found.id);
            if_present(autoscaling::deregister(aws, id).await)?;
        }
        let call = aws
            .ecs
            .update_service()
            .cluster(want.known(&want.cluster))
            .service(&want.name);
        let calls = [
            with_changes(call.clone(), want, changes)?,
            with_grace(call.clone(), want, changes),
        ];
        for one in calls {
            if one.as_input() != call.as_input() {
                one.send().await.at("ecs:UpdateService")?;
            }
        }
        if changes.has("initial_count") {
            let before = found.attributes.initial_count;
            let before = before.map(|number| (INITIAL_COUNT_TAG.to_owned(), number.to_string()));
            let after = initial_count_tag(want).into_iter().collect();
            let tags = TagChange::between(&before.into_iter().collect(), &after);
            ecs::retag(aws, &found.id, &tags).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ecs::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let cluster = found.attributes.cluster.id().unwrap_or_default().to_owned();
        aws.ecs
            .update_service()
            .cluster(&cluster)
            .service(&found.id)
            .desired_count(0)
            .send()
            .await
            .at("ecs:UpdateService")?;
        aws.ecs
            .delete_service()
            .cluster(cluster)
            .service(found.id)
            .force(true)
            .send()
            .await
            .at("ecs:DeleteService")?;
        Ok(())
    }

    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        super::ecs_service_reasons::of(aws, found).await
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        super::ecs_service_health::of(aws, found).await
    }
}

fn initial_count_tag(want: &EcsService) -> Option<(String, String)> {
    let number = want.initial_count?;
    Some((INITIAL_COUNT_TAG.to_owned(), number.to_string()))
}

/// The call with what it has to change.
fn with_changes(
    mut call: UpdateServiceFluentBuilder,
    want: &Resolved<EcsService>,
    changes: Changes<'_>,
) -> Result<UpdateServiceFluentBuilder, Fault> {
    if changes.has("task_definition") {
        call = call.task_definition(want.known(&want.task_definition));
    }
    if changes.has("desired_count") {
        call = call.set_desired_count(want.desired_count.map(count));
    }
    if changes.has_any(&["subnets", "security_groups", "assign_public_ip"]) {
        call = call.network_configuration(network(want, "ecs:UpdateService")?);
    }
    if changes.has("load_balancers") {
        call = call.set_load_balancers(Some(load_balancers(want)));
    }
    if changes.has_any(&[
        "deployment_minimum_healthy_percent",
        "deployment_maximum_percent",
        "deployment_circuit_breaker",
    ]) {
        call = call.deployment_configuration(deployment(want));
    }
    if changes.has("enable_execute_command") {
        // Only tasks that start afterwards take part.
        call = call
            .enable_execute_command(want.enable_execute_command)
            .force_new_deployment(true);
    }
    if changes.has("availability_zone_rebalancing") {
        call = call.availability_zone_rebalancing(rebalancing(want));
    }
    Ok(call)
}

/// The call that changes how long health checks do not count: one of its own, since AWS does not take it
/// together with the first load balancer of a service; without one it says nothing.
fn with_grace(
    call: UpdateServiceFluentBuilder,
    want: &Resolved<EcsService>,
    changes: Changes<'_>,
) -> UpdateServiceFluentBuilder {
    match want.health_check_grace_period_s {
        Some(grace_s) if changes.has("health_check_grace_period_s") => {
            call.health_check_grace_period_seconds(count(grace_s))
        }
        Some(_) | None => call,
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn network(want: &Resolved<EcsService>, operation: &str) -> Result<NetworkConfiguration, Fault> {
    let public = if want.assign_public_ip {
        AssignPublicIp::Enabled
    } else {
        AssignPublicIp::Disabled
    };
    let groups = want
        .security_groups
        .iter()
        .map(|group| want.known(group).to_owned());
    let subnets = want
        .subnets
        .iter()
        .map(|subnet| want.known(subnet).to_owned());
    let vpc = AwsVpcConfiguration::builder()
        .set_subnets(Some(subnets.collect()))
        .set_security_groups(Some(groups.collect()))
        .assign_public_ip(public)
        .build()
        .map_err(|error| of_build(operation, &error))?;
    Ok(NetworkConfiguration::builder()
        .awsvpc_configuration(vpc)
        .build())
}

fn load_balancers(want: &Resolved<EcsService>) -> Vec<LoadBalancer> {
    want.load_balancers
        .iter()
        .map(|target| {
            LoadBalancer::builder()
                .target_group_arn(want.known(&target.target_group_arn))
                .container_name(&target.container_name)
                .container_port(i32::from(target.container_port))
                .build()
        })
        .collect()
}

/// An empty circuit breaker takes one away (Amazon ECS API reference, UpdateService).
fn deployment(want: &EcsService) -> DeploymentConfiguration {
    DeploymentConfiguration::builder()
        .minimum_healthy_percent(count(want.deployment_minimum_healthy_percent))
        .maximum_percent(count(want.deployment_maximum_percent))
        .deployment_circuit_breaker(
            DeploymentCircuitBreaker::builder()
                .enable(want.deployment_circuit_breaker)
                .rollback(want.deployment_circuit_breaker)
                .build(),
        )
        .build()
}

fn rebalancing(want: &EcsService) -> AvailabilityZoneRebalancing {
    if want.availability_zone_rebalancing {
        AvailabilityZoneRebalancing::Enabled
    } else {
        AvailabilityZoneRebalancing::Disabled
    }
}

#[cfg(test)]
#[path = "ecs_service_tests.rs"]
mod tests;
