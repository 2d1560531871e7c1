//! Load balancers.
//!
//! - `CreateLoadBalancer` of a name that exists: with equal settings AWS gives the existing one,
//!   otherwise it refuses with `DuplicateLoadBalancerName`; moto makes a second.
//! - `CreateLoadBalancer` without scheme, type or address type: AWS takes and gives back its
//!   defaults; moto gives back no scheme.
//! - `CreateLoadBalancer` of type application with subnets in one zone: AWS refuses with
//!   `ValidationError`. Internet-facing in a VPC without an attached internet gateway: AWS refuses
//!   with `InvalidSubnet`. moto makes both.
//! - `DescribeLoadBalancerAttributes`: AWS gives every attribute with its default; moto four.
//! - `DeleteLoadBalancer` with `deletion_protection.enabled`: AWS refuses with
//!   `OperationNotPermitted`; moto deletes it.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// What AWS answers for an application load balancer whose attributes were never set.
const DEFAULTS: [(&str, &str); 17] = [
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("idle_timeout.timeout_seconds", "60"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
];

pub(crate) struct LoadBalancer;

impl Shim for LoadBalancer {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DeleteLoadBalancer",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "CreateLoadBalancer" => create(request, next).await,
                "DescribeLoadBalancerAttributes" => attributes(request, next).await,
                _ => delete(request, next).await,
            }
        })
    }
}

/// What AWS takes for settings that are not sent.
const SETTINGS: [(&str, &str); 3] = [
    ("Scheme", "internet-facing"),
    ("Type", "application"),
    ("IpAddressType", "ipv4"),
];

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let mut form = request.form();
    for (setting, default) in SETTINGS {
        form.entry(setting).or_insert_with(|| default.into());
    }
    let request = &request.with_form(form);
    let name = request.text("Name");
    let all = next
        .read("elasticloadbalancing", "DescribeLoadBalancers", &[])
        .await?;
    let mut balancers = all
        .members("DescribeLoadBalancersResult/LoadBalancers")
        .iter();
    if let Some(existing) = balancers.find(|balancer| balancer.at("LoadBalancerName") == name) {
        if !equal(request, existing) {
            let message = format!(
                "A load balancer with the same name '{name}' exists, but with different settings"
            );
            return Ok(refusal(request, "DuplicateLoadBalancerName", &message));
        }
        let list = Element::list("LoadBalancers", vec![existing.clone()]);
        let result = Element::list("CreateLoadBalancerResult", vec![list]);
        return Ok(Reply::xml(
            Element::list("CreateLoadBalancerResponse", vec![result]).to_string(),
        ));
    }
    if let Some(refused) = misplaced(request, next).await? {
        return Ok(refused);
    }
    next.forward(request).await
}

fn equal(request: &Request, existing: &Element) -> bool {
    let sent = |name: &str| -> BTreeSet<String> {
        request
            .list(&format!("{name}.member"))
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let zones = existing
        .members("AvailabilityZones")
        .iter()
        .map(|zone| zone.at("SubnetId").to_owned());
    let groups = existing
        .members("SecurityGroups")
        .iter()
        .map(|group| group.text.clone());
    sent("Subnets") == zones.collect()
        && sent("SecurityGroups") == groups.collect()
        && SETTINGS
            .iter()
            .all(|(setting, _)| request.text(setting) == existing.at(setting))
}

/// Why AWS would not make a load balancer in these subnets.
async fn misplaced(request: &Request, next: Next<'_>) -> Result<Option<Reply>> {
    let ids = request.list("Subnets.member");
    if ids.is_empty() || request.text("Type") != "application" {
        return Ok(None);
    }
    let names: Vec<String> = (1..=ids.len())
        .map(|index| format!("SubnetId.{index}"))
        .collect();
    let asked: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(ids).collect();
    let Ok(subnets) = next.read("ec2", "DescribeSubnets", &asked).await else {
        return Ok(None);
    };
    let subnets = subnets.members("subnetSet");
    let zones: BTreeSet<&str> = subnets
        .iter()
        .map(|subnet| subnet.at("availabilityZone"))
        .collect();
    if zones.len() < 2 {
        let message = "At least two subnets in two different Availability Zones must be specified";
        return Ok(Some(refusal(request, "ValidationError", message)));
    }
    let vpc = subnets[0].at("vpcId");
    let attached = [
        ("Filter.1.Name", "attachment.vpc-id"),
        ("Filter.1.Value.1", vpc),
    ];
    let gateways = next
        .read("ec2", "DescribeInternetGateways", &attached)
        .await?;
    if request.text("Scheme") == "internet-facing"
        && gateways.members("internetGatewaySet").is_empty()
    {
        let message = format!("VPC {vpc} has no internet gateway");
        return Ok(Some(refusal(request, "InvalidSubnet", &message)));
    }
    Ok(None)
}

async fn attributes(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut root = reply.element(request)?;
    if let Some(list) = root.members_mut("DescribeLoadBalancerAttributesResult/Attributes") {
        // moto starts with false, but AWS has no way to turn it off for this type.
        list.retain(|attribute| attribute.at("Key") != "load_balancing.cross_zone.enabled");
        for (key, value) in DEFAULTS {
            if !list.iter().any(|attribute| attribute.at("Key") == key) {
                let fields = vec![Element::text("Key", key), Element::text("Value", value)];
                list.push(Element::list("member", fields));
            }
        }
    }
    Ok(reply.with_element(&root))
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let arn = request.text("LoadBalancerArn");
    let asked = [("LoadBalancerArn", arn)];
    if let Ok(found) = next
        .read(
            "elasticloadbalancing",
            "DescribeLoadBalancerAttributes",
            &asked,
        )
        .await
    {
        let attributes = found.members("DescribeLoadBalancerAttributesResult/Attributes");
        let guarded = attributes.iter().any(|attribute| {
            attribute.at("Key") == "deletion_protection.enabled" && attribute.at("Value") == "true"
        });
        if guarded {
            let message = format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            );
            return Ok(refusal(request, "OperationNotPermitted", &message));
        }
    }
    next.forward(request).await
}
