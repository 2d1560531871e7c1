//! Application Auto Scaling.

use serde_json::{Value, json};
use testbed::Client;

use super::{call, gap, json_outcome};

const SCALING: &str = "application-autoscaling";

fn target() -> Value {
    json!({
        "ServiceNamespace": "dynamodb", "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    })
}

fn with(further: &Value) -> Value {
    let mut body = target();
    for (field, value) in further.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

fn policy() -> Value {
    with(&json!({
        "PolicyName": "p", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization",
            },
        },
    }))
}

async fn register(client: &Client) {
    let bounds = json!({ "MinCapacity": 1, "MaxCapacity": 2 });
    call(client, SCALING, "RegisterScalableTarget", with(&bounds)).await;
}

#[tokio::test]
async fn a_policy_needs_its_target() {
    let scenario = async |client: &Client| {
        let before = json_outcome(client, SCALING, "PutScalingPolicy", policy()).await;
        register(client).await;
        let after = json_outcome(client, SCALING, "PutScalingPolicy", policy()).await;
        format!("{before}, {after}")
    };
    gap(scenario, "ObjectNotFoundException, ok").await;
}

#[tokio::test]
async fn a_policy_keeps_its_arn() {
    let scenario = async |client: &Client| {
        register(client).await;
        let first = call(client, SCALING, "PutScalingPolicy", policy()).await;
        let second = call(client, SCALING, "PutScalingPolicy", policy()).await;
        let found = call(client, SCALING, "DescribeScalingPolicies", target()).await;
        let read = &found["ScalingPolicies"][0]["PolicyARN"];
        format!(
            "{} {}",
            first["PolicyARN"] == second["PolicyARN"],
            first["PolicyARN"] == *read
        )
    };
    gap(scenario, "true true").await;
}

#[tokio::test]
async fn a_target_takes_its_policies_along() {
    let scenario = async |client: &Client| {
        let missing = json_outcome(client, SCALING, "DeregisterScalableTarget", target()).await;
        register(client).await;
        call(client, SCALING, "PutScalingPolicy", policy()).await;
        call(client, SCALING, "DeregisterScalableTarget", target()).await;
        let found = call(client, SCALING, "DescribeScalingPolicies", target()).await;
        let named = with(&json!({ "PolicyName": "p" }));
        let gone = json_outcome(client, SCALING, "DeleteScalingPolicy", named).await;
        format!("{missing}, {}, {gone}", found["ScalingPolicies"])
    };
    gap(
        scenario,
        "ObjectNotFoundException, [], ObjectNotFoundException",
    )
    .await;
}

#[tokio::test]
async fn activities_are_listed() {
    let scenario = async |client: &Client| {
        let asked = json!({ "ServiceNamespace": "ecs" });
        json_outcome(client, SCALING, "DescribeScalingActivities", asked).await
    };
    gap(scenario, "ok").await;
}
