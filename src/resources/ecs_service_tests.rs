//! Who decides how many tasks run, and what a new service waits for.

use serde_json::{Value as Json, json};

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, Change, FaultClass, State, Tags};

const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:service/shop-cluster/shop-api";

/// A service with a desired count, or a scaled one that begins with so many tasks.
fn service(desired_count: Option<u32>, initial_count: Option<u32>) -> EcsService {
    EcsService {
        cluster: Ref::known("arn:aws:ecs:us-east-1:123456789012:cluster/shop-cluster"),
        name: "shop-api".to_owned(),
        task_definition: Ref::known("shop-api:1"),
        desired_count,
        initial_count,
        subnets: BTreeSet::from([Ref::known("subnet-1")]),
        security_groups: BTreeSet::from([Ref::known("sg-1")]),
        assign_public_ip: false,
        load_balancers: BTreeSet::new(),
        health_check_grace_period_s: None,
        deployment_minimum_healthy_percent: 100,
        deployment_maximum_percent: 200,
        deployment_circuit_breaker: true,
        enable_execute_command: false,
        availability_zone_rebalancing: true,
    }
}

fn resolved(service: &EcsService) -> Resolved<EcsService> {
    Resolved::new(&service.values()).expect("all is known")
}

fn outputs() -> EcsServiceOutputs {
    EcsServiceOutputs {
        arn: ARN.into(),
        name: "shop-api".into(),
    }
}

fn empty() -> Answer {
    json_reply(&json!({}))
}

/// What an update from one to the other asks for: each operation with its body.
async fn update(
    from: EcsService,
    to: &EcsService,
    answers: impl IntoIterator<Item = Answer>,
) -> Vec<(String, Json)> {
    let (before, after) = (from.values(), to.values());
    let changes: Vec<Change> = after
        .iter()
        .filter(|(name, to)| before[*name] != **to)
        .map(|(name, to)| Change {
            attribute: name.clone(),
            from: before[name].clone(),
            to: to.clone(),
        })
        .collect();
    let found = Found {
        attributes: from,
        outputs: outputs(),
        tags: Tags::new(),
        state: State::Ready,
        id: ARN.to_owned(),
    };
    let cloud = Scripted::new(answers);
    let aws = cloud.clients();
    let updated = EcsService::update(&aws, &resolved(to), found, Changes::new(&changes)).await;
    updated.expect("updated");
    let name = |operation: &str| operation.rsplit('.').next().unwrap_or_default().to_owned();
    let asked = cloud.asked().into_iter();
    asked
        .map(|asked| {
            let body = serde_json::from_str(&asked.body).expect("JSON");
            (name(&asked.operation), body)
        })
        .collect()
}

fn mark() -> Mark {
    Mark {
        tags: Tags::from([("qpiac:stack".to_owned(), "shop@us-east-1".to_owned())]),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

#[tokio::test]
async fn does_not_have_an_associated_load_balancer_and_unable_to_assume_pass() {
    for (message, class) in [
        (
            "The target group with targetGroupArn arn:a does not have an associated load balancer.",
            FaultClass::NotYet,
        ),
        (
            "Unable to assume the service linked role. Please verify that the ECS service linked \
             role exists.",
            FaultClass::NotYet,
        ),
        (
            "Creation of service was not idempotent.",
            FaultClass::Rejected,
        ),
    ] {
        let cloud = Scripted::new([json_error(400, "InvalidParameterException", message)]);
        let want = resolved(&service(Some(2), None));
        let made = EcsService::create(&cloud.clients(), &want, &mark()).await;
        assert_eq!(made.expect_err("a refusal").class, class, "{message}");
    }
}

#[tokio::test]
async fn a_scaled_service_begins_with_the_initial_count_and_is_marked_so() {
    let made = json_reply(&json!({ "service": { "serviceArn": ARN } }));
    let cloud = Scripted::new([made]);
    let want = resolved(&service(None, Some(2)));
    let outputs = EcsService::create(&cloud.clients(), &want, &mark()).await;
    assert_eq!(outputs.expect("made").arn.as_str(), ARN);
    let body: Json = serde_json::from_str(&cloud.asked()[0].body).expect("JSON");
    assert_eq!(body["desiredCount"], 2);
    assert_eq!(
        body["tags"],
        json!([
            { "key": "qpiac:initial-count", "value": "2" },
            { "key": "qpiac:stack", "value": "shop@us-east-1" },
        ])
    );
}

#[tokio::test]
async fn the_count_of_a_scaled_service_is_never_sent() {
    let to = EcsService {
        task_definition: Ref::known("shop-api:2"),
        ..service(None, Some(3))
    };
    let asked = update(service(None, Some(2)), &to, [empty(), empty()]).await;
    let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["UpdateService", "TagResource"]);
    assert_eq!(asked[0].1["taskDefinition"], "shop-api:2");
    assert_eq!(asked[0].1.get("desiredCount"), None);
    let tag = json!([{ "key": "qpiac:initial-count", "value": "3" }]);
    assert_eq!(asked[1].1["tags"], tag);
}

#[tokio::test]
async fn a_grace_period_comes_after_the_first_load_balancer() {
    let to = EcsService {
        load_balancers: BTreeSet::from([ServiceTarget {
            target_group_arn: Ref::known("arn:group"),
            container_name: "api".to_owned(),
            container_port: 8000,
        }]),
        health_check_grace_period_s: Some(60),
        ..service(Some(2), None)
    };
    let asked = update(service(Some(2), None), &to, [empty(), empty()]).await;
    let [(first, balanced), (second, graced)] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!([first, second], ["UpdateService"; 2]);
    assert!(balanced["loadBalancers"].is_array() && graced["loadBalancers"].is_null());
    assert!(balanced["healthCheckGracePeriodSeconds"].is_null());
    assert_eq!(graced["healthCheckGracePeriodSeconds"], 60);

    // Without one, AWS has nothing to count for.
    let asked = update(to, &service(Some(2), None), [empty()]).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].1["healthCheckGracePeriodSeconds"].is_null());
}

#[tokio::test]
async fn scaling_takes_over_without_touching_the_service() {
    let asked = update(service(Some(2), None), &service(None, Some(2)), [empty()]).await;
    let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["TagResource"]);
}

#[tokio::test]
async fn a_count_is_set_once_nobody_scales_any_more() {
    let gone = json_error(
        400,
        "ObjectNotFoundException",
        "No scalable target registered",
    );
    for deregistered in [empty(), gone] {
        let answers = [deregistered, empty(), empty()];
        let asked = update(service(None, Some(2)), &service(Some(5), None), answers).await;
        let names: Vec<&str> = asked.iter().map(|(name, _)| name.as_str()).collect();
        // The mark goes last, so that an interrupted change is made again.
        assert_eq!(
            names,
            ["DeregisterScalableTarget", "UpdateService", "UntagResource"]
        );
        assert_eq!(asked[0].1["ResourceId"], "service/shop-cluster/shop-api");
        assert_eq!(asked[1].1["desiredCount"], 5);
        assert_eq!(asked[2].1["tagKeys"], json!(["qpiac:initial-count"]));
    }
}
