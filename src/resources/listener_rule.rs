//! The rule of a listener: a child of the listener, told apart by its priority.
//!
//! Recognised by its listener. Two rules of one listener cannot have the same priority, so a
//! repeated create makes no second one. The listener's own default rule is left out: it is the
//! listener's default action.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types as sdk;
use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use super::listener::ListenerArn;
use super::listener_action::{self, Action};
use crate::aws::{Call, Clients, elbv2, if_present, required};
use crate::classes;
use crate::model::{Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "elasticloadbalancing:DescribeRules";
const CREATE: &str = "elasticloadbalancing:CreateRule";
const MODIFY: &str = "elasticloadbalancing:ModifyRule";

const PATH_PATTERN: &str = "path-pattern";
const HOST_HEADER: &str = "host-header";
const HTTP_HEADER: &str = "http-header";

classes! {
    /// Identifies a rule of a listener.
    ListenerRuleArn = "listener-rule",
        "arn:aws:elasticloadbalancing:{region}:{account}:listener-rule/app/################/################/################";
}

/// What a listener does with requests that meet all of some conditions.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "listener-rule",
    outputs = ListenerRuleOutputs,
    replacement = "delete-first",
    parent = "listener_arn",
    key = "priority",
    find = "elasticloadbalancing:DescribeRules",
    create = "elasticloadbalancing:CreateRule, elasticloadbalancing:AddTags",
    update = "elasticloadbalancing:ModifyRule",
    delete = "elasticloadbalancing:DeleteRule"
)]
pub struct ListenerRule {
    /// The listener.
    #[attribute(replace)]
    pub listener_arn: Ref<ListenerArn>,
    /// Its place among the listener's rules, 1 to 50000: the lowest that meets a request decides.
    #[attribute(replace)]
    pub priority: u32,
    /// What a request must meet: all of these, each by one of its values, of which there are at
    /// most five in all.
    #[attribute(update)]
    pub conditions: BTreeSet<Condition>,
    /// What is done with the request.
    #[attribute(update)]
    pub action: Action,
}

/// What a request must meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Condition {
    /// Its path is like one of these; `*` and `?` are wildcards.
    #[field("path-pattern")]
    PathPattern(BTreeSet<String>),
    /// Its host is like one of these; `*` and `?` are wildcards.
    #[field("host-header")]
    HostHeader(BTreeSet<String>),
    /// One of its header fields is like one of these.
    #[field("http-header")]
    HttpHeader(HttpHeader),
    /// Something else, found but never wanted; what AWS says of it.
    Other(String),
}

/// A header field and the values that it may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct HttpHeader {
    /// The field's name, at most 40 characters; case means nothing.
    pub name: String,
    /// The values; `*` and `?` are wildcards and case means nothing.
    pub values: BTreeSet<String>,
}

/// What a rule gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ListenerRuleOutputs {
    /// The rule's ARN.
    pub arn: Id<ListenerRuleArn>,
}

impl Lifecycle for ListenerRule {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let new = || aws.elbv2.describe_rules();
        let calls = match which {
            // Its listener says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(arns) => arns.iter().map(|arn| new().rule_arns(arn)).collect(),
            Query::Under(listeners) => listeners
                .iter()
                .map(|listener| new().listener_arn(&listener.id))
                .collect(),
        };
        let pages = calls.into_iter().map(|call| async {
            let items = call.into_paginator().items().send().try_collect();
            if_present(items.await.at(LIST))
        });
        let rules: Vec<Vec<sdk::Rule>> = try_join_all(pages).await?.into_iter().flatten().collect();
        rules
            .into_iter()
            .flatten()
            .filter(|rule| rule.is_default != Some(true))
            .map(|rule| read(aws, rule))
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ListenerRuleOutputs, Fault> {
        let reply = aws
            .elbv2
            .create_rule()
            .listener_arn(want.known(&want.listener_arn))
            .priority(elbv2::number(want.priority))
            .set_conditions(conditions(CREATE, want)?)
            .set_actions(listener_action::to_sdk(CREATE, want, &want.action)?)
            .set_tags(elbv2::tags(&mark.tags))
            .send()
            .await
            .at(CREATE)?;
        let mut arns = reply.rules.into_iter().flatten().filter_map(|r| r.rule_arn);
        let arn = required(CREATE, "the rule's ARN", arns.next())?;
        Ok(ListenerRuleOutputs { arn: arn.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ListenerRuleOutputs, Fault> {
        aws.elbv2
            .modify_rule()
            .rule_arn(found.id)
            .set_conditions(conditions(MODIFY, want)?)
            .set_actions(listener_action::to_sdk(MODIFY, want, &want.action)?)
            .send()
            .await
            .at(MODIFY)?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.elbv2
            .delete_rule()
            .rule_arn(found.id)
            .send()
            .await
            .at("elasticloadbalancing:DeleteRule")?;
        Ok(())
    }
}

fn read(aws: &Clients, rule: sdk::Rule) -> Result<Found<ListenerRule>, Fault> {
    let arn = required(LIST, "a rule's ARN", rule.rule_arn)?;
    let listener = required(LIST, "a rule's ARN in a known form", listener_of(&arn))?;
    let conditions = rule.conditions.into_iter().flatten();
    Ok(Found {
        attributes: ListenerRule {
            listener_arn: Ref::known(listener),
            priority: aws.parse(LIST, rule.priority.as_deref())?,
            conditions: conditions.map(read_condition).collect(),
            action: listener_action::from_sdk(rule.actions),
        },
        outputs: ListenerRuleOutputs {
            arn: arn.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id: arn,
    })
}

/// The listener's ARN, which a rule's own contains and a reply does not name otherwise.
fn listener_of(rule: &str) -> Option<String> {
    let (listener, _) = rule.rsplit_once('/')?;
    let (service, path) = listener.split_once(":listener-rule/")?;
    Some(format!("{service}:listener/{path}"))
}

fn conditions(
    operation: &str,
    want: &ListenerRule,
) -> Result<Option<Vec<sdk::RuleCondition>>, Fault> {
    let conditions = want.conditions.iter();
    conditions
        .map(|condition| to_sdk(operation, condition))
        .collect::<Result<_, _>>()
        .map(Some)
}

fn to_sdk(operation: &str, condition: &Condition) -> Result<sdk::RuleCondition, Fault> {
    let new = sdk::RuleCondition::builder();
    let values = |values: &BTreeSet<String>| Some(values.iter().cloned().collect());
    Ok(match condition {
        Condition::PathPattern(patterns) => new.field(PATH_PATTERN).path_pattern_config(
            sdk::PathPatternConditionConfig::builder()
                .set_values(values(patterns))
                .build(),
        ),
        Condition::HostHeader(patterns) => new.field(HOST_HEADER).host_header_config(
            sdk::HostHeaderConditionConfig::builder()
                .set_values(values(patterns))
                .build(),
        ),
        Condition::HttpHeader(header) => new.field(HTTP_HEADER).http_header_config(
            sdk::HttpHeaderConditionConfig::builder()
                .http_header_name(&header.name)
                .set_values(values(&header.values))
                .build(),
        ),
        Condition::Other(what) => {
            return Err(Fault::own(
                FaultClass::Rejected,
                operation,
                format!("no condition can be made from `{what}`"),
            ));
        }
    }
    .build())
}

fn read_condition(condition: sdk::RuleCondition) -> Condition {
    let field = condition.field.unwrap_or_default();
    let plain = condition.values;
    let known = match field.as_str() {
        PATH_PATTERN => {
            let values = condition.path_pattern_config.and_then(|c| c.values);
            values_of(values, plain).map(Condition::PathPattern)
        }
        HOST_HEADER => {
            let values = condition.host_header_config.and_then(|c| c.values);
            values_of(values, plain).map(Condition::HostHeader)
        }
        HTTP_HEADER => condition.http_header_config.and_then(|config| {
            Some(Condition::HttpHeader(HttpHeader {
                name: config.http_header_name?,
                values: values_of(config.values, None)?,
            }))
        }),
        _ => None,
    };
    known.unwrap_or(Condition::Other(field))
}

/// The values of a condition, which may stand in either of two places; nothing where there are
/// none, as in a condition by regular expressions.
fn values_of(
    of_config: Option<Vec<String>>,
    plain: Option<Vec<String>>,
) -> Option<BTreeSet<String>> {
    let filled = |values: &Vec<String>| !values.is_empty();
    let values = of_config.filter(filled).or(plain.filter(filled))?;
    Some(values.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_arn_contains_its_listeners() {
        let rule = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:\
                    listener-rule/app/shop-alb/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee";
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:\
                        listener/app/shop-alb/50dc6c495c0c9188/f2f7dc8efc522ab2";
        assert_eq!(listener_of(rule).as_deref(), Some(listener));
        assert_eq!(listener_of(listener), None);
    }

    #[test]
    fn conditions_survive_the_api() {
        let set = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect();
        for condition in [
            Condition::PathPattern(set(&["/api/*", "/v2/*"])),
            Condition::HostHeader(set(&["shop.example.com"])),
            Condition::HttpHeader(HttpHeader {
                name: "X-CDN-Auth".to_owned(),
                values: set(&["0a", "1b"]),
            }),
        ] {
            let sent = to_sdk(CREATE, &condition).expect("a condition that can be made");
            assert_eq!(read_condition(sent), condition);
        }
    }

    #[test]
    fn conditions_of_other_kinds_are_something_else() {
        let read =
            |condition: sdk::builders::RuleConditionBuilder| read_condition(condition.build());
        let new = sdk::RuleCondition::builder;
        assert_eq!(
            read(new().field("path-pattern").values("/a")),
            Condition::PathPattern(BTreeSet::from(["/a".to_owned()]))
        );
        assert_eq!(
            read(new().field("path-pattern").regex_values("^/a")),
            Condition::Other("path-pattern".to_owned())
        );
        assert_eq!(
            read(new().field("source-ip").values("10.0.0.0/8")),
            Condition::Other("source-ip".to_owned())
        );
        let other = Condition::Other("source-ip".to_owned());
        assert!(to_sdk(CREATE, &other).is_err());
    }
}
