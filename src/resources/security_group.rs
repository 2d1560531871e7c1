//! The security group.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in its VPC, so a
//! repeated create cannot make a second one. AWS gives each new group a rule that lets everything
//! out, which the create removes; a crash before that leaves a rule that the next run removes,
//! since rules are read by group.

use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType};

use super::lifecycle::{Lifecycle, Mark};
use super::vpc::VpcId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{Cidr, Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a security group.
    SecurityGroupId = "security-group", "sg-#################";
}

/// A firewall around network interfaces; its rules are a kind of their own, and what no rule
/// allows is not allowed.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "security-group",
    outputs = SecurityGroupOutputs,
    replacement = "create-first",
    outage = "nothing can bear it",
    exclusive = "vpc_id, name",
    find = "ec2:DescribeSecurityGroups",
    explain = "ec2:DescribeNetworkInterfaces",
    create = "ec2:CreateSecurityGroup, ec2:CreateTags, ec2:RevokeSecurityGroupEgress",
    update = "ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DeleteSecurityGroup"
)]
pub struct SecurityGroup {
    /// Its name: at most 255 characters, unique in the VPC whatever the case, not beginning with
    /// `sg-`.
    #[attribute(replace)]
    pub name: String,
    /// What it is for: at most 255 characters.
    #[attribute(replace)]
    pub description: String,
    /// The VPC that it is for.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
}

/// What a security group gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SecurityGroupOutputs {
    /// The security group's identifier.
    pub id: Id<SecurityGroupId>,
}

impl Lifecycle for SecurityGroup {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let groups = aws
            .ec2
            .describe_security_groups()
            .set_filters(ec2::filters(which, "group-id"))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeSecurityGroups")?;
        groups.into_iter().map(read).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SecurityGroupOutputs, Fault> {
        let reply = aws
            .ec2
            .create_security_group()
            .group_name(&want.name)
            .description(&want.description)
            .vpc_id(want.known(&want.vpc_id))
            .tag_specifications(ec2::tags(ResourceType::SecurityGroup, &mark.tags))
            .send()
            .await
            .at("ec2:CreateSecurityGroup")?;
        let id = required("ec2:CreateSecurityGroup", "the group's id", reply.group_id)?;
        close(aws, &id).await?;
        Ok(SecurityGroupOutputs { id: id.into() })
    }

    async fn finish(aws: &Clients, found: &Found<Self>) -> Result<(), Fault> {
        close(aws, &found.id).await
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ec2
            .delete_security_group()
            .group_id(found.id)
            .send()
            .await
            .at("ec2:DeleteSecurityGroup")?;
        Ok(())
    }

    /// What is still in the group.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        ec2::interfaces(aws, "group-id", &found.id).await
    }
}

fn read(group: aws_sdk_ec2::types::SecurityGroup) -> Result<Found<SecurityGroup>, Fault> {
    let id = required("ec2:DescribeSecurityGroups", "a group's id", group.group_id)?;
    Ok(Found {
        attributes: SecurityGroup {
            name: group.group_name.unwrap_or_default(),
            description: group.description.unwrap_or_default(),
            vpc_id: Ref::known(group.vpc_id.unwrap_or_default()),
        },
        outputs: SecurityGroupOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(group.tags),
        state: State::Ready,
        id,
    })
}

/// Removes the rule that a new group has, if it still has it.
async fn close(aws: &Clients, id: &str) -> Result<(), Fault> {
    let revoked = aws
        .ec2
        .revoke_security_group_egress()
        .group_id(id)
        .ip_permissions(everything())
        .send()
        .await
        .at("ec2:RevokeSecurityGroupEgress");
    match revoked {
        Err(fault) if fault.code == "InvalidPermission.NotFound" => Ok(()),
        Ok(_) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// All protocols to all IPv4 addresses: the rule that a new group has.
fn everything() -> IpPermission {
    let anywhere = Cidr::ANYWHERE.to_string();
    IpPermission::builder()
        .ip_protocol("-1")
        .ip_ranges(IpRange::builder().cidr_ip(anywhere).build())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::scripted::{Answer, Scripted, ec2_error, ec2_reply};
    use crate::model::{Attributes, FaultClass, Tags};

    async fn create(revoked: Answer) -> (Result<SecurityGroupOutputs, Fault>, Vec<String>) {
        let made = ec2_reply("CreateSecurityGroup", "<groupId>sg-1</groupId>");
        let cloud = Scripted::new([made, revoked]);
        let group = SecurityGroup {
            name: "shop-app".to_owned(),
            description: "tasks".to_owned(),
            vpc_id: Ref::known("vpc-1"),
        };
        let want = Resolved::new(&group.values()).expect("all is known");
        let mark = Mark {
            tags: Tags::new(),
            token: String::new(),
        };
        let outputs = SecurityGroup::create(&cloud.clients(), &want, &mark).await;
        (outputs, cloud.operations())
    }

    #[tokio::test]
    async fn the_rule_that_lets_everything_out_is_removed() {
        let calls = ["CreateSecurityGroup", "RevokeSecurityGroupEgress"];
        let revoked = ec2_reply("RevokeSecurityGroupEgress", "<return>true</return>");
        let (outputs, operations) = create(revoked).await;
        assert_eq!(outputs.expect("a group").id.as_str(), "sg-1");
        assert_eq!(operations, calls);

        let none = ec2_error(400, "InvalidPermission.NotFound", "there is none");
        let (outputs, operations) = create(none).await;
        assert_eq!(outputs.expect("a group").id.as_str(), "sg-1");
        assert_eq!(operations, calls);

        let busy = ec2_error(503, "RequestLimitExceeded", "slow down");
        let (outputs, _) = create(busy).await;
        let fault = outputs.expect_err("the rule is still there");
        assert_eq!(fault.class, FaultClass::Throttled);
        assert_eq!(fault.operation, "RevokeSecurityGroupEgress");
    }

    #[tokio::test]
    async fn the_rule_is_removed_too_where_the_reply_of_the_create_was_lost() {
        let revoked = ec2_reply("RevokeSecurityGroupEgress", "<return>true</return>");
        let cloud = Scripted::new([revoked]);
        let group = aws_sdk_ec2::types::SecurityGroup::builder()
            .group_id("sg-1")
            .build();
        let found = read(group).expect("a group");
        let finished = SecurityGroup::finish(&cloud.clients(), &found).await;
        finished.expect("no rule");
        assert_eq!(cloud.operations(), ["RevokeSecurityGroupEgress"]);
    }
}
