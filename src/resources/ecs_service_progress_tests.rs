//! What a deployment says while it goes on, with replies of AWS.

use aws_sdk_ecs::types::{LoadBalancer, ServiceEvent};
use serde_json::json;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};

/// Of two tasks, so many run, begin and failed; one of the version before still runs.
fn deploying([running, pending, failed]: [i32; 3]) -> Service {
    let deployment = |status: &str| {
        Deployment::builder()
            .id(format!("ecs-svc/{status}"))
            .status(status)
            .rollout_state(DeploymentRolloutState::InProgress)
            .desired_count(2)
    };
    let new = deployment("PRIMARY")
        .running_count(running)
        .pending_count(pending)
        .failed_tasks(failed);
    let group = LoadBalancer::builder().target_group_arn("arn:group");
    let event = ServiceEvent::builder().message("has started 1 tasks");
    Service::builder()
        .service_name("shop-app-service")
        .deployments(new.build())
        .deployments(deployment("ACTIVE").running_count(1).build())
        .load_balancers(group.build())
        .events(event.build())
        .build()
}

async fn said(service: &Service, answers: impl IntoIterator<Item = Answer>) -> (String, usize) {
    let cloud = Scripted::new(answers);
    let words = words(&cloud.clients(), "shop-cluster", service, None).await;
    (words, cloud.operations().len())
}

#[tokio::test]
async fn tasks_that_begin_are_counted_without_a_call() {
    let words =
        "1 of 2 tasks run, 1 begins, 1 of the version before still run; has started 1 tasks";
    assert_eq!(said(&deploying([1, 1, 0]), []).await, (words.to_owned(), 0));
}

#[tokio::test]
async fn a_task_that_stopped_says_why_as_soon_as_it_has() {
    let task = |name: &str, by: &str, at: i64, why: &str| {
        json!({ "taskArn": name, "startedBy": by, "stoppedAt": at, "stoppedReason": why,
                "stopCode": "TaskFailedToStart", "containers": [{ "name": "app", "exitCode": 1 }] })
    };
    let tasks = json!({ "tasks": [
        task("a", "ecs-svc/PRIMARY", 1_700_000_000, "earlier"),
        task("b", "ecs-svc/PRIMARY", 1_700_000_009, "CannotPullContainerError: not found"),
        task("c", "ecs-svc/ACTIVE", 1_700_000_099, "scaling activity"),
    ] });
    let answers = [
        json_reply(&json!({ "taskArns": ["a", "b", "c"] })),
        json_reply(&tasks),
    ];
    let (words, calls) = said(&deploying([0, 1, 2]), answers).await;
    assert_eq!(
        words,
        "0 of 2 tasks run, 1 begins, 2 failed, 1 of the version before still run; stopped task: \
         TaskFailedToStart: CannotPullContainerError: not found, container app: exit code 1; \
         has started 1 tasks"
    );
    assert_eq!(calls, 2);
}

#[tokio::test]
async fn what_may_not_be_read_is_left_out() {
    let denied = json_error(400, "AccessDeniedException", "not authorized");
    let (words, _) = said(&deploying([0, 1, 2]), [denied]).await;
    assert!(words.ends_with("still run; has started 1 tasks"), "{words}");
}

#[tokio::test]
async fn where_all_tasks_run_their_targets_say_how_they_are() {
    let target = |state: &str, reason: &str| {
        format!(
            "<member><Target><Id>10.0.3.7</Id><Port>8000</Port></Target>\
             <TargetHealth><State>{state}</State>{reason}</TargetHealth></member>"
        )
    };
    let initial = target("initial", "<Reason>Elb.InitialHealthChecking</Reason>");
    let members = [initial.clone(), target("healthy", ""), initial].concat();
    let reply = Answer::Reply(
        200,
        format!(
            "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>\
         {members}</TargetHealthDescriptions></DescribeTargetHealthResult>\
         </DescribeTargetHealthResponse>"
        ),
    );
    let (words, calls) = said(&deploying([2, 0, 0]), [reply]).await;
    assert_eq!(
        words,
        "2 of 2 tasks run, 1 of the version before still run; targets: 1 healthy, 2 initial \
         (Elb.InitialHealthChecking); has started 1 tasks"
    );
    assert_eq!(calls, 1);
}

/// The circuit breaker makes the version before the primary one, and what failed stands beside it.
#[tokio::test]
async fn a_deployment_that_is_given_up_says_so_and_why() {
    let deployment = |id: &str, status: &str| {
        Deployment::builder()
            .id(format!("ecs-svc/{id}"))
            .status(status)
            .rollout_state(DeploymentRolloutState::InProgress)
            .desired_count(2)
    };
    let service = Service::builder()
        .service_name("shop-app-service")
        .deployments(deployment("old", "PRIMARY").running_count(2).build())
        .deployments(
            deployment("new", "ACTIVE")
                .running_count(1)
                .failed_tasks(3)
                .build(),
        )
        .build();
    let task = json!({ "taskArn": "a", "startedBy": "ecs-svc/new", "stoppedReason": "not found" });
    let cloud = Scripted::new([
        json_reply(&json!({ "taskArns": ["a"] })),
        json_reply(&json!({ "tasks": [task] })),
    ]);
    let newest = ServiceDeploymentBrief::builder()
        .status(ServiceDeploymentStatus::RollbackInProgress)
        .build();
    let words = words(&cloud.clients(), "shop-cluster", &service, Some(&newest)).await;
    assert_eq!(
        words,
        "going back to the version before: 2 of 2 tasks run, 3 failed, 1 of the failed version still \
         run; stopped task: not found"
    );
}
