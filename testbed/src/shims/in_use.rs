//! Deleting what something else still needs.
//!
//! - `ReleaseAddress` of an associated address: AWS refuses with `InvalidIPAddress.InUse`.
//! - `DeleteSecurityGroup` of a group that another group's rule, a load balancer, a VPC endpoint or
//!   an active ECS service names: AWS refuses with `DependencyViolation`.
//! - `DeleteSubnet` with a NAT gateway, load balancer, VPC endpoint or active ECS service in it:
//!   AWS refuses with `DependencyViolation`.
//! - `DetachInternetGateway` while the VPC has public addresses (NAT gateways, internet-facing load
//!   balancers): AWS refuses with `DependencyViolation`.
//!
//! moto does all of it without a word, since it has no network interfaces of these owners.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

pub(crate) struct InUse;

impl Shim for InUse {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:ReleaseAddress",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteSubnet",
            "ec2:DetachInternetGateway",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let refused = match request.operation.as_str() {
                "ReleaseAddress" => address(request, next).await?,
                "DeleteSecurityGroup" => security_group(request, next).await?,
                "DeleteSubnet" => subnet(request, next).await?,
                _ => internet_gateway(request, next).await?,
            };
            match refused {
                Some(refusal) => Ok(refusal),
                None => next.forward(request).await,
            }
        })
    }
}

async fn address(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let id = request.text("AllocationId");
    let found = next.read("ec2", "DescribeAddresses", &[]).await?;
    let associated = found.members("addressesSet").iter().find(|address| {
        address.at("allocationId") == id && !address.at("associationId").is_empty()
    });
    Ok(associated.map(|address| {
        let message = format!("Address {} is in use.", address.at("publicIp"));
        refusal(request, "InvalidIPAddress.InUse", &message)
    }))
}

async fn security_group(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let id = request.text("GroupId");
    let rules = next.read("ec2", "DescribeSecurityGroupRules", &[]).await?;
    let referenced = rules
        .members("securityGroupRuleSet")
        .iter()
        .any(|rule| rule.at("referencedGroupInfo/groupId") == id && rule.at("groupId") != id);
    let balanced = load_balancers(next).await?.iter().any(|balancer| {
        balancer
            .members("SecurityGroups")
            .iter()
            .any(|group| group.text == id)
    });
    let reached = endpoints(next).await?.iter().any(|endpoint| {
        endpoint
            .members("groupSet")
            .iter()
            .any(|group| group.at("groupId") == id)
    });
    let used =
        referenced || balanced || reached || in_a_service(next, "securityGroups", id).await?;
    let message = format!("resource {id} has a dependent object");
    Ok(used.then(|| refusal(request, "DependencyViolation", &message)))
}

async fn subnet(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let id = request.text("SubnetId");
    let translated = nat_gateways(next)
        .await?
        .iter()
        .any(|gateway| gateway.at("subnetId") == id);
    let balanced = load_balancers(next).await?.iter().any(|balancer| {
        balancer
            .members("AvailabilityZones")
            .iter()
            .any(|zone| zone.at("SubnetId") == id)
    });
    let reached = endpoints(next).await?.iter().any(|endpoint| {
        endpoint
            .members("subnetIdSet")
            .iter()
            .any(|subnet| subnet.text == id)
    });
    let used = translated || balanced || reached || in_a_service(next, "subnets", id).await?;
    let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
    Ok(used.then(|| refusal(request, "DependencyViolation", &message)))
}

async fn internet_gateway(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let vpc = request.text("VpcId");
    let translated = nat_gateways(next)
        .await?
        .iter()
        .any(|gateway| gateway.at("vpcId") == vpc);
    let balanced = load_balancers(next)
        .await?
        .iter()
        .any(|balancer| balancer.at("VpcId") == vpc && balancer.at("Scheme") == "internet-facing");
    let message = format!(
        "Network {vpc} has some mapped public address(es). Please unmap those public address(es) \
         before detaching the gateway."
    );
    Ok((translated || balanced).then(|| refusal(request, "DependencyViolation", &message)))
}

async fn nat_gateways(next: Next<'_>) -> Result<Vec<Element>> {
    let found = next.read("ec2", "DescribeNatGateways", &[]).await?;
    let gateways = found.members("natGatewaySet").iter();
    Ok(gateways
        .filter(|gateway| gateway.at("state") != "deleted")
        .cloned()
        .collect())
}

async fn load_balancers(next: Next<'_>) -> Result<Vec<Element>> {
    let found = next
        .read("elasticloadbalancing", "DescribeLoadBalancers", &[])
        .await?;
    Ok(found
        .members("DescribeLoadBalancersResult/LoadBalancers")
        .to_vec())
}

async fn endpoints(next: Next<'_>) -> Result<Vec<Element>> {
    let found = next.read("ec2", "DescribeVpcEndpoints", &[]).await?;
    let endpoints = found.members("vpcEndpointSet").iter();
    Ok(endpoints
        .filter(|endpoint| endpoint.at("state") != "deleted")
        .cloned()
        .collect())
}

/// Whether a service that is not gone has `id` in that list of its network.
async fn in_a_service(next: Next<'_>, list: &str, id: &str) -> Result<bool> {
    let clusters = next.json("ecs", "ListClusters", &json!({})).await?;
    for cluster in texts(&clusters["clusterArns"]) {
        let services = next
            .json(
                "ecs",
                "ListServices",
                &json!({ "cluster": cluster, "maxResults": 100 }),
            )
            .await?;
        for chunk in texts(&services["serviceArns"]).chunks(10) {
            let asked = json!({ "cluster": cluster, "services": chunk });
            let described = next.json("ecs", "DescribeServices", &asked).await?;
            let named = described["services"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|service| {
                    let network = &service["networkConfiguration"]["awsvpcConfiguration"][list];
                    service["status"] != "INACTIVE" && texts(network).contains(&id)
                });
            if named {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
