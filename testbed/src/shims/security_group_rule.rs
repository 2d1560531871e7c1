//! Security group rules.
//!
//! - `AuthorizeSecurityGroupIngress`, `AuthorizeSecurityGroupEgress`: AWS keeps the `description`
//!   of every rule; in its rules moto loses that of rules that name a group or a prefix list.
//! - `ModifySecurityGroupRules`: AWS changes `ReferencedGroupId`, and removes the description where
//!   none is sent; moto keeps the old ones. Protocol -1 needs no ports on AWS; moto insists on them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;
use serde_json::Value;

use super::{Answer, Next, Shim, memory};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct SecurityGroupRule {
    /// By the rule's id, what moto does not keep.
    kept: Mutex<BTreeMap<String, Kept>>,
}

#[derive(Clone, Default)]
struct Kept {
    description: Option<String>,
    referenced_group: Option<String>,
}

impl Shim for SecurityGroupRule {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:ModifySecurityGroupRules",
            "ec2:DescribeSecurityGroupRules",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            if request.operation == "ModifySecurityGroupRules" {
                return self.modify(request, next).await;
            }
            let reply = next.forward(request).await?;
            if !reply.is_success() {
                return Ok(reply);
            }
            let mut root = reply.element(request)?;
            if request.operation != "DescribeSecurityGroupRules" {
                self.remember(request, &root);
            }
            for rule in root
                .members_mut("securityGroupRuleSet")
                .into_iter()
                .flatten()
            {
                self.restore(rule);
            }
            Ok(reply.with_element(&root))
        })
    }
}

impl SecurityGroupRule {
    /// Keeps the descriptions of rules that name a group or a prefix list.
    fn remember(&self, request: &Request, reply: &Element) {
        let mut kept = memory(&self.kept);
        for rule in reply.members("securityGroupRuleSet") {
            let same = |permission: &str| {
                let port = |name: &str, found: &str| {
                    let sent = request.text(&format!("{permission}.{name}"));
                    sent == found || (sent.is_empty() && found == "-1")
                };
                request.text(&format!("{permission}.IpProtocol")) == rule.at("ipProtocol")
                    && port("FromPort", rule.at("fromPort"))
                    && port("ToPort", rule.at("toPort"))
            };
            let sides = [
                ("Groups", "GroupId", rule.at("referencedGroupInfo/groupId")),
                ("PrefixListIds", "PrefixListId", rule.at("prefixListId")),
            ];
            let permissions = (1..).map(|index| format!("IpPermissions.{index}"));
            let sent = permissions
                .take_while(|name| !request.text(&format!("{name}.IpProtocol")).is_empty());
            for permission in sent.filter(|name| same(name)) {
                for (list, field, id) in sides {
                    let members = (1..).map(|index| format!("{permission}.{list}.{index}"));
                    let named = members
                        .take_while(|name| !request.text(&format!("{name}.{field}")).is_empty())
                        .find(|name| request.text(&format!("{name}.{field}")) == id);
                    let description =
                        named.map(|name| request.text(&format!("{name}.Description")));
                    if let Some(description) = description.filter(|text| !text.is_empty()) {
                        let entry = kept
                            .entry(rule.at("securityGroupRuleId").to_owned())
                            .or_default();
                        entry.description = Some(description.to_owned());
                    }
                }
            }
        }
    }

    fn restore(&self, rule: &mut Element) {
        let Some(kept) = memory(&self.kept)
            .get(rule.at("securityGroupRuleId"))
            .cloned()
        else {
            return;
        };
        if let Some(description) = kept.description {
            rule.put(Element::text("description", &description));
        }
        if let (Some(group), Some(info)) =
            (kept.referenced_group, rule.child_mut("referencedGroupInfo"))
        {
            info.put(Element::text("groupId", &group));
        }
    }

    async fn modify(&self, request: &Request, next: Next<'_>) -> Result<Reply> {
        let mut form = request.form();
        let mut changed = Vec::new();
        for index in 1.. {
            let rule = format!("SecurityGroupRule.{index}");
            let id = request.text(&format!("{rule}.SecurityGroupRuleId"));
            if id.is_empty() {
                break;
            }
            let wanted = format!("{rule}.SecurityGroupRule");
            form.entry(format!("{wanted}.Description"))
                .or_insert_with(|| Value::from(""));
            if request.text(&format!("{wanted}.IpProtocol")) == "-1" {
                for port in ["FromPort", "ToPort"] {
                    form.entry(format!("{wanted}.{port}"))
                        .or_insert_with(|| Value::from("-1"));
                }
            }
            let group = request.text(&format!("{wanted}.ReferencedGroupId"));
            let referenced_group = (!group.is_empty()).then(|| group.to_owned());
            changed.push((
                id.to_owned(),
                Kept {
                    description: None,
                    referenced_group,
                },
            ));
        }
        let reply = next.forward(&request.with_form(form)).await?;
        if reply.is_success() {
            // moto keeps the new description itself.
            memory(&self.kept).extend(changed);
        }
        Ok(reply)
    }
}
