//! The network of load balancers on ministack.
//!
//! Replies that hold load balancers: AWS gives the VPC and the zones of their subnets; ministack a VPC
//! and a zone of its own.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

pub(crate) struct BalancerNetwork;

impl Shim for BalancerNetwork {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:SetSubnets",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(serve(request, next))
    }
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let subnets = next.emulator("ec2", "DescribeSubnets", &[]).await?;
    let subnets: BTreeMap<&str, &Element> = subnets
        .members("subnetSet")
        .iter()
        .map(|subnet| (subnet.at("subnetId"), subnet))
        .collect();
    let mut root = reply.element(request)?;
    root.change_all("AvailabilityZones", &mut |zones| {
        for zone in &mut zones.children {
            if let Some(subnet) = subnets.get(zone.at("SubnetId")) {
                zone.put(Element::text("ZoneName", subnet.at("availabilityZone")));
            }
        }
    });
    root.change_all("LoadBalancers", &mut |balancers| {
        for balancer in &mut balancers.children {
            let zones = balancer.members("AvailabilityZones");
            let subnet = zones
                .first()
                .and_then(|zone| subnets.get(zone.at("SubnetId")));
            if let Some(subnet) = subnet {
                balancer.put(Element::text("VpcId", subnet.at("vpcId")));
            }
        }
    });
    Ok(reply.with_element(&root))
}
