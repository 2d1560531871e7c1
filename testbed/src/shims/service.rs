//! ECS services.
//!
//! - `CreateService`, `UpdateService`, `DescribeServices`: AWS gives back everything that was sent,
//!   with its defaults (`deploymentConfiguration`, `platformVersion`,
//!   `healthCheckGracePeriodSeconds`, `enableExecuteCommand`, `enableECSManagedTags`,
//!   `propagateTags`, `availabilityZoneRebalancing`, ...) and the task definition as an ARN; moto
//!   drops most of it at creation and keeps the task definition as sent.
//! - A changed task definition, network, balancing or platform makes a new deployment on AWS, with
//!   as many tasks as wanted; in moto the first one stays as it was.
//! - `CreateService` with a target group that no listener or rule forwards to: AWS refuses with
//!   `InvalidParameterException`. Of a name that is active: AWS gives the service where the
//!   `clientToken` is the same, and refuses otherwise. moto does not look.
//! - `ListServices`: AWS leaves out inactive services; moto lists them.
//!
//! Services made past the proxy are given back as moto knows them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;

/// What AWS gives back as it was sent.
const KEPT: [&str; 16] = [
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "deploymentConfiguration",
    "deploymentController",
    "enableECSManagedTags",
    "enableExecuteCommand",
    "healthCheckGracePeriodSeconds",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "placementConstraints",
    "placementStrategy",
    "platformVersion",
    "propagateTags",
    "schedulingStrategy",
    "serviceRegistries",
];

/// What starts a new deployment when it changes.
const DEPLOYED: [&str; 6] = [
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceRegistries",
    "taskDefinition",
];

/// The services that were made through the proxy, by ARN.
#[derive(Default)]
pub(crate) struct Services {
    known: Mutex<BTreeMap<String, Known>>,
}

/// What moto does not keep of a service.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) token: String,
    /// The fields as AWS gives them back, the task definition among them.
    pub(crate) fields: Map<String, Value>,
    /// The deployments, oldest first; the last is the current one.
    pub(crate) deployments: Vec<Deployment>,
}

/// One deployment of a service; it succeeds at once.
#[derive(Clone)]
pub(crate) struct Deployment {
    /// What its ids have in common: `ecs-svc/ID`, and the end of its ARNs.
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created_s: f64,
    /// The fields of the service when it began.
    pub(crate) fields: Map<String, Value>,
}

impl Services {
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        memory(&self.known)
    }
}

impl Known {
    fn deploy(&mut self) {
        let age = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let (id, created_s) = (age.as_nanos().to_string(), age.as_secs_f64());
        self.deployments.push(Deployment {
            id,
            created_s,
            fields: self.fields.clone(),
        });
    }
}

pub(crate) struct Service {
    services: Arc<Services>,
}

impl Shim for Service {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ecs:CreateService",
            "ecs:UpdateService",
            "ecs:DeleteService",
            "ecs:DescribeServices",
            "ecs:ListServices",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let reply = match request.operation.as_str() {
                "CreateService" => self.create(request, next).await?,
                "UpdateService" => self.update(request, next).await?,
                "ListServices" => return list(request, next).await,
                _ => next.forward(request).await?,
            };
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut body = reply.value();
            for service in body["services"].as_array_mut().into_iter().flatten() {
                self.restore(service);
            }
            if body["service"].is_object() {
                self.restore(&mut body["service"]);
            }
            Ok(reply.with_value(&body))
        })
    }
}

impl Service {
    pub(crate) fn new(services: Arc<Services>) -> Service {
        Service { services }
    }

    async fn create(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let sent = &request.parameters;
        let cluster = sent["cluster"].as_str().unwrap_or("default");
        let asked =
            json!({ "cluster": cluster, "services": [sent["serviceName"]], "include": ["TAGS"] });
        let found = next.json("ecs", "DescribeServices", &asked).await?;
        let existing = &found["services"][0];
        if existing.is_object() && existing["status"] != "INACTIVE" {
            let arn = existing["serviceArn"].as_str().unwrap_or("");
            let token = self
                .services
                .lock()
                .get(arn)
                .map(|known| known.token.clone())
                .unwrap_or_default();
            if !token.is_empty() && token == request.text("clientToken") {
                return Ok(Reply::json(&json!({ "service": existing })));
            }
            return Ok(refusal(
                request,
                "InvalidParameterException",
                "Creation of service was not idempotent.",
            ));
        }
        for balanced in sent["loadBalancers"].as_array().into_iter().flatten() {
            let arn = balanced["targetGroupArn"].as_str().unwrap_or("");
            let named = [("TargetGroupArns.member.1", arn)];
            let Ok(groups) = next
                .read("elasticloadbalancing", "DescribeTargetGroups", &named)
                .await
            else {
                continue;
            };
            if groups
                .members("DescribeTargetGroupsResult/TargetGroups/member/LoadBalancerArns")
                .is_empty()
            {
                let message = format!(
                    "The target group with targetGroupArn {arn} does not have an associated load balancer."
                );
                return Ok(refusal(request, "InvalidParameterException", &message));
            }
        }
        let reply = next.forward(request).await?;
        if reply.is_success() {
            self.remember(request, &reply.value()["service"]);
        }
        Ok(reply)
    }

    fn remember(&self, request: &Request, service: &Value) {
        let sent = &request.parameters;
        let mut fields = defaults(sent);
        for key in KEPT.into_iter().filter(|key| !sent[key].is_null()) {
            let value = if key == "deploymentConfiguration" {
                merged(&fields[key], &sent[key])
            } else {
                sent[key].clone()
            };
            fields.insert(key.to_owned(), value);
        }
        for key in ["serviceArn", "clusterArn", "taskDefinition"] {
            fields.insert(key.to_owned(), service[key].clone());
        }
        let mut known = Known {
            token: request.text("clientToken").to_owned(),
            fields,
            deployments: Vec::new(),
        };
        known.deploy();
        let created = known.deployments[0].created_s;
        known.fields.insert("createdAt".to_owned(), json!(created));
        self.services.lock().insert(
            service["serviceArn"].as_str().unwrap_or("").to_owned(),
            known,
        );
    }

    async fn update(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let mut sent = request.parameters.clone();
        if let Some(name) = sent["taskDefinition"].as_str() {
            let described = next
                .json(
                    "ecs",
                    "DescribeTaskDefinition",
                    &json!({ "taskDefinition": name }),
                )
                .await?;
            let arn = described["taskDefinition"]["taskDefinitionArn"].clone();
            if arn.is_string() {
                sent["taskDefinition"] = arn;
            }
        }
        let request = request.with_value(sent.clone());
        let reply = next.forward(&request).await?;
        let arn = reply.value()["service"]["serviceArn"]
            .as_str()
            .unwrap_or("")
            .to_owned();
        if let Some(known) = self.services.lock().get_mut(&arn) {
            let mut starts = sent["forceNewDeployment"] == json!(true);
            for key in KEPT
                .into_iter()
                .chain(["taskDefinition"])
                .filter(|key| !sent[key].is_null())
            {
                let old = known.fields.get(key).cloned().unwrap_or(Value::Null);
                let value = if key == "deploymentConfiguration" {
                    merged(&old, &sent[key])
                } else {
                    sent[key].clone()
                };
                starts |= value != old && DEPLOYED.contains(&key);
                known.fields.insert(key.to_owned(), value);
            }
            if starts {
                known.deploy();
            }
        }
        Ok(reply)
    }

    /// Puts back what moto does not keep.
    fn restore(&self, service: &mut Value) {
        let arn = service["serviceArn"].as_str().unwrap_or("").to_owned();
        let Some(known) = self.services.lock().get(&arn).cloned() else {
            return;
        };
        for (key, value) in &known.fields {
            service[key] = value.clone();
        }
        if service["status"] == "INACTIVE" {
            service["deployments"] = json!([]);
            return;
        }
        let wanted = service["desiredCount"].clone();
        let Some(current) = known.deployments.last() else {
            return;
        };
        service["runningCount"] = wanted.clone();
        service["pendingCount"] = json!(0);
        service["deployments"] = json!([{
            "id": format!("ecs-svc/{}", current.id),
            "status": "PRIMARY",
            "taskDefinition": current.fields["taskDefinition"],
            "desiredCount": wanted,
            "pendingCount": 0,
            "runningCount": wanted,
            "failedTasks": 0,
            "createdAt": current.created_s,
            "updatedAt": current.created_s,
            "launchType": current.fields["launchType"],
            "platformVersion": current.fields["platformVersion"],
            "platformFamily": "Linux",
            "networkConfiguration": current.fields["networkConfiguration"],
            "rolloutState": "COMPLETED",
            "rolloutStateReason": format!("ECS deployment ecs-svc/{} completed.", current.id),
        }]);
    }
}

/// What AWS fills in when a service is made.
fn defaults(sent: &Value) -> Map<String, Value> {
    let mut fields = json!({
        "availabilityZoneRebalancing": "ENABLED",
        "createdBy": "arn:aws:iam::123456789012:root",
        "deploymentConfiguration": {
            "bakeTimeInMinutes": 0,
            "deploymentCircuitBreaker": { "enable": false, "rollback": false },
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
        },
        "deploymentController": { "type": "ECS" },
        "enableECSManagedTags": false,
        "enableExecuteCommand": false,
        "launchType": "EC2",
        "loadBalancers": [],
        "networkConfiguration": null,
        "placementConstraints": [],
        "placementStrategy": [],
        "platformFamily": "Linux",
        "platformVersion": "LATEST",
        "propagateTags": "NONE",
        "roleArn": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "schedulingStrategy": "REPLICA",
        "serviceRegistries": [],
    });
    if sent["loadBalancers"]
        .as_array()
        .is_some_and(|list| !list.is_empty())
    {
        fields["healthCheckGracePeriodSeconds"] = json!(0);
    }
    fields.as_object().cloned().unwrap_or_default()
}

/// The old object with the fields of the new one.
fn merged(old: &Value, new: &Value) -> Value {
    let mut fields = old.as_object().cloned().unwrap_or_default();
    fields.extend(new.as_object().cloned().unwrap_or_default());
    Value::Object(fields)
}

async fn list(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    let mut body = reply.value();
    let mut active = Vec::new();
    for chunk in body["serviceArns"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .chunks(10)
    {
        let asked = json!({ "cluster": request.parameters["cluster"].as_str().unwrap_or("default"), "services": chunk });
        let described = next.json("ecs", "DescribeServices", &asked).await?;
        let Some(services) = described["services"].as_array() else {
            bail!("the services of a listing were not described: {described}");
        };
        active.extend(
            services
                .iter()
                .filter(|service| service["status"] != "INACTIVE")
                .map(|service| service["serviceArn"].clone()),
        );
    }
    if body["serviceArns"].is_array() {
        body["serviceArns"] = Value::Array(active);
    }
    Ok(reply.with_value(&body))
}
