//! Traps of Application Auto Scaling's targets.

use serde_json::json;

use super::*;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply, rest_error};
use crate::model::{Attributes, FaultClass, Owner};

const SERVICE_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:service/shop-cluster/shop-api";
const ID: &str = "service/shop-cluster/shop-api";

fn owner() -> Owner {
    Owner::new("shop", "us-east-1")
}

fn target() -> ScalableTarget {
    ScalableTarget {
        service: Ref::known(SERVICE_ARN),
        min_capacity: 2,
        max_capacity: 6,
    }
}

fn want() -> Resolved<ScalableTarget> {
    Resolved::new(&target().values()).expect("all is known")
}

fn mark() -> Mark {
    let address = "scalable-target/api".parse().expect("an address");
    Mark {
        tags: owner().mark(&address),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

fn role_exists() -> Answer {
    rest_error(
        400,
        "InvalidInput",
        "Service role name has been taken in this account",
    )
}

fn registered() -> Answer {
    json_reply(&json!({ "ScalableTargetARN": "arn:aws:application-autoscaling:x" }))
}

fn described(id: &str) -> serde_json::Value {
    json!({
        "ServiceNamespace": "ecs",
        "ResourceId": id,
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2,
        "MaxCapacity": 6,
        "RoleARN": "arn:aws:iam::123456789012:role/x",
        "CreationTime": 1_700_000_000,
    })
}

fn operations(cloud: &Scripted) -> Vec<String> {
    let operations = cloud.operations().into_iter();
    operations
        .map(|name| {
            name.trim_start_matches("AnyScaleFrontendService.")
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn unable_to_assume_iam_role_and_a_service_that_is_not_seen_yet_pass() {
    for message in [
        "Unable to assume IAM role: arn:aws:iam::123456789012:role/aws-service-role/x",
        "ECS service doesn't exist: service/shop-cluster/shop-api",
    ] {
        let refused = json_error(400, "ValidationException", message);
        let cloud = Scripted::new([role_exists(), refused]);
        let fault = ScalableTarget::create(&cloud.clients(), &want(), &mark()).await;
        let fault = fault.expect_err("refused");
        assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
        assert_eq!(fault.message, message);
    }
}

#[tokio::test]
async fn the_role_of_the_service_is_made_first_and_tags_are_for_new_targets_alone() {
    let cloud = Scripted::new([role_exists(), registered(), registered()]);
    let aws = cloud.clients();
    let outputs = ScalableTarget::create(&aws, &want(), &mark()).await;
    let outputs = outputs.expect("registered");
    assert_eq!(outputs.id.as_str(), ID);
    let found = super::read(
        &sdk::ScalableTarget::builder()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .resource_id(ID)
            .scalable_dimension(autoscaling::DIMENSION)
            .min_capacity(1)
            .max_capacity(2)
            .role_arn("x")
            .creation_time(aws_smithy_types::DateTime::from_secs(0))
            .build()
            .expect("complete"),
        SERVICE_ARN.to_owned(),
    );
    let updated = ScalableTarget::update(&aws, &want(), found, Changes::new(&[])).await;
    updated.expect("registered again");
    let asked = cloud.asked();
    assert_eq!(asked[0].operation, "CreateServiceLinkedRole");
    assert!(asked[1].body.contains("qpiac:stack"), "{}", asked[1].body);
    assert!(!asked[2].body.contains("Tags"), "{}", asked[2].body);
    for asked in &asked[1..] {
        let body: serde_json::Value = serde_json::from_str(&asked.body).expect("JSON");
        assert_eq!(body["ResourceId"], ID);
        assert_eq!(
            (&body["MinCapacity"], &body["MaxCapacity"]),
            (&json!(2), &json!(6))
        );
    }
}

#[tokio::test]
async fn object_not_found_is_gone() {
    let gone = json_error(
        400,
        "ObjectNotFoundException",
        "No scalable target registered",
    );
    let cloud = Scripted::new([gone]);
    let fault = autoscaling::deregister(&cloud.clients(), ID).await;
    assert_eq!(fault.expect_err("refused").class, FaultClass::Missing);
}

#[tokio::test]
async fn the_targets_of_a_cluster_are_asked_for_once_and_those_of_others_left_out() {
    let reply =
        json!({ "ScalableTargets": [described(ID), described("service/shop-cluster/by-hand")] });
    let cloud = Scripted::new([json_reply(&reply)]);
    let aws = cloud.clients();
    aws.reading(true);
    let all = [
        SERVICE_ARN,
        "arn:aws:ecs:us-east-1:123456789012:service/shop-cluster/by-hand",
    ];
    let all = all.map(str::to_owned);
    let targets = autoscaling::targets_in(&aws, "shop-cluster", &all).await;
    assert_eq!(targets.expect("targets").len(), 2);
    let services = Query::Under(vec![Parent {
        id: SERVICE_ARN.to_owned(),
        owner: owner(),
    }]);
    let found = ScalableTarget::find(&aws, &services).await.expect("found");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, ID);
    assert_eq!(found[0].attributes.values(), target().values());
    assert_eq!(operations(&cloud), ["DescribeScalableTargets"]);
}
