//! Services that scale, where they and their scaling are on different emulators.
//!
//! `RegisterScalableTarget` of an ECS service: moto looks for the service in itself; in the data plane it
//! is on ministack. One of the same name is made on moto then, for that alone.

use anyhow::Result;
use serde_json::json;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct ScaledService;

impl Shim for ScaledService {
    fn operations(&self) -> &'static [&'static str] {
        &["application-autoscaling:RegisterScalableTarget"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(serve(request, next))
    }
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    let parts: Vec<&str> = request.text("ResourceId").split('/').collect();
    let ["service", cluster, service] = parts[..] else {
        return Ok(reply);
    };
    if reply.is_success() {
        return Ok(reply);
    }
    let asked = json!({ "cluster": cluster, "services": [service] });
    let found = next.json("ecs", "DescribeServices", &asked).await?;
    if found["services"][0]["status"] != "ACTIVE" {
        return Ok(reply);
    }
    let neighbour = next.emulator.neighbour_of(&request.service);
    let container = json!({ "name": "scaled", "image": "scaled", "memory": 128 });
    let definition = json!({ "family": "scaled", "containerDefinitions": [container] });
    let stand_in = json!({
        "cluster": cluster, "serviceName": service, "taskDefinition": "scaled", "desiredCount": 1,
    });
    for (operation, body) in [
        ("CreateCluster", json!({ "clusterName": cluster })),
        ("RegisterTaskDefinition", definition),
        ("CreateService", stand_in),
    ] {
        neighbour.json("ecs", operation, &body).await?;
    }
    next.forward(request).await
}
