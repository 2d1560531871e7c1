//! The subnet.
//!
//! Recognised by its owner tags, which the create call gives. A repeated create cannot make a
//! second one, since the ranges would overlap.

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, SubnetState};

use super::lifecycle::{Lifecycle, Mark};
use super::vpc::VpcId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{Changes, Cidr, Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a subnet.
    SubnetId = "subnet", "subnet-#################";
}

/// A part of a VPC's range in one availability zone.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "subnet",
    outputs = SubnetOutputs,
    replacement = "create-first",
    outage = "nothing can run in it",
    exclusive = "vpc_id, cidr_block",
    find = "ec2:DescribeSubnets",
    explain = "ec2:DescribeNetworkInterfaces",
    create = "ec2:CreateSubnet, ec2:CreateTags, ec2:ModifySubnetAttribute",
    update = "ec2:ModifySubnetAttribute, ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteSubnet"
)]
pub struct Subnet {
    /// The VPC that it is a part of.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
    /// Its addresses, within the VPC's range.
    #[attribute(replace)]
    pub cidr_block: Cidr,
    /// The availability zone.
    #[attribute(replace)]
    pub availability_zone: String,
    /// Whether network interfaces get a public address unless told otherwise.
    #[attribute(update)]
    pub map_public_ip_on_launch: bool,
}

/// What a subnet gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SubnetOutputs {
    /// The subnet's identifier.
    pub id: Id<SubnetId>,
}

impl Lifecycle for Subnet {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let subnets = aws
            .ec2
            .describe_subnets()
            .set_filters(ec2::filters(which, "subnet-id"))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeSubnets")?;
        subnets
            .into_iter()
            .map(|subnet| read(aws, subnet))
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SubnetOutputs, Fault> {
        let reply = aws
            .ec2
            .create_subnet()
            .vpc_id(want.known(&want.vpc_id))
            .cidr_block(want.cidr_block.to_string())
            .availability_zone(&want.availability_zone)
            .tag_specifications(ec2::tags(ResourceType::Subnet, &mark.tags))
            .send()
            .await
            .at("ec2:CreateSubnet")?;
        let id = required(
            "ec2:CreateSubnet",
            "the subnet's id",
            reply.subnet.and_then(|s| s.subnet_id),
        )?;
        if want.map_public_ip_on_launch {
            set_map_public_ip(aws, &id, true).await?;
        }
        Ok(SubnetOutputs { id: id.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<SubnetOutputs, Fault> {
        if changes.has("map_public_ip_on_launch") {
            set_map_public_ip(aws, &found.id, want.map_public_ip_on_launch).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .delete_subnet()
            .subnet_id(found.id)
            .send()
            .await
            .at("ec2:DeleteSubnet")?;
        Ok(())
    }

    /// What is still in the subnet.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        ec2::interfaces(aws, "subnet-id", &found.id).await
    }
}

fn read(aws: &Clients, subnet: aws_sdk_ec2::types::Subnet) -> Result<Found<Subnet>, Fault> {
    let id = required("ec2:DescribeSubnets", "a subnet's id", subnet.subnet_id)?;
    Ok(Found {
        attributes: Subnet {
            vpc_id: Ref::known(subnet.vpc_id.unwrap_or_default()),
            cidr_block: aws.parse("ec2:DescribeSubnets", subnet.cidr_block.as_deref())?,
            availability_zone: subnet.availability_zone.unwrap_or_default(),
            map_public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or_default(),
        },
        outputs: SubnetOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(subnet.tags),
        state: match subnet.state {
            Some(SubnetState::Pending) => State::Busy("pending".to_owned()),
            _ => State::Ready,
        },
        id,
    })
}

async fn set_map_public_ip(aws: &Clients, id: &str, on: bool) -> Result<(), Fault> {
    aws.ec2
        .modify_subnet_attribute()
        .subnet_id(id)
        .map_public_ip_on_launch(AttributeBooleanValue::builder().value(on).build())
        .send()
        .await
        .at("ec2:ModifySubnetAttribute")?;
    Ok(())
}
