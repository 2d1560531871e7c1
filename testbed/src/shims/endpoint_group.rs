//! The security groups of VPC endpoints on ministack.
//!
//! `CreateVpcEndpoint`, `ModifyVpcEndpoint`, `DescribeVpcEndpoints`: AWS gives an interface endpoint its
//! `groupSet` and `privateDnsEnabled`; ministack neither.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// What was sent for an endpoint.
#[derive(Clone, Default)]
struct Sent {
    groups: Vec<String>,
    private_dns: bool,
}

#[derive(Default)]
pub(crate) struct EndpointGroup {
    /// By the endpoint's id.
    sent: Mutex<BTreeMap<String, Sent>>,
}

impl Shim for EndpointGroup {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:CreateVpcEndpoint",
            "ec2:ModifyVpcEndpoint",
            "ec2:DescribeVpcEndpoints",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(self.answer(request, next))
    }
}

impl EndpointGroup {
    async fn answer(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let mut root = reply.element(request)?;
        if request.operation == "ModifyVpcEndpoint" {
            self.modify(request);
        }
        if let Some(endpoint) = root.child_mut("vpcEndpoint") {
            let groups = request.list("SecurityGroupId").into_iter();
            let sent = Sent {
                groups: groups.map(str::to_owned).collect(),
                private_dns: request.text("PrivateDnsEnabled") == "true",
            };
            memory(&self.sent).insert(endpoint.at("vpcEndpointId").to_owned(), sent);
            self.restore(endpoint);
        }
        let endpoints = root.members_mut("vpcEndpointSet");
        for endpoint in endpoints.into_iter().flatten() {
            self.restore(endpoint);
        }
        Ok(reply.with_element(&root))
    }

    fn modify(&self, request: &Request) {
        let mut sent = memory(&self.sent);
        let Some(sent) = sent.get_mut(request.text("VpcEndpointId")) else {
            return;
        };
        let removed = request.list("RemoveSecurityGroupId");
        sent.groups
            .retain(|group| !removed.contains(&group.as_str()));
        let added = request.list("AddSecurityGroupId").into_iter();
        sent.groups.extend(added.map(str::to_owned));
    }

    fn restore(&self, endpoint: &mut Element) {
        let sent = memory(&self.sent)
            .get(endpoint.at("vpcEndpointId"))
            .cloned();
        let Some(sent) = sent.filter(|_| endpoint.at("vpcEndpointType") == "Interface") else {
            return;
        };
        let groups = sent.groups.iter();
        let groups =
            groups.map(|group| Element::list("item", vec![Element::text("groupId", group)]));
        endpoint.put(Element::list("groupSet", groups.collect()));
        let private_dns = sent.private_dns.to_string();
        endpoint.put(Element::text("privateDnsEnabled", &private_dns));
    }
}
