//! NAT gateways and their elastic IPs.
//!
//! - `CreateNatGateway` with a `ClientToken` that was used: AWS gives the same gateway; moto makes
//!   another, or refuses because the address is taken.
//! - `CreateNatGateway` for public traffic in a VPC without an attached internet gateway: AWS
//!   refuses with `Gateway.NotAttached`; moto makes it.
//! - `DeleteNatGateway`: AWS frees the address (`associationId` and what goes with it vanish from
//!   `DescribeAddresses`); moto leaves it associated. Of a missing one: AWS answers
//!   `NatGatewayNotFound`; moto answers 500.
//! - `DescribeNatGateways` of a missing id: AWS answers `NatGatewayNotFound`; moto an empty list.
//! - `AllocateAddress` over the quota: AWS refuses with `AddressLimitExceeded`; moto has no quota.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;

use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct NatGateway {
    /// Client token to gateway.
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Shim for NatGateway {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:CreateNatGateway",
            "ec2:DeleteNatGateway",
            "ec2:DescribeNatGateways",
            "ec2:AllocateAddress",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "CreateNatGateway" => self.create(request, next).await,
                "DeleteNatGateway" => delete(request, next).await,
                "DescribeNatGateways" => describe(request, next).await,
                _ => allocate(request, next).await,
            }
        })
    }
}

impl NatGateway {
    async fn create(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let token = request.text("ClientToken").to_owned();
        let known = memory(&self.tokens).get(&token).cloned();
        if let Some(id) = known {
            let found = next
                .read("ec2", "DescribeNatGateways", &[("NatGatewayId.1", &id)])
                .await?;
            let mut gateway = found.members("natGatewaySet")[0].clone();
            "natGateway".clone_into(&mut gateway.name);
            let token = Element::text("clientToken", &token);
            return Ok(Reply::xml(
                Element::list("CreateNatGatewayResponse", vec![token, gateway]).to_string(),
            ));
        }
        if request.text("ConnectivityType") != "private" {
            let subnets = next
                .read(
                    "ec2",
                    "DescribeSubnets",
                    &[("SubnetId.1", request.text("SubnetId"))],
                )
                .await;
            if let Ok(subnets) = subnets {
                let vpc = subnets
                    .members("subnetSet")
                    .first()
                    .map_or("", |subnet| subnet.at("vpcId"));
                let attached = [
                    ("Filter.1.Name", "attachment.vpc-id"),
                    ("Filter.1.Value.1", vpc),
                ];
                let gateways = next
                    .read("ec2", "DescribeInternetGateways", &attached)
                    .await?;
                if gateways.members("internetGatewaySet").is_empty() {
                    let message = format!("Network {vpc} has no Internet gateway attached");
                    return Ok(refusal(request, "Gateway.NotAttached", &message));
                }
            }
        }
        let reply = next.forward(request).await?;
        if reply.is_success() && !token.is_empty() {
            let id = reply
                .element(request)?
                .at("natGateway/natGatewayId")
                .to_owned();
            memory(&self.tokens).insert(token, id);
        }
        Ok(reply)
    }
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let id = request.text("NatGatewayId");
    let found = next
        .emulator("ec2", "DescribeNatGateways", &[("NatGatewayId.1", id)])
        .await?;
    let [gateway] = found.members("natGatewaySet") else {
        return Ok(not_found(request, id));
    };
    let reply = next.forward(request).await?;
    if reply.is_success() && gateway.at("state") != "deleted" {
        for address in gateway.members("natGatewayAddressSet") {
            let association = address.at("associationId");
            if !association.is_empty() {
                next.emulator(
                    "ec2",
                    "DisassociateAddress",
                    &[("AssociationId", association)],
                )
                .await?;
            }
        }
    }
    Ok(reply)
}

async fn describe(request: &Request, next: Next<'_>) -> Result<Reply> {
    for id in request.list("NatGatewayId") {
        let found = next
            .emulator("ec2", "DescribeNatGateways", &[("NatGatewayId.1", id)])
            .await?;
        if found.members("natGatewaySet").is_empty() {
            return Ok(not_found(request, id));
        }
    }
    next.forward(request).await
}

async fn allocate(request: &Request, next: Next<'_>) -> Result<Reply> {
    let quota = [("AttributeName.1", "vpc-max-elastic-ips")];
    let attributes = next
        .read("ec2", "DescribeAccountAttributes", &quota)
        .await?;
    let limit = attributes
        .members("accountAttributeSet")
        .iter()
        .find(|attribute| attribute.at("attributeName") == "vpc-max-elastic-ips")
        .and_then(|attribute| {
            attribute
                .at("attributeValueSet/item/attributeValue")
                .parse()
                .ok()
        })
        .unwrap_or(usize::MAX);
    let addresses = next.read("ec2", "DescribeAddresses", &[]).await?;
    if addresses.members("addressesSet").len() >= limit {
        let message = "The maximum number of addresses has been reached.";
        return Ok(refusal(request, "AddressLimitExceeded", message));
    }
    next.forward(request).await
}

fn not_found(request: &Request, id: &str) -> Reply {
    refusal(
        request,
        "NatGatewayNotFound",
        &format!("The Nat Gateway {id} was not found"),
    )
}
