//! Why a service does not come up, in AWS's words.
//!
//! May depend on `aws` and `model`. Invariant: what cannot be read is said to be unreadable, and
//! does not hide the rest.

use aws_sdk_ecs::types::{DesiredStatus, Task};

use super::ecs_service::EcsService;
use crate::aws::{Call, Clients};
use crate::model::{Fault, Found};

/// How many of the newest events are shown.
const EVENTS: usize = 3;
/// How many stopped tasks are shown, the last ones.
const TASKS: usize = 2;

/// Events, deployments, stopped tasks and targets.
pub(super) async fn of(aws: &Clients, found: &Found<EcsService>) -> Result<Vec<String>, Fault> {
    let cluster = found.attributes.cluster.id().unwrap_or_default();
    let mut reasons = Vec::new();
    add(&mut reasons, deployments(aws, cluster, &found.id).await);
    add(
        &mut reasons,
        stopped_tasks(aws, cluster, &found.attributes.name).await,
    );
    for target in &found.attributes.load_balancers {
        let group = target.target_group_arn.id().unwrap_or_default();
        add(&mut reasons, targets(aws, group).await);
    }
    Ok(reasons)
}

fn add(reasons: &mut Vec<String>, more: Result<Vec<String>, Fault>) {
    match more {
        Ok(more) => reasons.extend(more),
        Err(fault) => reasons.push(format!("not readable: {fault}")),
    }
}

async fn deployments(aws: &Clients, cluster: &str, arn: &str) -> Result<Vec<String>, Fault> {
    let reply = aws
        .ecs
        .describe_services()
        .cluster(cluster)
        .services(arn)
        .send()
        .await
        .at("ecs:DescribeServices")?;
    let mut reasons = Vec::new();
    for service in reply.services() {
        for deployment in service.deployments() {
            let failed = deployment.failed_tasks;
            if let Some(reason) = deployment.rollout_state_reason() {
                let tasks = if failed > 0 {
                    format!(" ({failed} failed tasks)")
                } else {
                    String::new()
                };
                reasons.push(format!("deployment: {reason}{tasks}"));
            }
        }
        let events = service.events().iter().take(EVENTS);
        reasons.extend(
            events
                .filter_map(|event| event.message())
                .map(|m| format!("event: {m}")),
        );
    }
    let rollouts = aws
        .ecs
        .list_service_deployments()
        .cluster(cluster)
        .service(arn)
        .send()
        .await
        .at("ecs:ListServiceDeployments")?;
    let newest = rollouts
        .service_deployments()
        .iter()
        .max_by_key(|deployment| deployment.created_at.map(|at| at.as_nanos()));
    if let Some((status, reason)) = newest.and_then(|d| Some((d.status()?, d.status_reason()?))) {
        reasons.push(format!("service deployment {status}: {reason}"));
    }
    Ok(reasons)
}

async fn stopped_tasks(aws: &Clients, cluster: &str, service: &str) -> Result<Vec<String>, Fault> {
    let tasks = newest_stopped(aws, cluster, service).await?;
    Ok(tasks.iter().take(TASKS).flat_map(stopped).collect())
}

/// The tasks that stopped, as far as AWS still knows them, the last one first.
pub(super) async fn newest_stopped(
    aws: &Clients,
    cluster: &str,
    service: &str,
) -> Result<Vec<Task>, Fault> {
    let listed = aws
        .ecs
        .list_tasks()
        .cluster(cluster)
        .service_name(service)
        .desired_status(DesiredStatus::Stopped)
        .send()
        .await
        .at("ecs:ListTasks")?;
    // One page has as many as one DescribeTasks takes.
    let arns = listed.task_arns.unwrap_or_default();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let described = aws
        .ecs
        .describe_tasks()
        .cluster(cluster)
        .set_tasks(Some(arns))
        .send()
        .await
        .at("ecs:DescribeTasks")?;
    let mut tasks = described.tasks.unwrap_or_default();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at.map(|at| at.as_nanos())));
    Ok(tasks)
}

/// Why a task stopped, and each of its containers.
pub(super) fn stopped(task: &Task) -> Vec<String> {
    let code = task
        .stop_code()
        .map(|code| format!("{code}: "))
        .unwrap_or_default();
    let mut reasons = vec![format!(
        "stopped task: {code}{}",
        task.stopped_reason().unwrap_or("no reason given")
    )];
    for container in task.containers() {
        let name = container.name().unwrap_or_default();
        let exit = container
            .exit_code()
            .map(|code| format!(" exit code {code}"));
        let why = container.reason().map(|reason| format!(" {reason}"));
        if exit.is_some() || why.is_some() {
            reasons.push(format!(
                "container {name}:{}{}",
                exit.unwrap_or_default(),
                why.unwrap_or_default()
            ));
        }
    }
    reasons
}

async fn targets(aws: &Clients, group: &str) -> Result<Vec<String>, Fault> {
    let reply = aws
        .elbv2
        .describe_target_health()
        .target_group_arn(group)
        .send()
        .await
        .at("elasticloadbalancing:DescribeTargetHealth")?;
    let mut reasons = Vec::new();
    for target in reply.target_health_descriptions() {
        let address = target.target().and_then(|t| t.id()).unwrap_or_default();
        let Some(health) = target.target_health() else {
            continue;
        };
        let state = health.state().map(|s| s.as_str()).unwrap_or_default();
        if state != "healthy" {
            let reason = health
                .reason()
                .map(|r| format!(" ({r})"))
                .unwrap_or_default();
            let text = health
                .description()
                .map(|d| format!(": {d}"))
                .unwrap_or_default();
            reasons.push(format!("target {address}: {state}{reason}{text}"));
        }
    }
    Ok(reasons)
}
