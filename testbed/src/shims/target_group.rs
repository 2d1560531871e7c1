//! Target groups.
//!
//! `CreateTargetGroup` of a name that exists: with equal settings AWS gives the existing one,
//! otherwise it refuses with `DuplicateTargetGroupName`; moto always refuses.

use anyhow::Result;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// The settings that are compared, by the same name in the request and in the reply.
const SETTINGS: [&str; 13] = [
    "Protocol",
    "ProtocolVersion",
    "Port",
    "VpcId",
    "TargetType",
    "IpAddressType",
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
];

pub(crate) struct TargetGroup;

impl Shim for TargetGroup {
    fn operations(&self) -> &'static [&'static str] {
        &["elasticloadbalancing:CreateTargetGroup"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let reply = next.forward(request).await?;
            if reply.code() != "DuplicateTargetGroupName" {
                return Ok(reply);
            }
            match existing(request, next).await? {
                Some(group) => {
                    let list = Element::list("TargetGroups", vec![group]);
                    let result = Element::list("CreateTargetGroupResult", vec![list]);
                    Ok(Reply::xml(
                        Element::list("CreateTargetGroupResponse", vec![result]).to_string(),
                    ))
                }
                None => Ok(reply),
            }
        })
    }
}

/// The group of that name, if it has every setting that was sent.
async fn existing(request: &Request, next: Next<'_>) -> Result<Option<Element>> {
    let named = [("Names.member.1", request.text("Name"))];
    let found = next
        .read("elasticloadbalancing", "DescribeTargetGroups", &named)
        .await?;
    let group = found
        .members("DescribeTargetGroupsResult/TargetGroups")
        .first()
        .cloned();
    let codes = request.text("Matcher.HttpCode");
    Ok(group.filter(|group| {
        SETTINGS
            .iter()
            .all(|name| ["", group.at(name)].contains(&request.text(name)))
            && ["", group.at("Matcher/HttpCode")].contains(&codes)
    }))
}
