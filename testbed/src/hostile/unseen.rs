//! What was just made and is not seen everywhere yet.
//!
//! For a while after a create, listings leave the new thing out, and calls that name it are told that
//! it does not exist, now by one server and then not by the next. Depends on `ledger`, `operation`,
//! `reply` and `xml`. Invariant: it is seen everywhere after the lag.

use std::sync::Mutex;
use std::time::Instant;

use hyper::StatusCode;
use serde_json::Value;

use super::ledger::{Identity, Ledger};
use super::{Suffered, memory};
use crate::operation::{Protocol, Request};
use crate::reply::Reply;
use crate::xml::Element;

/// How many of a hundred calls come to a server that has not seen it.
const BLIND_PERCENT: u64 = 50;

/// A kind of things.
struct Kind {
    /// The operation that makes one.
    create: &'static str,
    /// Where the reply has its identifier; of JSON a pointer.
    id: &'static str,
    /// The parameter with its name, where it has one by which it is asked for.
    name: &'static str,
    /// What is said to who names it too early.
    code: &'static str,
    /// The operation that lists it.
    list: &'static str,
    /// The field of a listed one that is its identifier or name.
    field: &'static str,
}

const fn kind(
    create: &'static str,
    id: &'static str,
    name: &'static str,
    code: &'static str,
    [list, field]: [&'static str; 2],
) -> Kind {
    Kind {
        create,
        id,
        name,
        code,
        list,
        field,
    }
}

#[rustfmt::skip]
const KINDS: [Kind; 19] = [
    kind("ec2:CreateVpc", "vpc/vpcId", "", "InvalidVpcID.NotFound", ["DescribeVpcs", "vpcId"]),
    kind("ec2:CreateSubnet", "subnet/subnetId", "", "InvalidSubnetID.NotFound", ["DescribeSubnets", "subnetId"]),
    kind("ec2:CreateInternetGateway", "internetGateway/internetGatewayId", "", "InvalidInternetGatewayID.NotFound", ["DescribeInternetGateways", "internetGatewayId"]),
    kind("ec2:CreateRouteTable", "routeTable/routeTableId", "", "InvalidRouteTableID.NotFound", ["DescribeRouteTables", "routeTableId"]),
    kind("ec2:CreateSecurityGroup", "groupId", "", "InvalidGroup.NotFound", ["DescribeSecurityGroups", "groupId"]),
    kind("ec2:AllocateAddress", "allocationId", "", "InvalidAllocationID.NotFound", ["DescribeAddresses", "allocationId"]),
    kind("ec2:CreateNatGateway", "natGateway/natGatewayId", "", "NatGatewayNotFound", ["DescribeNatGateways", "natGatewayId"]),
    kind("ec2:CreateVpcEndpoint", "vpcEndpoint/vpcEndpointId", "", "InvalidVpcEndpointId.NotFound", ["DescribeVpcEndpoints", "vpcEndpointId"]),
    kind("elasticloadbalancing:CreateLoadBalancer", "CreateLoadBalancerResult/LoadBalancers/member/LoadBalancerArn", "Name", "LoadBalancerNotFound", ["DescribeLoadBalancers", "LoadBalancerArn"]),
    kind("elasticloadbalancing:CreateTargetGroup", "CreateTargetGroupResult/TargetGroups/member/TargetGroupArn", "Name", "TargetGroupNotFound", ["DescribeTargetGroups", "TargetGroupArn"]),
    kind("elasticloadbalancing:CreateListener", "CreateListenerResult/Listeners/member/ListenerArn", "", "ListenerNotFound", ["DescribeListeners", "ListenerArn"]),
    kind("elasticloadbalancing:CreateRule", "CreateRuleResult/Rules/member/RuleArn", "", "RuleNotFound", ["DescribeRules", "RuleArn"]),
    kind("iam:CreateRole", "CreateRoleResult/Role/Arn", "RoleName", "NoSuchEntity", ["GetAccountAuthorizationDetails", "Arn"]),
    kind("ecs:CreateCluster", "/cluster/clusterArn", "clusterName", "ClusterNotFoundException", ["ListClusters", "clusterArn"]),
    kind("ecs:CreateService", "/service/serviceArn", "", "ServiceNotFoundException", ["ListServices", "serviceArn"]),
    kind("lambda:CreateFunction", "/FunctionArn", "FunctionName", "ResourceNotFoundException", ["ListFunctions", "FunctionArn"]),
    kind("logs:CreateLogGroup", "", "logGroupName", "ResourceNotFoundException", ["DescribeLogGroups", "logGroupName"]),
    kind("secretsmanager:CreateSecret", "/ARN", "Name", "ResourceNotFoundException", ["ListSecrets", "ARN"]),
    kind("sns:CreateTopic", "CreateTopicResult/TopicArn", "", "NotFound", ["ListTopics", "TopicArn"]),
];

/// Calls of one service that name what another has, and what they say of it.
#[rustfmt::skip]
const NEIGHBOURS: [(&str, &str, &str, &str); 4] = [
    ("lambda:CreateFunction", "iam:CreateRole", "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    ("lambda:UpdateFunctionConfiguration", "iam:CreateRole", "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
    ("elasticloadbalancing:CreateLoadBalancer", "ec2:CreateSubnet", "SubnetNotFound", "The subnet ID does not exist"),
    ("elasticloadbalancing:CreateLoadBalancer", "ec2:CreateSecurityGroup", "InvalidSecurityGroup", "The security group does not exist"),
];

/// One thing that is not seen everywhere.
struct New {
    kind: &'static Kind,
    /// Its identifier, and its name where it has one.
    names: Vec<String>,
    until: Instant,
}

#[derive(Default)]
pub(super) struct Unseen {
    new: Mutex<Vec<New>>,
}

impl Unseen {
    /// Notes what a call has made.
    pub(super) fn note(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
        reply: &Reply,
    ) -> Option<&'static str> {
        let name = request.name();
        let kind = KINDS.iter().find(|kind| kind.create == name)?;
        let lag = ledger.hostility.lag;
        if lag.is_zero() || !ledger.strikes(call, "unseen", 50) {
            return None;
        }
        let id = match request.protocol {
            _ if kind.id.is_empty() => String::new(),
            Protocol::Json | Protocol::RestJson => {
                let value = reply.value();
                let id = value.pointer(kind.id).and_then(Value::as_str);
                id.unwrap_or_default().to_owned()
            }
            _ => reply.element(request).ok()?.at(kind.id).to_owned(),
        };
        let mut names = vec![id, request.text(kind.name).to_owned()];
        names.retain(|name| !name.is_empty());
        memory(&self.new).push(New {
            kind,
            names,
            until: Instant::now() + ledger.span(call, "unseen", lag),
        });
        Some("unseen")
    }

    /// Why a call that names something new is refused.
    pub(super) fn refusal(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
    ) -> Option<Suffered> {
        let name = request.name();
        let new = memory(&self.new);
        let (code, message) = new.iter().find_map(|new| {
            let kind = new.kind;
            let is_about = new.until > Instant::now()
                && kind.create != name
                && !only_lists(kind, request)
                && new
                    .names
                    .iter()
                    .any(|name| mentions(&request.parameters, name));
            if !is_about {
                return None;
            }
            let (service, _) = kind.create.split_once(':')?;
            if service == request.service {
                let message = format!("{} does not exist", new.names.first()?);
                return Some((kind.code, message));
            }
            let mut neighbours = NEIGHBOURS.iter();
            let (.., code, message) = neighbours
                .find(|(caller, create, ..)| *caller == name && *create == kind.create)?;
            Some((*code, (*message).to_owned()))
        })?;
        if !ledger.falls(call, "blind", BLIND_PERCENT) {
            return None;
        }
        if name == "ecs:DescribeServices" || name == "ecs:DescribeClusters" {
            return Some(Suffered::answered("not seen", missing(request)));
        }
        let status = match request.protocol {
            Protocol::RestJson | Protocol::RestXml => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let reply = Reply::error(request, status, code, &message);
        Some(Suffered::answered("not seen", reply))
    }

    /// A listing without what is new, and whether that made a difference.
    pub(super) fn leave_out(
        &self,
        ledger: &Ledger,
        call: &Identity,
        request: &Request,
        reply: Reply,
    ) -> (bool, Reply) {
        let hidden: Vec<(&str, String)> = memory(&self.new)
            .iter()
            .filter(|new| new.until > Instant::now() && new.kind.list == request.operation)
            .flat_map(|new| new.names.iter().map(|name| (new.kind.field, name.clone())))
            .collect();
        if hidden.is_empty() || !reply.is_success() || !ledger.falls(call, "blind", BLIND_PERCENT) {
            return (false, reply);
        }
        let before = reply.body.clone();
        let reply = match request.protocol {
            Protocol::Json | Protocol::RestJson => {
                let mut value = reply.value();
                thin_value(&mut value, &hidden);
                reply.with_value(&value)
            }
            _ => match reply.element(request) {
                Ok(mut root) => {
                    thin_element(&mut root, &hidden);
                    reply.with_element(&root)
                }
                Err(_) => reply,
            },
        };
        (reply.body.len() < before.len(), reply)
    }
}

/// Whether a call asks for what there is: then nothing is refused, and the listing is thinner.
fn only_lists(kind: &Kind, request: &Request) -> bool {
    match request.protocol {
        Protocol::Ec2Query => !request.text("Filter.1.Name").is_empty(),
        Protocol::Json | Protocol::RestJson => kind.list == request.operation,
        Protocol::Query | Protocol::RestXml | Protocol::Cbor => false,
    }
}

fn mentions(parameters: &Value, name: &str) -> bool {
    match parameters {
        Value::String(text) => text == name,
        Value::Array(members) => members.iter().any(|member| mentions(member, name)),
        Value::Object(fields) => fields.values().any(|member| mentions(member, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// How ECS says that something that it shall describe is not there.
fn missing(request: &Request) -> Reply {
    let (given, listed) = match request.operation.as_str() {
        "DescribeServices" => ("services", "services"),
        _ => ("clusters", "clusters"),
    };
    let asked = request.parameters[given]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let failures: Vec<Value> = asked
        .into_iter()
        .map(|arn| serde_json::json!({ "arn": arn, "reason": "MISSING" }))
        .collect();
    Reply::json(&serde_json::json!({ listed: [], "failures": failures }))
}

fn thin_element(element: &mut Element, hidden: &[(&str, String)]) {
    element.children.retain(|child| {
        !hidden
            .iter()
            .any(|(field, name)| child.child(field).is_some_and(|is| is.text == *name))
    });
    for child in &mut element.children {
        thin_element(child, hidden);
    }
}

fn thin_value(value: &mut Value, hidden: &[(&str, String)]) {
    match value {
        Value::Array(members) => {
            members.retain(|member| {
                !hidden
                    .iter()
                    .any(|(field, name)| member == name || member[*field] == **name)
            });
            for member in members {
                thin_value(member, hidden);
            }
        }
        Value::Object(fields) => {
            for member in fields.values_mut() {
                thin_value(member, hidden);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
