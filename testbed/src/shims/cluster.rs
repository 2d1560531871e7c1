//! ECS clusters.
//!
//! - `CreateCluster` of a name that is active: AWS gives the existing cluster; moto replaces it and
//!   loses its tags and settings.
//! - `UpdateClusterSettings`: AWS changes the settings; moto answers 500 (it knows `UpdateCluster`).
//! - `DeleteCluster` with services in it: AWS refuses with `ClusterContainsServicesException`; moto
//!   deletes it.
//! - `DescribeClusters`: AWS gives settings only where `include` asks for them, and counts the
//!   services; moto gives settings always and counts none.

use anyhow::Result;
use serde_json::json;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct Cluster;

impl Shim for Cluster {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ecs:CreateCluster",
            "ecs:UpdateClusterSettings",
            "ecs:DeleteCluster",
            "ecs:DescribeClusters",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "CreateCluster" => create(request, next).await,
                "UpdateClusterSettings" => update_settings(request, next).await,
                "DeleteCluster" => delete(request, next).await,
                _ => describe(request, next).await,
            }
        })
    }
}

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let name = request.parameters["clusterName"]
        .as_str()
        .unwrap_or("default");
    let asked = json!({ "clusters": [name], "include": ["TAGS", "SETTINGS", "CONFIGURATIONS"] });
    let found = next.json("ecs", "DescribeClusters", &asked).await?;
    let cluster = &found["clusters"][0];
    if cluster["status"] == "ACTIVE" {
        return Ok(Reply::json(&json!({ "cluster": cluster })));
    }
    next.forward(request).await
}

async fn update_settings(request: &Request, next: Next<'_>) -> Result<Reply> {
    let mut update = request.clone();
    "UpdateCluster".clone_into(&mut update.operation);
    if let Some(target) = update.headers.get_mut("x-amz-target") {
        *target = "AmazonEC2ContainerServiceV20141113.UpdateCluster".parse()?;
    }
    next.forward(&update).await
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let asked = json!({ "cluster": request.parameters["cluster"], "maxResults": 100 });
    let services = next.json("ecs", "ListServices", &asked).await?;
    if services["serviceArns"]
        .as_array()
        .is_some_and(|arns| !arns.is_empty())
    {
        let message = "The Cluster cannot be deleted while Services are active.";
        return Ok(refusal(
            request,
            "ClusterContainsServicesException",
            message,
        ));
    }
    next.forward(request).await
}

async fn describe(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    let mut body = reply.value();
    let included = |what: &str| {
        request.parameters["include"]
            .as_array()
            .is_some_and(|list| list.contains(&json!(what)))
    };
    for cluster in body["clusters"].as_array_mut().into_iter().flatten() {
        if cluster["status"] == "ACTIVE" {
            let asked = json!({ "cluster": cluster["clusterArn"], "maxResults": 100 });
            let services = next.json("ecs", "ListServices", &asked).await?;
            cluster["activeServicesCount"] =
                json!(services["serviceArns"].as_array().map_or(0, Vec::len));
        }
        for (what, key) in [
            ("SETTINGS", "settings"),
            ("CONFIGURATIONS", "configuration"),
        ] {
            if !included(what) {
                cluster
                    .as_object_mut()
                    .and_then(|fields| fields.remove(key));
            }
        }
    }
    Ok(reply.with_value(&body))
}
