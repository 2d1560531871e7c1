//! States that take their time: what was made or changed works only after a while.
//!
//! Depends on `ledger`, `operation`, `reply` and `xml`. Invariant: a state that was begun ends after
//! the time that was said, whatever is asked meanwhile.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::ledger::{Identity, Ledger};
use super::{Suffered, memory};
use crate::operation::{Protocol, Request};
use crate::reply::Reply;
use crate::xml::Element;

/// Operations that begin such a state, and where their reply has the identifier.
const BEGINNINGS: [(&str, &str); 12] = [
    ("cloudfront:CreateDistribution", "Id"),
    ("cloudfront:CreateDistributionWithTags", "Id"),
    ("cloudfront:UpdateDistribution", "Id"),
    ("ec2:CreateNatGateway", "natGateway/natGatewayId"),
    ("ec2:CreateVpcEndpoint", "vpcEndpoint/vpcEndpointId"),
    ("ecs:CreateCluster", "/cluster/clusterArn"),
    ("ecs:CreateService", "/service/serviceArn"),
    ("ecs:UpdateService", "/service/serviceArn"),
    (
        "elasticloadbalancing:CreateLoadBalancer",
        "CreateLoadBalancerResult/LoadBalancers/member/LoadBalancerArn",
    ),
    ("lambda:CreateFunction", "/FunctionArn"),
    ("lambda:UpdateFunctionCode", "/FunctionArn"),
    ("lambda:UpdateFunctionConfiguration", "/FunctionArn"),
];

/// Calls that AWS refuses while the function is being made or changed.
const EXCLUSIVE: [&str; 2] = [
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
];

#[derive(Default)]
pub(super) struct Slow {
    /// What is under way, by identifier: the operation that began it, and when it ends.
    under_way: Mutex<BTreeMap<String, (String, Instant)>>,
}

impl Slow {
    /// Notes what a call has begun.
    pub(super) fn note(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
        reply: &Reply,
    ) -> Option<&'static str> {
        let name = request.name();
        let (_, path) = BEGINNINGS
            .iter()
            .find(|(operation, _)| *operation == name)?;
        let slow = ledger.hostility.slow;
        if slow.is_zero() || is_same_deployment(request) || !ledger.strikes(call, "slow", 80) {
            return None;
        }
        let id = match request.protocol {
            Protocol::Json | Protocol::RestJson => {
                let value = reply.value();
                value.pointer(path)?.as_str()?.to_owned()
            }
            _ => reply.element(request).ok()?.at(path).to_owned(),
        };
        let end = Instant::now() + ledger.span(call, "slow", slow);
        memory(&self.under_way).insert(id, (request.operation.clone(), end));
        Some("slow")
    }

    /// Why a call must wait for what is under way.
    pub(super) fn refusal(&self, request: &Request) -> Option<Suffered> {
        let name = request.name();
        if EXCLUSIVE.contains(&name.as_str()) {
            let asked = request.text("FunctionName");
            let mut under_way = self.now().into_keys();
            let arn =
                under_way.find(|id| id == asked || id.ends_with(&format!(":function:{asked}")))?;
            let message = format!(
                "The operation cannot be performed at this time. An update is in progress for \
                 resource: {arn}"
            );
            let status = StatusCode::CONFLICT;
            let reply = Reply::error(request, status, "ResourceConflictException", &message);
            return Some(Suffered::answered("busy", reply));
        }
        if name == "cloudfront:DeleteDistribution" && self.is_under_way(request.text("Id")) {
            let message = "The distribution you are trying to delete has not been disabled.";
            let status = StatusCode::CONFLICT;
            let reply = Reply::error(request, status, "DistributionNotDisabled", message);
            return Some(Suffered::answered("busy", reply));
        }
        None
    }

    /// A reply that says what is still under way.
    pub(super) fn tell(&self, request: &Request, reply: Reply) -> Reply {
        let now = self.now();
        if now.is_empty() || !reply.is_success() {
            return reply;
        }
        match request.name().as_str() {
            "ec2:DescribeNatGateways" => told(request, reply, "item", |item| {
                if now.contains_key(item.at("natGatewayId")) {
                    item.put(Element::text("state", "pending"));
                }
            }),
            "ec2:DescribeVpcEndpoints" => told(request, reply, "item", |item| {
                if now.contains_key(item.at("vpcEndpointId")) {
                    item.put(Element::text("state", "pending"));
                }
            }),
            "elasticloadbalancing:DescribeLoadBalancers" => {
                told(request, reply, "member", |member| {
                    if now.contains_key(member.at("LoadBalancerArn")) {
                        let code = Element::text("Code", "provisioning");
                        member.put(Element::list("State", vec![code]));
                    }
                })
            }
            name if name.starts_with("cloudfront:") && name.contains("Distribution") => {
                let deploying = |one: &mut Element| {
                    if now.contains_key(one.at("Id")) {
                        one.put(Element::text("Status", "InProgress"));
                    }
                };
                match reply.element(request) {
                    Ok(mut root) => {
                        if root.name == "Distribution" {
                            deploying(&mut root);
                        }
                        root.change_all("DistributionSummary", &mut |one| deploying(one));
                        reply.with_element(&root)
                    }
                    Err(_) => reply,
                }
            }
            "lambda:GetFunction" | "lambda:GetFunctionConfiguration" => {
                told_value(reply, |body| function(body, &now))
            }
            "ecs:DescribeClusters" => told_value(reply, |body| clusters(body, &now)),
            "ecs:DescribeServices" => told_value(reply, |body| services(body, &now)),
            "ecs:ListServiceDeployments" | "ecs:DescribeServiceDeployments" => {
                told_value(reply, |body| deployments(body, &now))
            }
            _ => reply,
        }
    }

    fn is_under_way(&self, id: &str) -> bool {
        self.now().contains_key(id)
    }

    /// What is under way at this moment, with the operation that began it.
    fn now(&self) -> BTreeMap<String, String> {
        let now = Instant::now();
        memory(&self.under_way)
            .iter()
            .filter(|(_, (_, end))| *end > now)
            .map(|(id, (operation, _))| (id.clone(), operation.clone()))
            .collect()
    }
}

/// Whether an update of a service starts no deployment.
fn is_same_deployment(request: &Request) -> bool {
    let starts = [
        "taskDefinition",
        "networkConfiguration",
        "loadBalancers",
        "forceNewDeployment",
    ];
    request.operation == "UpdateService"
        && starts
            .iter()
            .all(|field| request.parameters[field].is_null())
}

fn told(
    request: &Request,
    reply: Reply,
    name: &str,
    mut change: impl FnMut(&mut Element),
) -> Reply {
    match reply.element(request) {
        Ok(mut root) => {
            root.change_all(name, &mut change);
            reply.with_element(&root)
        }
        Err(_) => reply,
    }
}

fn told_value(reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    let mut body = reply.value();
    change(&mut body);
    reply.with_value(&body)
}

fn function(body: &mut Value, now: &BTreeMap<String, String>) {
    let configuration = match body.get("Configuration") {
        Some(_) => &mut body["Configuration"],
        None => body,
    };
    match now.get(configuration["FunctionArn"].as_str().unwrap_or("")) {
        Some(operation) if operation == "CreateFunction" => {
            configuration["State"] = json!("Pending");
            configuration["StateReason"] = json!("The function is being created.");
            configuration["StateReasonCode"] = json!("Creating");
        }
        Some(_) => configuration["LastUpdateStatus"] = json!("InProgress"),
        None => {}
    }
}

fn clusters(body: &mut Value, now: &BTreeMap<String, String>) {
    for cluster in body["clusters"].as_array_mut().into_iter().flatten() {
        let arn = cluster["clusterArn"].as_str().unwrap_or("");
        if cluster["status"] == "ACTIVE" && now.contains_key(arn) {
            cluster["status"] = json!("PROVISIONING");
        }
    }
}

fn services(body: &mut Value, now: &BTreeMap<String, String>) {
    for service in body["services"].as_array_mut().into_iter().flatten() {
        let arn = service["serviceArn"].as_str().unwrap_or("").to_owned();
        let is_active = service["status"] == "ACTIVE";
        if let (true, Some(operation)) = (is_active, now.get(&arn)) {
            service["deployments"][0]["rolloutState"] = json!("IN_PROGRESS");
            if operation == "CreateService" {
                service["runningCount"] = json!(0);
                service["deployments"][0]["runningCount"] = json!(0);
            }
        }
    }
}

/// Says of the newest deployment of a service that it goes on.
fn deployments(body: &mut Value, now: &BTreeMap<String, String>) {
    let listed = body["serviceDeployments"].as_array_mut();
    let newest = listed.and_then(|listed| listed.first_mut());
    if let Some(newest) = newest
        && now.contains_key(newest["serviceArn"].as_str().unwrap_or(""))
    {
        newest["status"] = json!("IN_PROGRESS");
        if let Some(fields) = newest.as_object_mut() {
            fields.remove("finishedAt");
            fields.remove("statusReason");
        }
    }
}
