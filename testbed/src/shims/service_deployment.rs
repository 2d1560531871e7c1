//! Deployments and revisions of ECS services.
//!
//! `ListServiceDeployments`, `DescribeServiceDeployments`, `DescribeServiceRevisions`: moto answers
//! 500. AWS lists the deployments of a service, newest first; here each of them has succeeded. The
//! revision's ARN ends in the id of the deployment in `DescribeServices` (`ecs-svc/ID`).

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::service::{Deployment, Known, Services};
use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct ServiceDeployment {
    services: Arc<Services>,
}

impl Shim for ServiceDeployment {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
            "ecs:DescribeServiceRevisions",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "ListServiceDeployments" => self.list(request, next).await,
                "DescribeServiceDeployments" => {
                    self.describe(request, next, "serviceDeploymentArns", "serviceDeployments")
                        .await
                }
                _ => {
                    self.describe(request, next, "serviceRevisionArns", "serviceRevisions")
                        .await
                }
            }
        })
    }
}

impl ServiceDeployment {
    pub(crate) fn new(services: Arc<Services>) -> ServiceDeployment {
        ServiceDeployment { services }
    }

    async fn list(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let sent = &request.parameters;
        let cluster = sent["cluster"].as_str().unwrap_or("default");
        let asked = json!({ "cluster": cluster, "services": [sent["service"]] });
        let found = next.json("ecs", "DescribeServices", &asked).await?;
        let Some(arn) = found["services"][0]["serviceArn"].as_str() else {
            let code = if found["__type"].is_string() {
                "ClusterNotFoundException"
            } else {
                "ServiceNotFoundException"
            };
            return Ok(refusal(request, code, "Service not found."));
        };
        let known = self.services.lock().get(arn).cloned();
        let statuses = sent["status"].as_array().cloned().unwrap_or_default();
        let after = sent["createdAt"]["after"].as_f64().unwrap_or(f64::MIN);
        let before = sent["createdAt"]["before"].as_f64().unwrap_or(f64::MAX);
        let listed: Vec<Value> = known
            .iter()
            .flat_map(|known| {
                known
                    .deployments
                    .iter()
                    .rev()
                    .map(|deployment| brief(known, deployment))
            })
            .filter(|_| statuses.is_empty() || statuses.contains(&json!("SUCCESSFUL")))
            .filter(|brief| {
                brief["createdAt"]
                    .as_f64()
                    .is_some_and(|at| (after..=before).contains(&at))
            })
            .collect();
        Ok(Reply::json(&json!({ "serviceDeployments": listed })))
    }

    /// Describes what the ARNs in `asked` name, and lists it as `given`.
    async fn describe(
        &self,
        request: &Request,
        next: Next<'_>,
        asked: &str,
        given: &str,
    ) -> Result<Reply> {
        let (mut described, mut failures) = (Vec::new(), Vec::new());
        for arn in request.parameters[asked].as_array().into_iter().flatten() {
            match self.find(arn.as_str().unwrap_or("")) {
                Some((known, deployment)) if given == "serviceDeployments" => {
                    let cluster = known.fields["clusterArn"].clone();
                    let service =
                        json!({ "cluster": cluster, "services": [known.fields["serviceArn"]] });
                    let found = next.json("ecs", "DescribeServices", &service).await?;
                    described.push(whole(
                        &known,
                        &deployment,
                        &found["services"][0]["desiredCount"],
                    ));
                }
                Some((known, deployment)) => described.push(revision(&known, &deployment)),
                None => failures.push(json!({ "arn": arn, "reason": "MISSING" })),
            }
        }
        Ok(Reply::json(
            &json!({ given: described, "failures": failures }),
        ))
    }

    /// The deployment that an ARN names: it ends in the deployment's id.
    fn find(&self, arn: &str) -> Option<(Known, Deployment)> {
        let (_, id) = arn.rsplit_once('/')?;
        self.services.lock().values().find_map(|known| {
            let deployment = known
                .deployments
                .iter()
                .find(|deployment| deployment.id == id)?;
            let same = [
                arn_of(known, deployment, "service-deployment"),
                arn_of(known, deployment, "service-revision"),
            ];
            same.contains(&arn.to_owned())
                .then(|| (known.clone(), deployment.clone()))
        })
    }
}

/// `arn:aws:ecs:REGION:ACCOUNT:KIND/CLUSTER/SERVICE/ID`.
fn arn_of(known: &Known, deployment: &Deployment, kind: &str) -> String {
    let service = known.fields["serviceArn"].as_str().unwrap_or("");
    format!(
        "{}/{}",
        service.replacen(":service/", &format!(":{kind}/"), 1),
        deployment.id
    )
}

fn brief(known: &Known, deployment: &Deployment) -> Value {
    json!({
        "serviceDeploymentArn": arn_of(known, deployment, "service-deployment"),
        "serviceArn": known.fields["serviceArn"],
        "clusterArn": known.fields["clusterArn"],
        "createdAt": deployment.created_s,
        "startedAt": deployment.created_s,
        "finishedAt": deployment.created_s,
        "targetServiceRevisionArn": arn_of(known, deployment, "service-revision"),
        "status": "SUCCESSFUL",
    })
}

fn whole(known: &Known, deployment: &Deployment, wanted: &Value) -> Value {
    let mut whole = brief(known, deployment);
    whole["updatedAt"] = json!(deployment.created_s);
    whole["deploymentConfiguration"] = deployment.fields["deploymentConfiguration"].clone();
    whole["sourceServiceRevisions"] = json!([]);
    whole["targetServiceRevision"] = json!({
        "arn": whole["targetServiceRevisionArn"],
        "requestedTaskCount": wanted,
        "runningTaskCount": wanted,
        "pendingTaskCount": 0,
    });
    whole
        .as_object_mut()
        .and_then(|fields| fields.remove("targetServiceRevisionArn"));
    let guarded = deployment.fields["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"]
        == json!(true);
    let status = if guarded {
        "MONITORING_COMPLETE"
    } else {
        "DISABLED"
    };
    whole["deploymentCircuitBreaker"] =
        json!({ "status": status, "failureCount": 0, "threshold": 3 });
    whole
}

fn revision(known: &Known, deployment: &Deployment) -> Value {
    let mut revision = json!({
        "serviceRevisionArn": arn_of(known, deployment, "service-revision"),
        "serviceArn": known.fields["serviceArn"],
        "clusterArn": known.fields["clusterArn"],
        "createdAt": deployment.created_s,
    });
    for key in [
        "taskDefinition",
        "launchType",
        "platformVersion",
        "platformFamily",
        "loadBalancers",
        "networkConfiguration",
    ] {
        revision[key] = deployment.fields[key].clone();
    }
    revision
}
