//! The rule of a listener: a child of the listener, told apart by its priority.
//!
//! Recognised by its listener. Two rules of one listener cannot have the same priority, so a
//! repeated create makes no second one. The listener's own default rule is left out: it is the
//! listener's default action. The values of a header are secrets: they are read as fingerprints,
//! and what a rotation adds to them is no difference.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types as sdk;
use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use super::listener::ListenerArn;
use super::listener_action::{self, Action};
use super::secret::SecretValue;
use super::secret_versions::{self, Versions};
use crate::aws::{Call, Clients, Plain, elbv2, if_present, required};
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
    outage = "requests that it lets through get the listener's default answer",
    parent = "listener_arn",
    key = "priority",
    find = "elasticloadbalancing:DescribeRules, secretsmanager:ListSecrets, \
            secretsmanager:GetSecretValue, cloudfront:ListDistributions",
    create = "elasticloadbalancing:CreateRule, elasticloadbalancing:AddTags, \
              secretsmanager:GetSecretValue",
    update = "elasticloadbalancing:ModifyRule, elasticloadbalancing:DescribeRules, \
              secretsmanager:GetSecretValue",
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
    /// most five in all. A secret among the values of a header has two while it is rotated.
    #[attribute(update, loose)]
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
    /// The secrets whose current values it may have; while one is rotated, its pending value too.
    pub values: BTreeSet<Ref<SecretValue>>,
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
        let rules: Vec<sdk::Rule> = rules.into_iter().flatten().collect();
        let versions = if rules.iter().any(has_header) {
            secret_versions::origin_secrets(aws).await?
        } else {
            Arc::default()
        };
        rules
            .into_iter()
            .filter(|rule| rule.is_default != Some(true))
            .map(|rule| read(aws, rule, &versions))
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ListenerRuleOutputs, Fault> {
        let conditions = conditions(aws, want, &[]).await?;
        let reply = aws
            .elbv2
            .create_rule()
            .listener_arn(want.known(&want.listener_arn))
            .priority(elbv2::number(want.priority))
            .set_conditions(Some(conditions))
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
        changes: Changes<'_>,
    ) -> Result<ListenerRuleOutputs, Fault> {
        let actions = if changes.has("action") {
            listener_action::to_sdk(MODIFY, want, &want.action)?
        } else {
            None
        };
        let conditions = if changes.has("conditions") {
            let stay: Vec<&HttpHeader> = headers(&found.attributes).collect();
            Some(conditions(aws, want, &live(aws, &found.id, &stay).await?).await?)
        } else {
            None
        };
        aws.elbv2
            .modify_rule()
            .rule_arn(found.id)
            .set_conditions(conditions)
            .set_actions(actions)
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

fn read(
    aws: &Clients,
    rule: sdk::Rule,
    versions: &[Versions],
) -> Result<Found<ListenerRule>, Fault> {
    let arn = required(LIST, "a rule's ARN", rule.rule_arn)?;
    let listener = required(LIST, "a rule's ARN in a known form", listener_of(&arn))?;
    let conditions = rule.conditions.into_iter().flatten();
    let fingerprint = |plain: String| aws.vault().fingerprint(&plain);
    let settle = |values: BTreeSet<String>| {
        let values = values.into_iter().map(fingerprint).collect();
        secret_versions::settled_rule(versions, values)
    };
    Ok(Found {
        attributes: ListenerRule {
            listener_arn: Ref::known(listener),
            priority: aws.parse(LIST, rule.priority.as_deref())?,
            conditions: conditions
                .map(|condition| read_condition(condition, &settle))
                .collect(),
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

fn has_header(rule: &sdk::Rule) -> bool {
    rule.conditions()
        .iter()
        .any(|condition| condition.http_header_config.is_some())
}

fn headers(rule: &ListenerRule) -> impl Iterator<Item = &HttpHeader> {
    rule.conditions
        .iter()
        .filter_map(|condition| match condition {
            Condition::HttpHeader(header) => Some(header),
            Condition::PathPattern(_) | Condition::HostHeader(_) | Condition::Other(_) => None,
        })
}

/// A header with the values that a rule accepts at this moment.
struct Live<'a> {
    header: &'a HttpHeader,
    values: Vec<Plain>,
}

/// These headers of a rule as they are at this moment.
async fn live<'a>(
    aws: &Clients,
    rule: &str,
    headers: &[&'a HttpHeader],
) -> Result<Vec<Live<'a>>, Fault> {
    if headers.is_empty() {
        return Ok(Vec::new());
    }
    let reply = aws
        .elbv2
        .describe_rules()
        .rule_arns(rule)
        .send()
        .await
        .at(LIST)?;
    let rules = reply.rules.unwrap_or_default();
    let configs: Vec<&sdk::HttpHeaderConditionConfig> = rules
        .iter()
        .flat_map(|rule| rule.conditions())
        .filter_map(|condition| condition.http_header_config.as_ref())
        .collect();
    let live = headers.iter().filter_map(|header| {
        let config = configs
            .iter()
            .find(|config| config.http_header_name() == Some(&header.name))?;
        let values = config.values().iter().cloned().map(Plain::from).collect();
        Some(Live { header, values })
    });
    Ok(live.collect())
}

/// The wanted conditions. A header that stays as it is keeps the values that it has, so that a
/// rotation goes on undisturbed.
async fn conditions(
    aws: &Clients,
    want: &Resolved<ListenerRule>,
    live: &[Live<'_>],
) -> Result<Vec<sdk::RuleCondition>, Fault> {
    let mut conditions = Vec::new();
    for condition in &want.conditions {
        let values = match condition {
            Condition::HttpHeader(header) => match live.iter().find(|live| live.header == header) {
                Some(live) => live.values.clone(),
                None => values_to_write(aws, want, header).await?,
            },
            Condition::PathPattern(_) | Condition::HostHeader(_) | Condition::Other(_) => {
                Vec::new()
            }
        };
        conditions.push(to_sdk(condition, &values)?);
    }
    Ok(conditions)
}

/// The values of a header's secrets: current, and pending where there is one.
async fn values_to_write(
    aws: &Clients,
    want: &Resolved<ListenerRule>,
    header: &HttpHeader,
) -> Result<Vec<Plain>, Fault> {
    let secrets = header.values.iter().map(|secret| want.known(secret));
    let versions = secrets.map(|secret| secret_versions::versions_to_write(aws, secret));
    let versions = try_join_all(versions).await?.into_iter();
    Ok(versions
        .flat_map(|versions| std::iter::once(versions.current).chain(versions.pending))
        .collect())
}

/// A condition as a call takes it; `secrets` are the values of a header.
fn to_sdk(condition: &Condition, secrets: &[Plain]) -> Result<sdk::RuleCondition, Fault> {
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
                .set_values(Some(
                    secrets
                        .iter()
                        .map(|plain| plain.expose().to_owned())
                        .collect(),
                ))
                .build(),
        ),
        Condition::Other(what) => {
            return Err(Fault::own(
                FaultClass::Rejected,
                CREATE,
                format!("no condition can be made from `{what}`"),
            ));
        }
    }
    .build())
}

/// A condition as a reply gives it; `settle` says what the values of a header mean.
fn read_condition(
    condition: sdk::RuleCondition,
    settle: &dyn Fn(BTreeSet<String>) -> BTreeSet<String>,
) -> Condition {
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
                values: settle(values_of(config.values, None)?)
                    .into_iter()
                    .map(Ref::known)
                    .collect(),
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
#[path = "listener_rule_tests.rs"]
mod tests;
