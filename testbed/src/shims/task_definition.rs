//! ECS task definitions.
//!
//! - `RegisterTaskDefinition` for Fargate with a pair of cpu and memory that does not exist: AWS
//!   refuses with `ClientException`; moto takes it. Units: AWS gives "1 vCPU" and "1 GB" back as
//!   numbers ("1024"); moto as sent.
//! - `RegisterTaskDefinition`, `DescribeTaskDefinition`: AWS fills in what was left out
//!   (`hostPort`, `protocol`, `systemControls`) and adds `requiresAttributes`, `registeredAt` and
//!   `registeredBy`; moto does not.
//! - `ListTaskDefinitionFamilies` of status `ACTIVE`: AWS leaves out families without an active
//!   revision; moto lists them.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct TaskDefinition;

impl Shim for TaskDefinition {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ecs:RegisterTaskDefinition",
            "ecs:DescribeTaskDefinition",
            "ecs:ListTaskDefinitionFamilies",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "ListTaskDefinitionFamilies" => families(request, next).await,
                _ => serve(request, next).await,
            }
        })
    }
}

async fn families(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() || request.text("status") != "ACTIVE" {
        return Ok(reply);
    }
    let mut body = reply.value();
    let mut active = Vec::new();
    for family in body["families"].as_array().into_iter().flatten() {
        let asked = json!({ "familyPrefix": family, "status": "ACTIVE" });
        let listed = next.json("ecs", "ListTaskDefinitions", &asked).await?;
        if listed["taskDefinitionArns"]
            .as_array()
            .is_some_and(|arns| !arns.is_empty())
        {
            active.push(family.clone());
        }
    }
    body["families"] = Value::Array(active);
    Ok(reply.with_value(&body))
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = if request.operation == "RegisterTaskDefinition" {
        let mut sent = request.parameters.clone();
        for (key, unit) in [("cpu", "vcpu"), ("memory", "gb")] {
            if let Some(size) = sent[key].as_str().and_then(|text| plain(text, unit)) {
                sent[key] = json!(size);
            }
        }
        if !sizes_exist(&sent) {
            let message = "No Fargate configuration exists for given values.";
            return Ok(refusal(request, "ClientException", message));
        }
        next.forward(&request.with_value(sent)).await?
    } else {
        next.forward(request).await?
    };
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut body = reply.value();
    if let Some(definition) = body["taskDefinition"].as_object_mut() {
        fill(definition);
    }
    Ok(reply.with_value(&body))
}

/// "1 vCPU" or "2 GB" as a number of CPU units or MiB.
fn plain(text: &str, unit: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let number: f64 = lower.strip_suffix(unit)?.trim().parse().ok()?;
    Some(format!("{:.0}", number * 1024.0))
}

/// Whether Fargate has tasks of that size.
fn sizes_exist(definition: &Value) -> bool {
    let fargate = definition["requiresCompatibilities"]
        .as_array()
        .is_some_and(|list| list.contains(&json!("FARGATE")));
    let number = |key: &str| {
        definition[key]
            .as_str()
            .and_then(|text| text.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let memory = number("memory");
    let within = |from: u32, to: u32, step: u32| {
        (from..=to).contains(&memory) && (memory - from).is_multiple_of(step)
    };
    !fargate
        || match number("cpu") {
            256 => [512, 1024, 2048].contains(&memory),
            512 => within(1024, 4096, 1024),
            1024 => within(2048, 8192, 1024),
            2048 => within(4096, 16_384, 1024),
            4096 => within(8192, 30_720, 1024),
            8192 => within(16_384, 61_440, 4096),
            16_384 => within(32_768, 122_880, 8192),
            _ => false,
        }
}

/// Adds what AWS adds.
fn fill(definition: &mut Map<String, Value>) {
    let vpc = definition.get("networkMode") == Some(&json!("awsvpc"));
    for container in definition
        .get_mut("containerDefinitions")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        for key in [
            "environment",
            "mountPoints",
            "portMappings",
            "systemControls",
            "volumesFrom",
        ] {
            if container[key].is_null() {
                container[key] = json!([]);
            }
        }
        for mapping in container["portMappings"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            if mapping["hostPort"].is_null() {
                mapping["hostPort"] = if vpc {
                    mapping["containerPort"].clone()
                } else {
                    json!(0)
                };
            }
            if mapping["protocol"].is_null() {
                mapping["protocol"] = json!("tcp");
            }
        }
    }
    let additions = [
        (
            "requiresAttributes",
            json!([{ "name": "ecs.capability.task-eni" }]),
        ),
        ("registeredAt", json!(1_767_225_600.0)),
        ("registeredBy", json!("arn:aws:iam::123456789012:root")),
    ];
    for (key, value) in additions {
        definition.entry(key).or_insert(value);
    }
}
