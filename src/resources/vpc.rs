//! The VPC.
//!
//! Recognised by its owner tags, which the create call gives. A crash after that call leaves a VPC
//! whose DNS attributes differ, which the next run updates.

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcAttributeName, VpcState};
use futures::future::{try_join, try_join_all, try_join3};

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, ec2, just_made, required};
use crate::classes;
use crate::model::{Changes, Cidr, Fault, Found, Id, Query, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a VPC.
    VpcId = "vpc", "vpc-#################";
}

/// An isolated network of the account in one region.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "vpc",
    outputs = VpcOutputs,
    replacement = "create-first",
    outage = "nothing in it runs",
    find = "ec2:DescribeVpcs, ec2:DescribeVpcAttribute",
    create = "ec2:CreateVpc, ec2:CreateTags, ec2:ModifyVpcAttribute",
    update = "ec2:ModifyVpcAttribute, ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteVpc, ec2:DescribeSubnets, ec2:DescribeSecurityGroups, \
              ec2:DescribeNetworkInterfaces"
)]
pub struct Vpc {
    /// The range of private IPv4 addresses, from /16 to /28.
    #[attribute(replace)]
    pub cidr_block: Cidr,
    /// Whether Amazon's DNS server answers inside the VPC.
    #[attribute(update)]
    pub enable_dns_support: bool,
    /// Whether instances with public addresses get public host names; interface endpoints with
    /// private DNS need it.
    #[attribute(update)]
    pub enable_dns_hostnames: bool,
}

/// What a VPC gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct VpcOutputs {
    /// The VPC's identifier.
    pub id: Id<VpcId>,
}

impl Lifecycle for Vpc {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let pages = aws
            .ec2
            .describe_vpcs()
            .set_filters(ec2::filters(which, "vpc-id"))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeVpcs")?;
        try_join_all(pages.into_iter().map(|vpc| read(aws, vpc))).await
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<VpcOutputs, Fault> {
        let reply = aws
            .ec2
            .create_vpc()
            .cidr_block(want.cidr_block.to_string())
            .tag_specifications(ec2::tags(ResourceType::Vpc, &mark.tags))
            .send()
            .await
            .at("ec2:CreateVpc")?;
        let id = required(
            "ec2:CreateVpc",
            "the VPC's id",
            reply.vpc.and_then(|v| v.vpc_id),
        )?;
        if !want.enable_dns_support {
            set_dns_support(aws, &id, false).await?;
        }
        if want.enable_dns_hostnames {
            set_dns_hostnames(aws, &id, true).await?;
        }
        Ok(VpcOutputs { id: id.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<VpcOutputs, Fault> {
        if changes.has("enable_dns_support") {
            set_dns_support(aws, &found.id, want.enable_dns_support).await?;
        }
        if changes.has("enable_dns_hostnames") {
            set_dns_hostnames(aws, &found.id, want.enable_dns_hostnames).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .delete_vpc()
            .vpc_id(found.id)
            .send()
            .await
            .at("ec2:DeleteVpc")?;
        Ok(())
    }

    /// What is still in the VPC, whoever made it.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        let (mut lines, groups, interfaces) = try_join3(
            subnets_in(aws, &found.id),
            groups_in(aws, &found.id),
            ec2::interfaces(aws, "vpc-id", &found.id),
        )
        .await?;
        lines.extend(groups);
        lines.extend(interfaces);
        Ok(lines)
    }
}

/// A VPC with its DNS attributes, which the API gives one by one.
async fn read(aws: &Clients, vpc: aws_sdk_ec2::types::Vpc) -> Result<Found<Vpc>, Fault> {
    let id = required("ec2:DescribeVpcs", "a VPC's id", vpc.vpc_id)?;
    let attribute = |name: VpcAttributeName| async {
        let call = aws.ec2.describe_vpc_attribute().vpc_id(&id).attribute(name);
        // It was listed: that it is missing means that not every server knows it.
        just_made(call.send().await.at("ec2:DescribeVpcAttribute"))
    };
    let (support, hostnames) = try_join(
        attribute(VpcAttributeName::EnableDnsSupport),
        attribute(VpcAttributeName::EnableDnsHostnames),
    )
    .await?;
    Ok(Found {
        attributes: Vpc {
            cidr_block: aws.parse("ec2:DescribeVpcs", vpc.cidr_block.as_deref())?,
            enable_dns_support: is_on(support.enable_dns_support),
            enable_dns_hostnames: is_on(hostnames.enable_dns_hostnames),
        },
        outputs: VpcOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(vpc.tags),
        state: match vpc.state {
            Some(VpcState::Pending) => State::Busy("pending".to_owned()),
            _ => State::Ready,
        },
        id,
    })
}

async fn subnets_in(aws: &Clients, vpc: &str) -> Result<Vec<String>, Fault> {
    let reply = aws
        .ec2
        .describe_subnets()
        .filters(ec2::filter("vpc-id", [vpc.to_owned()]))
        .send()
        .await
        .at("ec2:DescribeSubnets")?;
    let ids = reply
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_id());
    Ok(ids.map(|id| format!("subnet {id} is there")).collect())
}

async fn groups_in(aws: &Clients, vpc: &str) -> Result<Vec<String>, Fault> {
    let reply = aws
        .ec2
        .describe_security_groups()
        .filters(ec2::filter("vpc-id", [vpc.to_owned()]))
        .send()
        .await
        .at("ec2:DescribeSecurityGroups")?;
    // Each VPC has a group of this name, which goes with it.
    let others = reply
        .security_groups()
        .iter()
        .filter_map(|group| Some((group.group_id()?, group.group_name()?)))
        .filter(|(_, name)| *name != "default");
    Ok(others
        .map(|(id, name)| format!("security group {id} ({name}) is there"))
        .collect())
}

fn is_on(attribute: Option<AttributeBooleanValue>) -> bool {
    attribute.and_then(|a| a.value).unwrap_or_default()
}

async fn set_dns_support(aws: &Clients, id: &str, on: bool) -> Result<(), Fault> {
    aws.ec2
        .modify_vpc_attribute()
        .vpc_id(id)
        .enable_dns_support(AttributeBooleanValue::builder().value(on).build())
        .send()
        .await
        .at("ec2:ModifyVpcAttribute")?;
    Ok(())
}

async fn set_dns_hostnames(aws: &Clients, id: &str, on: bool) -> Result<(), Fault> {
    aws.ec2
        .modify_vpc_attribute()
        .vpc_id(id)
        .enable_dns_hostnames(AttributeBooleanValue::builder().value(on).build())
        .send()
        .await
        .at("ec2:ModifyVpcAttribute")?;
    Ok(())
}
