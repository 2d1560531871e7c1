//! How services say how they are, with replies of AWS.

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Ref, State};
use crate::resources::EcsServiceOutputs;
use serde_json::json;
use std::collections::BTreeSet;

const CLUSTER: &str = "arn:aws:ecs:us-east-1:123456789012:cluster/shop-cluster";
const SERVICE: &str = "arn:aws:ecs:us-east-1:123456789012:service/shop-cluster/shop-app-service";

fn found() -> Found<EcsService> {
    Found {
        id: SERVICE.to_owned(),
        attributes: EcsService {
            cluster: Ref::known(CLUSTER),
            name: "shop-app-service".to_owned(),
            task_definition: Ref::known("shop-app-task:1"),
            desired_count: Some(2),
            initial_count: None,
            subnets: BTreeSet::new(),
            security_groups: BTreeSet::new(),
            assign_public_ip: false,
            load_balancers: BTreeSet::new(),
            health_check_grace_period_s: None,
            deployment_minimum_healthy_percent: 100,
            deployment_maximum_percent: 200,
            deployment_circuit_breaker: true,
            enable_execute_command: false,
            availability_zone_rebalancing: true,
        },
        outputs: EcsServiceOutputs {
            arn: SERVICE.into(),
            name: "shop-app-service".into(),
        },
        tags: crate::model::Tags::new(),
        state: State::Ready,
    }
}

fn service(running: i32, rollout: &str, failed: i32) -> Answer {
    json_reply(&json!({ "services": [{
        "serviceArn": SERVICE, "status": "ACTIVE", "runningCount": running, "desiredCount": 2,
        "deployments": [{
            "status": "PRIMARY", "rolloutState": rollout, "failedTasks": failed,
            "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
        }],
        "events": [{ "message": "(service shop-app-service) was unable to place a task." }],
    }] }))
}

#[tokio::test]
async fn a_service_whose_tasks_run_is_well_after_one_read() {
    let cloud = Scripted::new([service(2, "COMPLETED", 0)]);
    let health = of(&cloud.clients(), &found()).await.expect("an answer");
    assert_eq!(health, Health::well("2 of 2 tasks run"));
    assert_eq!(cloud.operations().len(), 1);
}

#[tokio::test]
async fn a_service_whose_tasks_stop_shows_why_and_what_they_said_last() {
    let task = json!({
        "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/shop-cluster/0a1b",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/shop-app-task:1",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "stoppedAt": 1_700_000_000,
        "containers": [{ "name": "app", "exitCode": 1 }],
    });
    let arns = json_reply(&json!({ "taskArns": [task["taskArn"]] }));
    let tasks = json_reply(&json!({ "tasks": [task] }));
    let definition = json!({ "taskDefinition": { "containerDefinitions": [{
        "name": "app",
        "logConfiguration": { "logDriver": "awslogs", "options": {
            "awslogs-group": "/ecs/shop-app", "awslogs-stream-prefix": "ecs",
        } },
    }] } });
    let lines = json!({ "events": [
        { "message": "reading settings" }, { "message": "JWT_SECRET_ARN is not set" },
    ] });
    let cloud = Scripted::new([
        service(0, "IN_PROGRESS", 3),
        service(0, "IN_PROGRESS", 3),
        json_reply(&json!({ "serviceDeployments": [] })),
        arns.clone(),
        tasks.clone(),
        arns,
        tasks,
        json_reply(&definition),
        json_reply(&lines),
    ]);
    let health = of(&cloud.clients(), &found()).await.expect("an answer");
    assert_eq!(health.wellness, Wellness::Ill);
    assert_eq!(health.summary, "0 of 2 tasks run");
    let text = health.reasons.join("\n");
    for part in [
        "unable to place a task",
        "Essential container in task exited",
        "exit code 1",
        "last lines of ecs/app/0a1b in /ecs/shop-app:\n| reading settings\n| JWT_SECRET_ARN is not set",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_a_reason() {
    let denied = || {
        json_error(
            400,
            "AccessDeniedException",
            "User: a is not authorized to perform: ecs:DescribeServices",
        )
    };
    let cloud = Scripted::new(std::iter::repeat_with(denied).take(8));
    let mut found = found();
    found.state = State::Broken("the deployment failed".to_owned());
    let health = of(&cloud.clients(), &found).await.expect("an answer");
    assert_eq!(health.wellness, Wellness::Ill);
    assert_eq!(health.summary, "the deployment failed");
    let (hints, said): (Vec<&String>, Vec<&String>) = health
        .reasons
        .iter()
        .partition(|reason| reason.starts_with("hint: allow it with {"));
    assert!(!hints.is_empty());
    assert!(said.iter().all(|one| one.starts_with("not readable: ")));
}

#[test]
fn a_service_is_as_well_as_its_tasks() {
    use DeploymentRolloutState::{Completed, Failed, InProgress};
    let table = [
        (2, 2, Completed, 0, Wellness::Well),
        (0, 0, Completed, 0, Wellness::Well),
        (1, 2, Completed, 0, Wellness::Ill),
        (1, 2, InProgress, 0, Wellness::Waiting),
        (1, 2, InProgress, 2, Wellness::Ill),
        (2, 2, InProgress, 0, Wellness::Waiting),
        (2, 2, Failed, 0, Wellness::Ill),
    ];
    for (running, desired, rollout, failed, expected) in table {
        let deployment = Deployment::builder()
            .status("PRIMARY")
            .rollout_state(rollout.clone())
            .failed_tasks(failed)
            .build();
        let service = Service::builder()
            .running_count(running)
            .desired_count(desired)
            .deployments(deployment)
            .build();
        let health = judge(&service, &State::Ready);
        assert_eq!(health.wellness, expected, "{running} {desired} {rollout:?}");
    }
}
