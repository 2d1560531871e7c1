//! How a service is read, and when it is ready.
//!
//! May depend on `aws` and `model`. Invariant: a service is ready only if nothing of a deployment
//! is left to do.

use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, Deployment, DeploymentRolloutState, Service,
    ServiceDeploymentBrief, ServiceDeploymentStatus, ServiceField,
};
use futures::future::{try_join, try_join_all};

use super::ecs_service::{EcsService, EcsServiceOutputs, INITIAL_COUNT_TAG, ServiceTarget};
use super::ecs_service_progress as progress;
use crate::aws::{Call, Clients, autoscaling, branch, ecs, if_present, required};
use crate::model::{Fault, Found, Owner, Ref, State};

/// How many services one DescribeServices call takes.
const SERVICES_PER_CALL: usize = 10;
/// How many services one page of ListServices holds at most; ten unless asked for more.
const SERVICES_PER_PAGE: i32 = 100;
const READ: &str = "ecs:DescribeServices";
/// What is said of a failed deployment where AWS gives no reason.
const FAILED: &str = "the deployment failed";

/// The services of this stack, in clusters that are named like the stack's.
pub(super) async fn owned(aws: &Clients, owner: &Owner) -> Result<Vec<Found<EcsService>>, Fault> {
    let prefix = format!("{}-", owner.stack);
    let clusters = ecs::cluster_names(aws).await?;
    let clusters = clusters.iter().filter(|name| name.starts_with(&prefix));
    let listed = try_join_all(clusters.map(|cluster| in_cluster(aws, cluster))).await?;
    listed
        .into_iter()
        .flatten()
        // Before it is read: what is not ours may be of any form.
        .filter(|service| owner.owns(&ecs::read_tags(service.tags.clone())))
        .map(|service| {
            let state = settled(&service);
            read(service, state)
        })
        .collect()
}

/// Services as they are now, with what is left of their deployments.
pub(super) async fn deploying(
    aws: &Clients,
    arns: &[String],
) -> Result<Vec<Found<EcsService>>, Fault> {
    let found = try_join_all(arns.iter().map(|arn| async move {
        let cluster = cluster_of(arn);
        let one = std::slice::from_ref(arn);
        let Some(service) = describe(aws, cluster, one).await?.pop() else {
            return Ok::<_, Fault>(None);
        };
        let newest = newest_deployment(aws, cluster, arn).await?;
        let mut state = state(&service, newest.as_ref());
        if let State::Busy(words) = &mut state {
            *words = progress::words(aws, cluster, &service, newest.as_ref()).await;
        }
        read(service, state).map(Some)
    }))
    .await?;
    Ok(found.into_iter().flatten().collect())
}

/// `shop` of `arn:aws:ecs:eu-west-1:123456789012:service/shop/api`.
fn cluster_of(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or_default()
}

async fn in_cluster(aws: &Clients, cluster: &str) -> Result<Vec<Service>, Fault> {
    let listed = aws
        .ecs
        .list_services()
        .cluster(cluster)
        .max_results(SERVICES_PER_PAGE)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ecs:ListServices");
    let arns = if_present(listed)?.unwrap_or_default();
    // What scales them is read for their children, and now, since it needs nothing but their names.
    let targets = branch(autoscaling::targets_in(aws, cluster, &arns));
    let (services, _) = try_join(describe(aws, cluster, &arns), targets).await?;
    Ok(services)
}

/// Services by ARN; what is absent or inactive is left out.
async fn describe(aws: &Clients, cluster: &str, arns: &[String]) -> Result<Vec<Service>, Fault> {
    let replies = try_join_all(arns.chunks(SERVICES_PER_CALL).map(|chunk| async move {
        let reply = aws
            .ecs
            .describe_services()
            .cluster(cluster)
            .set_services(Some(chunk.to_vec()))
            .include(ServiceField::Tags)
            .send()
            .await
            .at(READ);
        if_present(reply)
    }))
    .await?;
    Ok(replies
        .into_iter()
        .flatten()
        .flat_map(|reply| reply.services.unwrap_or_default())
        .filter(|service| service.status() != Some("INACTIVE"))
        .collect())
}

async fn newest_deployment(
    aws: &Clients,
    cluster: &str,
    arn: &str,
) -> Result<Option<ServiceDeploymentBrief>, Fault> {
    let reply = aws
        .ecs
        .list_service_deployments()
        .cluster(cluster)
        .service(arn)
        .send()
        .await
        .at("ecs:ListServiceDeployments")?;
    Ok(reply
        .service_deployments
        .unwrap_or_default()
        .into_iter()
        .max_by_key(|deployment| deployment.created_at.map(|at| at.as_nanos())))
}

/// How a service is outside of a deployment of ours. One whose first deployment failed runs nothing
/// and never will.
fn settled(service: &Service) -> State {
    let failed = progress::primary(service)
        .filter(|primary| primary.rollout_state == Some(DeploymentRolloutState::Failed));
    match (service.status(), failed) {
        (Some("DRAINING"), _) => State::Leaving,
        (_, Some(failed)) if service.running_count == 0 => {
            let reason = failed.rollout_state_reason();
            State::Broken(reason.unwrap_or(FAILED).to_owned())
        }
        (_, _) => State::Ready,
    }
}

/// How a service is while it is waited for.
fn state(service: &Service, newest: Option<&ServiceDeploymentBrief>) -> State {
    if let State::Leaving = settled(service) {
        return State::Leaving;
    }
    let primary = progress::primary(service);
    let rollout = primary.and_then(|primary| primary.rollout_state.clone());
    if rollout == Some(DeploymentRolloutState::Failed) {
        let reason = primary.and_then(Deployment::rollout_state_reason);
        return State::Broken(reason.unwrap_or(FAILED).to_owned());
    }
    let is_rolled_out = rollout.is_none_or(|state| state == DeploymentRolloutState::Completed);
    let runs_all =
        service.running_count == service.desired_count && service.deployments().len() <= 1;
    match newest.and_then(|deployment| deployment.status.as_ref()) {
        Some(ServiceDeploymentStatus::RollbackFailed | ServiceDeploymentStatus::Stopped)
            if !is_rolled_out =>
        {
            let reason = newest.and_then(ServiceDeploymentBrief::status_reason);
            State::Broken(reason.unwrap_or("the deployment was stopped").to_owned())
        }
        Some(
            ServiceDeploymentStatus::Pending
            | ServiceDeploymentStatus::InProgress
            | ServiceDeploymentStatus::StopRequested
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackInProgress,
        ) => State::Busy(progress::tasks(service, newest)),
        Some(_) | None if is_rolled_out && runs_all => State::Ready,
        Some(_) | None => State::Busy(progress::tasks(service, newest)),
    }
}

fn read(service: Service, state: State) -> Result<Found<EcsService>, Fault> {
    let arn = required(READ, "a service's ARN", service.service_arn)?;
    let name = required(READ, "a service's name", service.service_name)?;
    let vpc = service
        .network_configuration
        .and_then(|n| n.awsvpc_configuration);
    let vpc = required(READ, "a service's network", vpc)?;
    let deployment = required(
        READ,
        "a service's deployment configuration",
        service.deployment_configuration,
    )?;
    let load_balancers = service.load_balancers.unwrap_or_default();
    let has_targets = !load_balancers.is_empty();
    let mut tags = ecs::read_tags(service.tags);
    let initial_count = tags.remove(INITIAL_COUNT_TAG);
    let desired_count = service.desired_count.unsigned_abs();
    Ok(Found {
        attributes: EcsService {
            cluster: Ref::known(service.cluster_arn.unwrap_or_default()),
            name: name.clone(),
            task_definition: Ref::known(service.task_definition.unwrap_or_default()),
            desired_count: initial_count.is_none().then_some(desired_count),
            // No number at all is none that anybody wants.
            initial_count: initial_count.map(|number| number.parse().unwrap_or_default()),
            subnets: vpc.subnets.into_iter().map(Ref::known).collect(),
            security_groups: vpc
                .security_groups
                .unwrap_or_default()
                .into_iter()
                .map(Ref::known)
                .collect(),
            assign_public_ip: vpc.assign_public_ip == Some(AssignPublicIp::Enabled),
            load_balancers: load_balancers.into_iter().filter_map(target).collect(),
            health_check_grace_period_s: service
                .health_check_grace_period_seconds
                .filter(|_| has_targets)
                .map(i32::unsigned_abs),
            deployment_minimum_healthy_percent: percent(deployment.minimum_healthy_percent),
            deployment_maximum_percent: percent(deployment.maximum_percent),
            deployment_circuit_breaker: deployment
                .deployment_circuit_breaker
                .is_some_and(|breaker| breaker.enable && breaker.rollback),
            enable_execute_command: service.enable_execute_command,
            availability_zone_rebalancing: service.availability_zone_rebalancing
                == Some(AvailabilityZoneRebalancing::Enabled),
        },
        outputs: EcsServiceOutputs {
            arn: arn.clone().into(),
            name: name.into(),
        },
        tags,
        state,
        id: arn,
    })
}

fn percent(value: Option<i32>) -> u32 {
    value.map(i32::unsigned_abs).unwrap_or_default()
}

fn target(found: aws_sdk_ecs::types::LoadBalancer) -> Option<ServiceTarget> {
    Some(ServiceTarget {
        target_group_arn: Ref::known(found.target_group_arn?),
        container_name: found.container_name.unwrap_or_default(),
        container_port: u16::try_from(found.container_port?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ecs::types::ServiceEvent;

    const FULL: [i32; 2] = [2, 2];

    /// A service with `running` of `desired` tasks and these deployments, the primary one first.
    fn service([running, desired]: [i32; 2], rollouts: &[DeploymentRolloutState]) -> Service {
        let deployments = rollouts.iter().enumerate().map(|(at, rollout)| {
            Deployment::builder()
                .status(if at == 0 { "PRIMARY" } else { "ACTIVE" })
                .rollout_state(rollout.clone())
                .running_count(if at == 0 { running } else { 0 })
                .desired_count(desired)
                .rollout_state_reason("tasks failed to start")
                .build()
        });
        Service::builder()
            .status("ACTIVE")
            .running_count(running)
            .desired_count(desired)
            .set_deployments(Some(deployments.collect()))
            .events(
                ServiceEvent::builder()
                    .message("has started 1 tasks")
                    .build(),
            )
            .build()
    }

    #[test]
    fn a_service_is_ready_once_nothing_of_its_deployment_is_left() {
        use DeploymentRolloutState::{Completed, Failed, InProgress};
        use ServiceDeploymentStatus as Status;
        let busy = |tasks: &str| State::Busy(format!("{tasks} tasks run"));
        let broken = |why: &str| State::Broken(why.to_owned());
        let table = [
            ("new", [1, 2], &[InProgress][..], None, busy("1 of 2")),
            (
                "done",
                FULL,
                &[Completed],
                Some(Status::Successful),
                State::Ready,
            ),
            ("not listed", FULL, &[Completed], None, State::Ready),
            (
                "still listed",
                FULL,
                &[Completed],
                Some(Status::InProgress),
                busy("2 of 2"),
            ),
            (
                "scaled up",
                [2, 5],
                &[Completed],
                Some(Status::Successful),
                busy("2 of 5"),
            ),
            (
                "two",
                FULL,
                &[Completed, InProgress],
                Some(Status::Successful),
                busy("2 of 2"),
            ),
            (
                "failed",
                [0, 2],
                &[Failed],
                None,
                broken("tasks failed to start"),
            ),
            (
                "stopped",
                [1, 2],
                &[InProgress],
                Some(Status::Stopped),
                broken("by hand"),
            ),
            (
                "rolling back",
                FULL,
                &[Completed],
                Some(Status::RollbackInProgress),
                State::Busy("going back to the version before: 2 of 2 tasks run".to_owned()),
            ),
            (
                "no way back",
                [1, 2],
                &[InProgress],
                Some(Status::RollbackFailed),
                broken("by hand"),
            ),
            // Works, but with the task definition before, which the engine sees.
            (
                "rolled back",
                FULL,
                &[Completed],
                Some(Status::RollbackSuccessful),
                State::Ready,
            ),
        ];
        for (case, tasks, rollouts, newest, expected) in table {
            let newest = newest.map(|status| {
                ServiceDeploymentBrief::builder()
                    .status(status)
                    .status_reason("by hand")
                    .build()
            });
            assert_eq!(
                state(&service(tasks, rollouts), newest.as_ref()),
                expected,
                "{case}"
            );
        }
        let leaving = Service::builder().status("DRAINING").build();
        assert_eq!(state(&leaving, None), State::Leaving);
    }
}
