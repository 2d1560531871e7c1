//! How a service is: its tasks, its deployment, and why its tasks stop.
//!
//! May depend on `aws` and `model`. Invariant: what a failing task said last is shown as it said it.

use aws_sdk_ecs::types::{Container, Deployment, DeploymentRolloutState, Service, Task};

use super::ecs_service::EcsService;
use super::ecs_service_progress as progress;
use super::ecs_service_reasons as reasons;
use super::health::{ill, not_readable, unread, waiting};
use crate::aws::{Call, Clients, facts, if_present, name_in};
use crate::engine::{Health, Wellness};
use crate::model::{Fault, Found, State};

/// How many of the last lines of a log are shown.
const LINES: i32 = 10;

/// How this service is.
pub(super) async fn of(aws: &Clients, found: &Found<EcsService>) -> Result<Health, Fault> {
    let cluster = found.attributes.cluster.id().unwrap_or_default();
    let mut health = match describe(aws, cluster, &found.id).await {
        Ok(Some(service)) => judge(&service, &found.state),
        Ok(None) => ill("it is gone", Vec::new()),
        Err(fault) => unread(&found.state, &fault),
    };
    if health.wellness != Wellness::Well {
        health.reasons.extend(reasons::of(aws, found).await?);
        let said = last_words(aws, cluster, &found.attributes.name).await;
        health
            .reasons
            .extend(said.unwrap_or_else(|fault| not_readable(&fault)));
    }
    Ok(health)
}

async fn describe(aws: &Clients, cluster: &str, arn: &str) -> Result<Option<Service>, Fault> {
    let call = aws.ecs.describe_services().cluster(cluster).services(arn);
    let reply = if_present(call.send().await.at("ecs:DescribeServices"))?;
    let mut services = reply.and_then(|reply| reply.services).into_iter().flatten();
    Ok(services.next())
}

fn judge(service: &Service, state: &State) -> Health {
    let (running, desired) = (service.running_count, service.desired_count);
    let tasks = format!("{running} of {desired} tasks run");
    let deployments = service.deployments();
    let primary = progress::primary(service);
    let rollout = primary.and_then(|primary| primary.rollout_state.as_ref());
    let failures: i32 = deployments.iter().map(|one| one.failed_tasks).sum();
    let is_deploying =
        rollout == Some(&DeploymentRolloutState::InProgress) || deployments.len() > 1;
    match (state, rollout) {
        (State::Leaving, _) => waiting(format!("{tasks}; it is being deleted"), Vec::new()),
        (_, Some(DeploymentRolloutState::Failed)) => {
            let why = primary.and_then(Deployment::rollout_state_reason);
            let why = why.unwrap_or("AWS gives no reason");
            ill(format!("{tasks}; the deployment failed: {why}"), Vec::new())
        }
        (_, _) if running < desired && (!is_deploying || failures > 0) => ill(tasks, Vec::new()),
        (_, _) if is_deploying => waiting(format!("{tasks}; a deployment goes on"), Vec::new()),
        (_, _) => Health::well(tasks),
    }
}

/// The last lines of the log of the task that stopped last.
async fn last_words(aws: &Clients, cluster: &str, service: &str) -> Result<Vec<String>, Fault> {
    let tasks = reasons::newest_stopped(aws, cluster, service).await?;
    let Some(task) = tasks.first() else {
        return Ok(Vec::new());
    };
    let Some(container) = failed_container(task) else {
        return Ok(Vec::new());
    };
    let name = container.name().unwrap_or_default();
    let definition = task.task_definition_arn().unwrap_or_default();
    let Some((group, prefix)) = log_of(aws, definition, name).await? else {
        return Ok(Vec::new());
    };
    let id = name_in(task.task_arn().unwrap_or_default());
    let stream = format!("{prefix}/{name}/{id}");
    let lines = facts::last_lines(aws, &group, &stream, LINES).await?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let title = format!("last lines of {stream} in {group}:");
    let lines = lines.into_iter().map(|line| format!("| {line}"));
    Ok(std::iter::once(title).chain(lines).collect())
}

/// The container that made the task stop, or else the first one.
fn failed_container(task: &Task) -> Option<&Container> {
    let containers = task.containers();
    let failed = containers
        .iter()
        .find(|container| container.exit_code.is_some_and(|code| code != 0));
    failed.or_else(|| containers.first())
}

/// The log group of a container of this task definition, and what its streams begin with.
async fn log_of(
    aws: &Clients,
    definition: &str,
    container: &str,
) -> Result<Option<(String, String)>, Fault> {
    let reply = aws
        .ecs
        .describe_task_definition()
        .task_definition(definition)
        .send()
        .await
        .at("ecs:DescribeTaskDefinition")?;
    let definition = reply.task_definition;
    let containers = definition.and_then(|d| d.container_definitions);
    let mut containers = containers.into_iter().flatten();
    let options = containers
        .find(|one| one.name() == Some(container))
        .and_then(|one| one.log_configuration)
        .and_then(|log| log.options);
    Ok(options.and_then(|mut options| {
        let group = options.remove("awslogs-group")?;
        Some((group, options.remove("awslogs-stream-prefix")?))
    }))
}

#[cfg(test)]
#[path = "ecs_service_health_tests.rs"]
mod tests;
