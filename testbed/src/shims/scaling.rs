//! Application Auto Scaling.
//!
//! - `PutScalingPolicy` without a registered target: AWS refuses with `ObjectNotFoundException`; moto
//!   takes it. Of a policy that is there: AWS keeps its `PolicyARN`; moto gives it a new one.
//! - `DeregisterScalableTarget` of what is not registered: AWS refuses with
//!   `ObjectNotFoundException`; moto with `ValidationException`. Of what is: AWS deletes its policies
//!   too; moto keeps them.
//! - `DeleteScalingPolicy` of a missing one: likewise `ObjectNotFoundException`.
//! - `DescribeScalingActivities`: moto answers 500.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;

const SERVICE: &str = "application-autoscaling";

/// What tells policies apart.
const KEY: [&str; 4] = [
    "ServiceNamespace",
    "ResourceId",
    "ScalableDimension",
    "PolicyName",
];

#[derive(Default)]
pub(crate) struct Scaling {
    /// The first ARN of each policy.
    arns: Mutex<BTreeMap<[String; 4], String>>,
}

impl Shim for Scaling {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "application-autoscaling:PutScalingPolicy",
            "application-autoscaling:DescribeScalingPolicies",
            "application-autoscaling:DeleteScalingPolicy",
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:DescribeScalingActivities",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "PutScalingPolicy" => self.put(request, next).await,
                "DeregisterScalableTarget" => self.deregister(request, next).await,
                "DescribeScalingPolicies" => {
                    let reply = next.forward(request).await?;
                    let mut body = reply.value();
                    for policy in body["ScalingPolicies"].as_array_mut().into_iter().flatten() {
                        if let Some(arn) = memory(&self.arns).get(&key(policy)) {
                            policy["PolicyARN"] = json!(arn);
                        }
                    }
                    Ok(reply.with_value(&body))
                }
                "DeleteScalingPolicy" => {
                    let reply = next.forward(request).await?;
                    if reply.code() == "ValidationException" {
                        return Ok(unregistered(request));
                    }
                    memory(&self.arns).remove(&key(&request.parameters));
                    Ok(reply)
                }
                _ => Ok(Reply::json(&json!({ "ScalingActivities": [] }))),
            }
        })
    }
}

impl Scaling {
    async fn put(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let sent = &request.parameters;
        let asked = json!({
            "ServiceNamespace": sent["ServiceNamespace"],
            "ResourceIds": [sent["ResourceId"]],
            "ScalableDimension": sent["ScalableDimension"],
        });
        let found = next
            .json(SERVICE, "DescribeScalableTargets", &asked)
            .await?;
        if found["ScalableTargets"]
            .as_array()
            .is_none_or(Vec::is_empty)
        {
            return Ok(unregistered(request));
        }
        let reply = next.forward(request).await?;
        let mut body = reply.value();
        if let Some(arn) = body["PolicyARN"].as_str().map(str::to_owned) {
            let kept = memory(&self.arns).entry(key(sent)).or_insert(arn).clone();
            body["PolicyARN"] = json!(kept);
        }
        Ok(reply.with_value(&body))
    }

    async fn deregister(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let sent = &request.parameters;
        let asked = json!({
            "ServiceNamespace": sent["ServiceNamespace"],
            "ResourceId": sent["ResourceId"],
            "ScalableDimension": sent["ScalableDimension"],
        });
        let policies = next
            .json(SERVICE, "DescribeScalingPolicies", &asked)
            .await?;
        let reply = next.forward(request).await?;
        if reply.code() == "ValidationException" {
            return Ok(unregistered(request));
        }
        if reply.is_success() {
            for policy in policies["ScalingPolicies"].as_array().into_iter().flatten() {
                let mut delete = asked.clone();
                delete["PolicyName"] = policy["PolicyName"].clone();
                next.emulator_json(SERVICE, "DeleteScalingPolicy", &delete)
                    .await?;
                memory(&self.arns).remove(&key(policy));
            }
        }
        Ok(reply)
    }
}

fn key(policy: &Value) -> [String; 4] {
    KEY.map(|field| policy[field].as_str().unwrap_or("").to_owned())
}

fn unregistered(request: &Request) -> Reply {
    let message = format!(
        "No scalable target registered for service namespace: {}, resource ID: {}, scalable \
         dimension: {}",
        request.text("ServiceNamespace"),
        request.text("ResourceId"),
        request.text("ScalableDimension")
    );
    refusal(request, "ObjectNotFoundException", &message)
}
