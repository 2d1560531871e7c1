//! Security group rules on ministack.
//!
//! - `AuthorizeSecurityGroupIngress`, `AuthorizeSecurityGroupEgress`, `ModifySecurityGroupRules`,
//!   `DescribeSecurityGroupRules`: AWS keeps `prefixListId` and its description; ministack loses both.
//! - `ModifySecurityGroupRules` without a description: AWS removes it; ministack keeps the old one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

/// What a rule has of which one is there.
const SOURCES: [&str; 4] = [
    "cidrIpv4",
    "cidrIpv6",
    "prefixListId",
    "referencedGroupInfo",
];

#[derive(Default)]
pub(crate) struct EditedRule {
    /// By the rule's id, prefix list and description; empty where there is none.
    kept: Mutex<BTreeMap<String, [String; 2]>>,
}

impl Shim for EditedRule {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:ModifySecurityGroupRules",
            "ec2:DescribeSecurityGroupRules",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(self.answer(request, next))
    }
}

impl EditedRule {
    async fn answer(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let reply = next.forward(request).await?;
        if !reply.is_success() {
            return Ok(reply);
        }
        let mut root = reply.element(request)?;
        match request.operation.as_str() {
            "DescribeSecurityGroupRules" => {}
            "ModifySecurityGroupRules" => self.modify(request),
            _ => self.remember(request, &root),
        }
        let rules = root.members_mut("securityGroupRuleSet");
        for rule in rules.into_iter().flatten() {
            let kept = memory(&self.kept)
                .get(rule.at("securityGroupRuleId"))
                .cloned();
            if let Some([list, description]) = kept {
                for (field, text) in [("prefixListId", list), ("description", description)] {
                    rule.remove(field);
                    if !text.is_empty() {
                        rule.put(Element::text(field, &text));
                    }
                }
            }
        }
        Ok(reply.with_element(&root))
    }

    /// The rules without a source are those of the prefix lists that were sent, in order.
    fn remember(&self, request: &Request, reply: &Element) {
        let mut sent = (1..)
            .map(|index| format!("IpPermissions.{index}"))
            .take_while(|name| !request.text(&format!("{name}.IpProtocol")).is_empty())
            .flat_map(|permission| {
                (1..)
                    .map(move |index| format!("{permission}.PrefixListIds.{index}"))
                    .take_while(|name| !request.text(&format!("{name}.PrefixListId")).is_empty())
            });
        let bare = reply
            .members("securityGroupRuleSet")
            .iter()
            .filter(|rule| SOURCES.iter().all(|source| rule.child(source).is_none()));
        for rule in bare {
            let Some(name) = sent.next() else {
                return;
            };
            let kept = ["PrefixListId", "Description"]
                .map(|field| request.text(&format!("{name}.{field}")).to_owned());
            memory(&self.kept).insert(rule.at("securityGroupRuleId").to_owned(), kept);
        }
    }

    fn modify(&self, request: &Request) {
        let rules = (1..)
            .map(|index| format!("SecurityGroupRule.{index}"))
            .take_while(|name| {
                !request
                    .text(&format!("{name}.SecurityGroupRuleId"))
                    .is_empty()
            });
        for rule in rules {
            let id = request.text(&format!("{rule}.SecurityGroupRuleId"));
            let [list, description] = ["PrefixListId", "Description"].map(|field| {
                request
                    .text(&format!("{rule}.SecurityGroupRule.{field}"))
                    .to_owned()
            });
            memory(&self.kept).insert(id.to_owned(), [list, description]);
        }
    }
}
