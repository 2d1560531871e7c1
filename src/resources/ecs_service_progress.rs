//! What is said of a deployment while it goes on: how many tasks run and begin, which stopped and why,
//! which targets are not healthy yet.
//!
//! May depend on `aws` and `model`. Invariant: these words are a courtesy: what cannot be read is left
//! out, and calls are only made where tasks stopped, or all run and AWS waits for their health.

use aws_sdk_ecs::types::{
    Deployment, DeploymentRolloutState, Service, ServiceDeploymentBrief, ServiceDeploymentStatus,
};

use super::ecs_service_reasons as reasons;
use crate::aws::Clients;

/// The deployment that is to stay.
pub(super) fn primary(service: &Service) -> Option<&Deployment> {
    let mut deployments = service.deployments().iter();
    deployments.find(|one| one.status() == Some("PRIMARY"))
}

/// Tasks in numbers, why they stop, which targets are not healthy, and what AWS said last.
pub(super) async fn words(
    aws: &Clients,
    cluster: &str,
    service: &Service,
    newest: Option<&ServiceDeploymentBrief>,
) -> String {
    let is_back = goes_back(newest);
    let mut parts = vec![tasks(service, newest)];
    if let Some(primary) = primary(service) {
        if let Some(failing) = failing(service, is_back) {
            parts.extend(stopped(aws, cluster, service, failing).await);
        } else if primary.running_count >= primary.desired_count && primary.desired_count > 0 {
            parts.extend(targets(aws, service).await);
        }
    }
    let event = service.events().first().and_then(|event| event.message());
    parts.extend(event.map(str::to_owned));
    parts.join("; ")
}

/// Whether ECS has given a deployment up and makes what was before it the primary one again.
fn goes_back(newest: Option<&ServiceDeploymentBrief>) -> bool {
    matches!(
        newest.and_then(|deployment| deployment.status.as_ref()),
        Some(
            ServiceDeploymentStatus::RollbackRequested
                | ServiceDeploymentStatus::RollbackInProgress
        )
    )
}

/// The deployment whose tasks fail: the primary one, or the one that was given up.
fn failing(service: &Service, is_back: bool) -> Option<&Deployment> {
    let mut deployments = service.deployments().iter();
    deployments.find(|one| one.failed_tasks > 0 && (is_back || one.status() == Some("PRIMARY")))
}

/// `1 of 2 tasks run, 1 begins, 3 failed, 2 of the version before still run`; while ECS goes back, the
/// primary one is the version before.
pub(super) fn tasks(service: &Service, newest: Option<&ServiceDeploymentBrief>) -> String {
    let is_back = goes_back(newest);
    let rolling = primary(service).filter(|one| {
        let rollout = one.rollout_state.as_ref();
        is_back || rollout.is_some_and(|state| *state != DeploymentRolloutState::Completed)
    });
    let Some(primary) = rolling else {
        return numbers(
            service.running_count,
            service.desired_count,
            service.pending_count,
            &[],
        );
    };
    let other: i32 = service
        .deployments()
        .iter()
        .filter(|one| one.status() != Some("PRIMARY"))
        .map(|one| one.running_count)
        .sum();
    let failed = failing(service, is_back).map_or(0, |one| one.failed_tasks);
    let others = if is_back {
        "of the failed version still run"
    } else {
        "of the version before still run"
    };
    let words = numbers(
        primary.running_count,
        primary.desired_count,
        primary.pending_count,
        &[(failed, "failed"), (other, others)],
    );
    if is_back {
        format!("going back to the version before: {words}")
    } else {
        words
    }
}

fn numbers(running: i32, desired: i32, pending: i32, more: &[(i32, &str)]) -> String {
    let begin = if pending == 1 { "begins" } else { "begin" };
    let more = [(pending, begin)].into_iter().chain(more.iter().copied());
    let mut text = format!("{running} of {desired} tasks run");
    for (number, words) in more.filter(|(number, _)| *number > 0) {
        text.push_str(&format!(", {number} {words}"));
    }
    text
}

/// Why the task of this deployment that stopped last did.
async fn stopped(
    aws: &Clients,
    cluster: &str,
    service: &Service,
    deployment: &Deployment,
) -> Option<String> {
    let name = service.service_name()?;
    let tasks = reasons::newest_stopped(aws, cluster, name).await.ok()?;
    let mut of_it = tasks
        .iter()
        .filter(|task| task.started_by() == deployment.id());
    of_it.next().map(|task| reasons::stopped(task).join(", "))
}

/// `targets: 1 healthy, 1 initial (Elb.InitialHealthChecking)`.
async fn targets(aws: &Clients, service: &Service) -> Option<String> {
    let mut seen = Vec::new();
    for group in service
        .load_balancers()
        .iter()
        .filter_map(|one| one.target_group_arn())
    {
        let reply = aws.elbv2.describe_target_health().target_group_arn(group);
        let reply = reply.send().await.ok()?;
        for target in reply.target_health_descriptions() {
            let health = target.target_health()?;
            let state = health.state()?.as_str();
            let reason = health.reason().map(|reason| format!(" ({reason})"));
            seen.push(format!("{state}{}", reason.unwrap_or_default()));
        }
    }
    seen.sort();
    let groups = seen.chunk_by(|one, next| one == next);
    let counted: Vec<String> = groups
        .map(|same| format!("{} {}", same.len(), same[0]))
        .collect();
    (!counted.is_empty()).then(|| format!("targets: {}", counted.join(", ")))
}

#[cfg(test)]
#[path = "ecs_service_progress_tests.rs"]
mod tests;
