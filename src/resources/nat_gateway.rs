//! The NAT gateway.
//!
//! Recognised by its owner tags, which the create call gives together with a token, so that a
//! repeated create makes no second one. A gateway that failed stays listed for about an hour.

use aws_sdk_ec2::types::{NatGatewayAddress, NatGatewayState, ResourceType};

use super::elastic_ip::AllocationId;
use super::lifecycle::{Lifecycle, Mark};
use super::subnet::SubnetId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a NAT gateway.
    NatGatewayId = "nat-gateway", "nat-#################";
}

/// The states of gateways that are there; others are deleted, though still listed.
const STATES: [&str; 4] = ["pending", "available", "failed", "deleting"];

/// The way from private subnets to the internet, in one availability zone.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "nat-gateway",
    outputs = NatGatewayOutputs,
    replacement = "create-first",
    outage = "the subnets that use it have no way to the internet",
    exclusive = "allocation_id",
    after = "internet-gateway",
    find = "ec2:DescribeNatGateways",
    create = "ec2:CreateNatGateway, ec2:CreateTags",
    update = "ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteNatGateway",
    wait_create = "100..600",
    wait_delete = "60..1800"
)]
pub struct NatGateway {
    /// The public subnet that it is in.
    #[attribute(replace)]
    pub subnet_id: Ref<SubnetId>,
    /// The elastic IP address that its connections come from. It can serve one gateway only.
    #[attribute(replace)]
    pub allocation_id: Ref<AllocationId>,
}

/// What a NAT gateway gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct NatGatewayOutputs {
    /// The gateway's identifier.
    pub id: Id<NatGatewayId>,
}

impl Lifecycle for NatGateway {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let gateways = aws
            .ec2
            .describe_nat_gateways()
            .set_filter(ec2::filters(which, "nat-gateway-id"))
            .filter(ec2::filter("state", STATES.map(str::to_owned)))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeNatGateways")?;
        gateways.into_iter().map(read).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<NatGatewayOutputs, Fault> {
        let reply = aws
            .ec2
            .create_nat_gateway()
            .subnet_id(want.known(&want.subnet_id))
            .allocation_id(want.known(&want.allocation_id))
            .client_token(&mark.token)
            .tag_specifications(ec2::tags(ResourceType::Natgateway, &mark.tags))
            .send()
            .await
            .at("ec2:CreateNatGateway")?;
        let id = required(
            "ec2:CreateNatGateway",
            "the gateway's id",
            reply.nat_gateway.and_then(|g| g.nat_gateway_id),
        )?;
        Ok(NatGatewayOutputs { id: id.into() })
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .delete_nat_gateway()
            .nat_gateway_id(found.id)
            .send()
            .await
            .at("ec2:DeleteNatGateway")?;
        Ok(())
    }
}

fn read(gateway: aws_sdk_ec2::types::NatGateway) -> Result<Found<NatGateway>, Fault> {
    let state = state(&gateway);
    let addresses = gateway.nat_gateway_addresses.unwrap_or_default();
    let id = required(
        "ec2:DescribeNatGateways",
        "a gateway's id",
        gateway.nat_gateway_id,
    )?;
    Ok(Found {
        attributes: NatGateway {
            subnet_id: Ref::known(gateway.subnet_id.unwrap_or_default()),
            allocation_id: Ref::known(primary(addresses).unwrap_or_default()),
        },
        outputs: NatGatewayOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(gateway.tags),
        state,
        id,
    })
}

/// The allocation of its first address; others may have been added by hand.
fn primary(addresses: Vec<NatGatewayAddress>) -> Option<String> {
    let at = addresses
        .iter()
        .position(|address| address.is_primary == Some(true))
        .unwrap_or_default();
    addresses.into_iter().nth(at)?.allocation_id
}

fn state(gateway: &aws_sdk_ec2::types::NatGateway) -> State {
    match &gateway.state {
        Some(NatGatewayState::Pending) => State::Busy("pending".to_owned()),
        Some(NatGatewayState::Failed) => State::Broken(format!(
            "{}: {}",
            gateway.failure_code().unwrap_or("failed"),
            gateway.failure_message().unwrap_or("AWS gives no reason")
        )),
        Some(NatGatewayState::Deleting) => State::Leaving,
        _ => State::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_apart() {
        let cases = [
            ("pending", State::Busy("pending".to_owned())),
            ("available", State::Ready),
            ("deleting", State::Leaving),
            (
                "failed",
                State::Broken("Gateway.NotAttached: Network vpc-1 has no gateway".to_owned()),
            ),
        ];
        for (word, expected) in cases {
            let gateway = aws_sdk_ec2::types::NatGateway::builder()
                .nat_gateway_id("nat-1")
                .subnet_id("subnet-1")
                .state(NatGatewayState::from(word))
                .failure_code("Gateway.NotAttached")
                .failure_message("Network vpc-1 has no gateway")
                .build();
            let found = read(gateway).expect("a gateway");
            assert_eq!(found.state, expected, "{word}");
        }
    }

    #[test]
    fn the_primary_address_counts() {
        let address = |id: &str, primary| {
            NatGatewayAddress::builder()
                .allocation_id(id)
                .is_primary(primary)
                .build()
        };
        let cases = [
            (vec![address("a", true)], Some("a")),
            (vec![address("b", false), address("a", true)], Some("a")),
            (Vec::new(), None),
        ];
        for (addresses, expected) in cases {
            assert_eq!(primary(addresses).as_deref(), expected);
        }
    }
}
