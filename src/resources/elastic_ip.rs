//! The elastic IP address.
//!
//! Recognised by its owner tags, which the create call gives. Repeating the create call would
//! allocate a second address, so after a lost reply the engine looks before it repeats.

use aws_sdk_ec2::types::{AccountAttributeName, Address, DomainType, ResourceType};
use futures::future::try_join;

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::engine::Quota;
use crate::model::{Fault, Found, Id, Query, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies an elastic IP address.
    AllocationId = "elastic-ip", "eipalloc-#################";
    /// A public IPv4 address.
    PublicIp = "public-ip", "203.0.113.10";
}

/// A public IPv4 address that stays the same.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "elastic-ip",
    outputs = ElasticIpOutputs,
    replacement = "create-first",
    find = "ec2:DescribeAddresses",
    create = "ec2:AllocateAddress, ec2:CreateTags, ec2:DescribeAccountAttributes",
    update = "ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:ReleaseAddress"
)]
pub struct ElasticIp {}

/// What an elastic IP address gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ElasticIpOutputs {
    /// Identifies the allocation.
    pub allocation_id: Id<AllocationId>,
    /// The address.
    pub public_ip: Id<PublicIp>,
}

impl Lifecycle for ElasticIp {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let reply = aws
            .ec2
            .describe_addresses()
            .set_filters(ec2::filters(which, "allocation-id"))
            .send()
            .await
            .at("ec2:DescribeAddresses")?;
        let addresses = reply.addresses.unwrap_or_default();
        addresses.into_iter().map(read).collect()
    }

    async fn create(
        aws: &Clients,
        _want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ElasticIpOutputs, Fault> {
        let operation = "ec2:AllocateAddress";
        let reply = aws
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(ec2::tags(ResourceType::ElasticIp, &mark.tags))
            .send()
            .await
            .at(operation)?;
        outputs(operation, reply.allocation_id, reply.public_ip)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .release_address()
            .allocation_id(found.id)
            .send()
            .await
            .at("ec2:ReleaseAddress")?;
        Ok(())
    }

    /// Five for each region, unless the account asked for more.
    async fn quota(aws: &Clients) -> Result<Option<Quota>, Fault> {
        let (limit, used) = try_join(limit(aws), used(aws)).await?;
        Ok(limit.map(|limit| Quota {
            name: "EC2-VPC Elastic IPs".to_owned(),
            limit,
            used,
            code: "ec2/L-0263D0A3".to_owned(),
        }))
    }
}

fn read(address: Address) -> Result<Found<ElasticIp>, Fault> {
    let operation = "ec2:DescribeAddresses";
    let outputs = outputs(operation, address.allocation_id, address.public_ip)?;
    Ok(Found {
        id: outputs.allocation_id.as_str().to_owned(),
        attributes: ElasticIp {},
        outputs,
        tags: ec2::read_tags(address.tags),
        state: State::Ready,
    })
}

fn outputs(
    operation: &str,
    allocation_id: Option<String>,
    public_ip: Option<String>,
) -> Result<ElasticIpOutputs, Fault> {
    Ok(ElasticIpOutputs {
        allocation_id: required(operation, "an allocation's id", allocation_id)?.into(),
        public_ip: required(operation, "a public address", public_ip)?.into(),
    })
}

async fn limit(aws: &Clients) -> Result<Option<u64>, Fault> {
    let reply = aws
        .ec2
        .describe_account_attributes()
        .attribute_names(AccountAttributeName::from("vpc-max-elastic-ips"))
        .send()
        .await
        .at("ec2:DescribeAccountAttributes")?;
    Ok(reply
        .account_attributes()
        .iter()
        .filter(|attribute| attribute.attribute_name() == Some("vpc-max-elastic-ips"))
        .flat_map(|attribute| attribute.attribute_values())
        .find_map(|value| value.attribute_value()?.parse().ok()))
}

async fn used(aws: &Clients) -> Result<u64, Fault> {
    let reply = aws
        .ec2
        .describe_addresses()
        .filters(ec2::filter("domain", ["vpc".to_owned()]))
        .send()
        .await
        .at("ec2:DescribeAddresses")?;
    Ok(reply.addresses().len() as u64)
}
