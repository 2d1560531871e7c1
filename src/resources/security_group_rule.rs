//! The rule of a security group.
//!
//! Owned through its group, in which no two rules are alike. Every rule of our groups counts as
//! ours, also one that was added by hand. A crash leaves either a whole rule or none.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, PrefixListId as PrefixListPermission, ResourceType,
    SecurityGroupRule as Rule, SecurityGroupRuleRequest, SecurityGroupRuleUpdate, UserIdGroupPair,
};

use super::lifecycle::{Lifecycle, Mark};
use super::security_group::SecurityGroupId;
use crate::aws::{Call, Clients, ec2, required};
use crate::classes;
use crate::model::{
    Changes, Cidr, Fault, FaultClass, Field, Found, Id, Misfit, Query, Ref, Resolved, Shape, State,
    Tags, Value,
};
use qpiac_derive::{Field, Outputs, Resource};

const LISTS: &str = "ec2:DescribeManagedPrefixLists";

classes! {
    /// Identifies a rule of a security group.
    SecurityGroupRuleId = "security-group-rule", "sgr-#################";
    /// Identifies a list of address ranges that AWS or the account keeps.
    PrefixListId = "prefix-list", "pl-########";
}

/// Lets some traffic into or out of the members of a security group.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "security-group-rule",
    outputs = SecurityGroupRuleOutputs,
    replacement = "create-first",
    outage = "the traffic that it allows is refused",
    parent = "security_group_id",
    key = "direction, protocol, ports, peer",
    find = "ec2:DescribeSecurityGroupRules, ec2:DescribeManagedPrefixLists",
    create = "ec2:AuthorizeSecurityGroupIngress, ec2:AuthorizeSecurityGroupEgress, ec2:CreateTags, \
              ec2:DescribeSecurityGroupRules, ec2:DescribeManagedPrefixLists",
    update = "ec2:ModifySecurityGroupRules, ec2:DescribeManagedPrefixLists",
    delete = "ec2:RevokeSecurityGroupIngress, ec2:RevokeSecurityGroupEgress"
)]
pub struct SecurityGroupRule {
    /// The group whose members it is for.
    #[attribute(replace)]
    pub security_group_id: Ref<SecurityGroupId>,
    /// Whether traffic comes in or goes out.
    #[attribute(replace)]
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of another protocol, or `-1` for all.
    #[attribute(replace)]
    pub protocol: String,
    /// The ports; absent, all of them, and always so where the protocol has none.
    #[attribute(replace)]
    pub ports: Option<Ports>,
    /// The other side: the source of what comes in, the destination of what goes out.
    #[attribute(replace)]
    pub peer: Peer,
    /// What it is for: at most 255 characters.
    #[attribute(update)]
    pub description: Option<String>,
}

/// Which way traffic flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Direction {
    /// To members of the group.
    Ingress,
    /// From members of the group.
    Egress,
}

/// A range of ports, as text `80` or `8000-8010`; of ICMP, a type and a code, of which -1 is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The first port.
    pub from: i32,
    /// The last port.
    pub to: i32,
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Peer {
    /// An IPv4 range.
    Cidr(Cidr),
    /// An IPv6 range.
    Ipv6(String),
    /// The members of a security group. AWS keeps that group as long as the rule refers to it.
    SecurityGroup(Ref<SecurityGroupId>),
    /// The ranges of a prefix list that AWS keeps, by its name, such as
    /// `com.amazonaws.global.cloudfront.origin-facing`, whose identifier differs by region.
    ManagedPrefixList(String),
    /// The ranges of another prefix list.
    PrefixList(Ref<PrefixListId>),
}

/// What a rule gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct SecurityGroupRuleOutputs {
    /// The rule's identifier.
    pub id: Id<SecurityGroupRuleId>,
}

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Self {
            from: port.into(),
            to: port.into(),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            self.from.fmt(out)
        } else {
            write!(out, "{}-{}", self.from, self.to)
        }
    }
}

impl FromStr for Ports {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A leading minus is a sign.
        let between = text
            .char_indices()
            .skip(1)
            .find(|(_, letter)| *letter == '-');
        let (from, to) = match between {
            Some((at, _)) => (&text[..at], &text[at + 1..]),
            None => (text, text),
        };
        Ok(Self {
            from: from.parse()?,
            to: to.parse()?,
        })
    }
}

impl Field for Ports {
    const SHAPE: Shape = Shape::Text("port or range of ports");

    fn value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn from_value(value: &Value) -> Result<Self, Misfit> {
        let misfit = || Misfit::new("a port or a range of ports", value);
        match value {
            Value::Text(text) => text.parse().map_err(|_| misfit()),
            _ => Err(misfit()),
        }
    }
}

impl Lifecycle for SecurityGroupRule {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { .. } => Ok(Vec::new()),
            Query::Ids(ids) => {
                let filter = ec2::filter("security-group-rule-id", ids.iter().cloned());
                rules(aws, filter).await
            }
            Query::Under(groups) => {
                let groups = groups.iter().map(|group| group.id.clone());
                rules(aws, ec2::filter("group-id", groups)).await
            }
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<SecurityGroupRuleOutputs, Fault> {
        let list = list_id(aws, want).await?;
        let (operation, authorized) = authorize(aws, want, list, mark).await;
        let rules = match authorized {
            Ok(rules) => rules,
            Err(fault) if fault.code == "InvalidPermission.Duplicate" => {
                return find_like(aws, want).await?.ok_or(fault);
            }
            Err(fault) => return Err(fault),
        };
        let rule = rules.into_iter().next();
        let id = rule.and_then(|rule| rule.security_group_rule_id);
        Ok(SecurityGroupRuleOutputs {
            id: required(operation, "the rule's id", id)?.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<SecurityGroupRuleOutputs, Fault> {
        let update = SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(&found.id)
            .security_group_rule(request(want, list_id(aws, want).await?))
            .build();
        aws.ec2
            .modify_security_group_rules()
            .group_id(want.known(&want.security_group_id))
            .security_group_rules(update)
            .send()
            .await
            .at("ec2:ModifySecurityGroupRules")?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let group = found.attributes.security_group_id.id().map(str::to_owned);
        match found.attributes.direction {
            Direction::Ingress => {
                aws.ec2
                    .revoke_security_group_ingress()
                    .set_group_id(group)
                    .security_group_rule_ids(found.id)
                    .send()
                    .await
                    .at("ec2:RevokeSecurityGroupIngress")?;
            }
            Direction::Egress => {
                aws.ec2
                    .revoke_security_group_egress()
                    .set_group_id(group)
                    .security_group_rule_ids(found.id)
                    .send()
                    .await
                    .at("ec2:RevokeSecurityGroupEgress")?;
            }
        }
        Ok(())
    }
}

async fn rules(aws: &Clients, filter: Filter) -> Result<Vec<Found<SecurityGroupRule>>, Fault> {
    let rules = aws
        .ec2
        .describe_security_group_rules()
        .filters(filter)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ec2:DescribeSecurityGroupRules")?;
    let lists = if rules.iter().any(|rule| rule.prefix_list_id().is_some()) {
        managed_lists(aws).await?
    } else {
        Arc::default()
    };
    let read = |rule| read(aws, &lists, rule);
    rules.into_iter().map(read).collect()
}

/// The names of the prefix lists that AWS keeps, by their identifiers.
type Lists = BTreeMap<String, String>;

async fn managed_lists(aws: &Clients) -> Result<Arc<Lists>, Fault> {
    aws.once("managed-prefix-lists".to_owned(), |aws| async move {
        let lists = aws
            .ec2
            .describe_managed_prefix_lists()
            .filters(ec2::filter("owner-id", ["AWS".to_owned()]))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at(LISTS)?;
        let pairs = lists.into_iter();
        Ok(pairs
            .filter_map(|list| Some((list.prefix_list_id?, list.prefix_list_name?)))
            .collect())
    })
    .await
}

/// The identifier of the prefix list on the other side, where there is one.
async fn list_id(
    aws: &Clients,
    want: &Resolved<SecurityGroupRule>,
) -> Result<Option<String>, Fault> {
    let wanted = match &want.peer {
        Peer::ManagedPrefixList(name) => name,
        Peer::PrefixList(list) => return Ok(Some(want.known(list).to_owned())),
        Peer::Cidr(_) | Peer::Ipv6(_) | Peer::SecurityGroup(_) => return Ok(None),
    };
    let lists = managed_lists(aws).await?;
    let mut pairs = lists.iter();
    match pairs.find(|(_, name)| *name == wanted) {
        Some((id, _)) => Ok(Some(id.clone())),
        None => Err(Fault::own(
            FaultClass::Rejected,
            LISTS,
            format!("AWS keeps no prefix list `{wanted}` in this region"),
        )),
    }
}

async fn authorize(
    aws: &Clients,
    want: &Resolved<SecurityGroupRule>,
    list: Option<String>,
    mark: &Mark,
) -> (&'static str, Result<Vec<Rule>, Fault>) {
    let group = want.known(&want.security_group_id);
    let tags = ec2::tags(ResourceType::SecurityGroupRule, &mark.tags);
    let permission = permission(want, list);
    match want.direction {
        Direction::Ingress => {
            let operation = "ec2:AuthorizeSecurityGroupIngress";
            let reply = aws
                .ec2
                .authorize_security_group_ingress()
                .group_id(group)
                .ip_permissions(permission)
                .tag_specifications(tags)
                .send()
                .await
                .at(operation);
            let rules = reply.map(|reply| reply.security_group_rules.unwrap_or_default());
            (operation, rules)
        }
        Direction::Egress => {
            let operation = "ec2:AuthorizeSecurityGroupEgress";
            let reply = aws
                .ec2
                .authorize_security_group_egress()
                .group_id(group)
                .ip_permissions(permission)
                .tag_specifications(tags)
                .send()
                .await
                .at(operation);
            let rules = reply.map(|reply| reply.security_group_rules.unwrap_or_default());
            (operation, rules)
        }
    }
}

/// The rule that allows the same already.
async fn find_like(
    aws: &Clients,
    want: &Resolved<SecurityGroupRule>,
) -> Result<Option<SecurityGroupRuleOutputs>, Fault> {
    let group = want.known(&want.security_group_id).to_owned();
    let rules = rules(aws, ec2::filter("group-id", [group])).await?;
    let like = rules.into_iter().find(|rule| {
        let rule = &rule.attributes;
        rule.direction == want.direction
            && rule.protocol == want.protocol
            && rule.ports == want.ports
            && rule.peer == want.peer
    });
    Ok(like.map(|rule| rule.outputs))
}

/// The ports as the two numbers of a call, where -1 is any.
fn ends(ports: Option<Ports>) -> (i32, i32) {
    ports.map_or((-1, -1), |ports| (ports.from, ports.to))
}

fn permission(want: &Resolved<SecurityGroupRule>, list: Option<String>) -> IpPermission {
    let (from, to) = ends(want.ports);
    let text = want.description.clone();
    let permission = IpPermission::builder()
        .ip_protocol(&want.protocol)
        .from_port(from)
        .to_port(to);
    match &want.peer {
        Peer::Cidr(range) => permission.ip_ranges(
            IpRange::builder()
                .cidr_ip(range.to_string())
                .set_description(text)
                .build(),
        ),
        Peer::Ipv6(range) => permission.ipv6_ranges(
            Ipv6Range::builder()
                .cidr_ipv6(range)
                .set_description(text)
                .build(),
        ),
        Peer::SecurityGroup(group) => permission.user_id_group_pairs(
            UserIdGroupPair::builder()
                .group_id(want.known(group))
                .set_description(text)
                .build(),
        ),
        Peer::ManagedPrefixList(_) | Peer::PrefixList(_) => permission.prefix_list_ids(
            PrefixListPermission::builder()
                .set_prefix_list_id(list)
                .set_description(text)
                .build(),
        ),
    }
    .build()
}

/// The whole rule, since what is left out of a change is removed.
fn request(want: &Resolved<SecurityGroupRule>, list: Option<String>) -> SecurityGroupRuleRequest {
    let (from, to) = ends(want.ports);
    let request = SecurityGroupRuleRequest::builder()
        .ip_protocol(&want.protocol)
        .from_port(from)
        .to_port(to)
        .set_description(want.description.clone());
    match &want.peer {
        Peer::Cidr(range) => request.cidr_ipv4(range.to_string()),
        Peer::Ipv6(range) => request.cidr_ipv6(range),
        Peer::SecurityGroup(group) => request.referenced_group_id(want.known(group)),
        Peer::ManagedPrefixList(_) | Peer::PrefixList(_) => request.set_prefix_list_id(list),
    }
    .build()
}

fn read(aws: &Clients, lists: &Lists, rule: Rule) -> Result<Found<SecurityGroupRule>, Fault> {
    let operation = "ec2:DescribeSecurityGroupRules";
    let id = required(
        operation,
        "a rule's id",
        rule.security_group_rule_id.clone(),
    )?;
    Ok(Found {
        attributes: SecurityGroupRule {
            security_group_id: Ref::known(rule.group_id.clone().unwrap_or_default()),
            direction: if rule.is_egress == Some(true) {
                Direction::Egress
            } else {
                Direction::Ingress
            },
            protocol: rule.ip_protocol.clone().unwrap_or_default(),
            ports: ports(&rule),
            peer: required(operation, "a rule's other side", peer(aws, lists, &rule)?)?,
            description: rule.description.filter(|text| !text.is_empty()),
        },
        outputs: SecurityGroupRuleOutputs {
            id: id.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id,
    })
}

fn peer(aws: &Clients, lists: &Lists, rule: &Rule) -> Result<Option<Peer>, Fault> {
    if let Some(range) = rule.cidr_ipv4() {
        let range = aws.parse("ec2:DescribeSecurityGroupRules", Some(range))?;
        return Ok(Some(Peer::Cidr(range)));
    }
    let group = rule
        .referenced_group_info()
        .and_then(|group| group.group_id());
    Ok(group
        .map(|id| Peer::SecurityGroup(Ref::known(id)))
        .or_else(|| {
            rule.prefix_list_id().map(|id| match lists.get(id) {
                Some(name) => Peer::ManagedPrefixList(name.clone()),
                None => Peer::PrefixList(Ref::known(id)),
            })
        })
        .or_else(|| rule.cidr_ipv6().map(|range| Peer::Ipv6(range.to_owned()))))
}

/// Where a protocol has no ports, AWS answers -1 or nothing.
fn ports(rule: &Rule) -> Option<Ports> {
    match (rule.from_port?, rule.to_port?) {
        (-1, -1) => None,
        _ if rule.ip_protocol() == Some("-1") => None,
        (from, to) => Some(Ports { from, to }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_survive_text() {
        let cases = [
            (80, 80, "80"),
            (8000, 8010, "8000-8010"),
            (8, -1, "8--1"),
            (-1, 0, "-1-0"),
        ];
        for (from, to, text) in cases {
            let ports = Ports { from, to };
            assert_eq!(ports.to_string(), text);
            assert_eq!(Ports::from_value(&ports.value()), Ok(ports));
        }
        assert!("".parse::<Ports>().is_err());
        assert!("80-".parse::<Ports>().is_err());
    }

    #[test]
    fn protocols_without_ports_have_none() {
        let cases = [
            ("tcp", Some(80), Some(81), Some(Ports { from: 80, to: 81 })),
            ("-1", Some(-1), Some(-1), None),
            ("-1", None, None, None),
            ("-1", Some(0), Some(65535), None),
            ("icmp", Some(8), Some(-1), Some(Ports { from: 8, to: -1 })),
            ("icmp", Some(-1), Some(-1), None),
        ];
        for (protocol, from, to, expected) in cases {
            let rule = Rule::builder()
                .ip_protocol(protocol)
                .set_from_port(from)
                .set_to_port(to)
                .build();
            assert_eq!(ports(&rule), expected, "{protocol}");
        }
    }
}
