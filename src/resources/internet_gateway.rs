//! The internet gateway and its attachment.
//!
//! Recognised by its owner tags, which the create call gives. A crash between creating and
//! attaching leaves a gateway without VPC, which the next run attaches.

use aws_sdk_ec2::types::{AttachmentStatus, ResourceType};

use super::lifecycle::{Lifecycle, Mark};
use super::vpc::VpcId;
use crate::aws::{Call, Clients, ec2, if_present, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies an internet gateway.
    InternetGatewayId = "internet-gateway", "igw-#################";
}

/// The way between a VPC and the internet.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "internet-gateway",
    outputs = InternetGatewayOutputs,
    replacement = "create-first",
    outage = "the VPC has no way to the internet",
    find = "ec2:DescribeInternetGateways",
    explain = "ec2:DescribeNetworkInterfaces",
    create = "ec2:CreateInternetGateway, ec2:CreateTags, ec2:AttachInternetGateway",
    update = "ec2:AttachInternetGateway, ec2:CreateTags, ec2:DeleteTags",
    delete = "ec2:DetachInternetGateway, ec2:DeleteInternetGateway"
)]
pub struct InternetGateway {
    /// The VPC that it is attached to. AWS detaches it only when nothing in that VPC has a public
    /// address any more, so it does not move from one VPC to another.
    #[attribute(attach)]
    pub vpc_id: Option<Ref<VpcId>>,
}

/// What an internet gateway gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct InternetGatewayOutputs {
    /// The gateway's identifier.
    pub id: Id<InternetGatewayId>,
}

impl Lifecycle for InternetGateway {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let gateways = aws
            .ec2
            .describe_internet_gateways()
            .set_filters(ec2::filters(which, "internet-gateway-id"))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeInternetGateways")?;
        gateways.into_iter().map(read).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<InternetGatewayOutputs, Fault> {
        let reply = aws
            .ec2
            .create_internet_gateway()
            .tag_specifications(ec2::tags(ResourceType::InternetGateway, &mark.tags))
            .send()
            .await
            .at("ec2:CreateInternetGateway")?;
        let id = required(
            "ec2:CreateInternetGateway",
            "the gateway's id",
            reply.internet_gateway.and_then(|g| g.internet_gateway_id),
        )?;
        if let Some(vpc) = &want.vpc_id {
            attach(aws, &id, want.known(vpc)).await?;
        }
        Ok(InternetGatewayOutputs { id: id.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<InternetGatewayOutputs, Fault> {
        if let Some(vpc) = &want.vpc_id {
            attach(aws, &found.id, want.known(vpc)).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ec2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        detach(aws, &found).await?;
        aws.ec2
            .delete_internet_gateway()
            .internet_gateway_id(found.id)
            .send()
            .await
            .at("ec2:DeleteInternetGateway")?;
        Ok(())
    }

    /// The public addresses that keep it attached.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        let Some(vpc) = found.attributes.vpc_id.as_ref().and_then(Ref::id) else {
            return Ok(Vec::new());
        };
        let mut lines = ec2::interfaces(aws, "vpc-id", vpc).await?;
        lines.retain(|line| line.contains("public address"));
        Ok(lines)
    }
}

fn read(gateway: aws_sdk_ec2::types::InternetGateway) -> Result<Found<InternetGateway>, Fault> {
    let id = required(
        "ec2:DescribeInternetGateways",
        "a gateway's id",
        gateway.internet_gateway_id,
    )?;
    // It has one attachment at most.
    let attachment = gateway
        .attachments
        .and_then(|attachments| attachments.into_iter().next())
        .filter(|attachment| attachment.state != Some(AttachmentStatus::Detached));
    // A finished attachment of a gateway is `available`, not `attached`.
    let state = match attachment.as_ref().and_then(|a| a.state.as_ref()) {
        Some(state @ (AttachmentStatus::Attaching | AttachmentStatus::Detaching)) => {
            State::Busy(state.to_string())
        }
        _ => State::Ready,
    };
    Ok(Found {
        attributes: InternetGateway {
            vpc_id: attachment.and_then(|a| a.vpc_id).map(Ref::known),
        },
        outputs: InternetGatewayOutputs {
            id: id.clone().into(),
        },
        tags: ec2::read_tags(gateway.tags),
        state,
        id,
    })
}

async fn attach(aws: &Clients, id: &str, vpc: &str) -> Result<(), Fault> {
    let attached = aws
        .ec2
        .attach_internet_gateway()
        .internet_gateway_id(id)
        .vpc_id(vpc)
        .send()
        .await
        .at("ec2:AttachInternetGateway");
    match attached {
        // An earlier call may have attached it whose reply was lost.
        Err(fault) if fault.code == "Resource.AlreadyAssociated" => {
            let there = InternetGateway::find(aws, &Query::Ids(vec![id.to_owned()])).await?;
            let mut places = there
                .iter()
                .filter_map(|one| one.attributes.vpc_id.as_ref());
            if places.any(|place| place.id() == Some(vpc)) {
                Ok(())
            } else {
                Err(fault)
            }
        }
        Ok(_) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Detaches it from the VPC that it was found attached to, if it still is.
async fn detach(aws: &Clients, found: &Found<InternetGateway>) -> Result<(), Fault> {
    let Some(vpc) = found.attributes.vpc_id.as_ref().and_then(Ref::id) else {
        return Ok(());
    };
    let detached = aws
        .ec2
        .detach_internet_gateway()
        .internet_gateway_id(&found.id)
        .vpc_id(vpc)
        .send()
        .await
        .at("ec2:DetachInternetGateway");
    if_present(detached).map(drop)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::InternetGatewayAttachment;

    use super::*;
    use crate::aws::scripted::{Scripted, ec2_error, ec2_reply};

    #[tokio::test]
    async fn an_attachment_whose_reply_was_lost_is_no_failure() {
        for (there, is_done) in [("vpc-1", true), ("vpc-2", false)] {
            let known = format!(
                "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId>\
                 <attachmentSet><item><state>available</state><vpcId>{there}</vpcId></item>\
                 </attachmentSet></item></internetGatewaySet>"
            );
            let cloud = Scripted::new([
                ec2_error(
                    400,
                    "Resource.AlreadyAssociated",
                    "igw-1 is already attached",
                ),
                ec2_reply("DescribeInternetGateways", &known),
            ]);
            let attached = attach(&cloud.clients(), "igw-1", "vpc-1").await;
            assert_eq!(attached.is_ok(), is_done, "{attached:?}");
        }
    }

    #[test]
    fn attachments_are_told_apart() {
        let cases = [
            (None, None, State::Ready),
            (Some("available"), Some("vpc-1"), State::Ready),
            (Some("attached"), Some("vpc-1"), State::Ready),
            (
                Some("attaching"),
                Some("vpc-1"),
                State::Busy("attaching".to_owned()),
            ),
            (Some("detached"), None, State::Ready),
        ];
        for (word, vpc, state) in cases {
            let attachment = word.map(|word| {
                InternetGatewayAttachment::builder()
                    .vpc_id("vpc-1")
                    .state(AttachmentStatus::from(word))
                    .build()
            });
            let gateway = aws_sdk_ec2::types::InternetGateway::builder()
                .internet_gateway_id("igw-1")
                .set_attachments(Some(attachment.into_iter().collect()))
                .build();
            let found = read(gateway).expect("a gateway");
            let attached = found.attributes.vpc_id.as_ref().and_then(Ref::id);
            assert_eq!((attached, found.state), (vpc, state), "{word:?}");
        }
    }
}
