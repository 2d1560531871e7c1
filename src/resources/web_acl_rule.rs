//! The rules of a web ACL.
//!
//! May depend on `aws` and `model`. Invariant: a rule that says more than this program can say is
//! read as something else, never as less than it is.

use aws_sdk_wafv2::types as sdk;

use crate::aws::of_build;
use crate::model::{Fault, FaultClass};
use qpiac_derive::Field;

/// Seconds over which requests are counted, where a rule does not say (RateBasedStatement in the
/// WAF API reference).
const DEFAULT_WINDOW_S: u32 = 300;

/// A rule of a web ACL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct AclRule {
    /// Its name, unique in the web ACL.
    pub name: String,
    /// Its place: rules of lower numbers are asked first.
    pub priority: u32,
    /// What it looks for.
    pub statement: RuleStatement,
    /// What is done about a request that it finds.
    pub effect: RuleEffect,
    /// What CloudWatch gets to see.
    pub visibility: Visibility,
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum RuleStatement {
    /// What a group of rules, that somebody else keeps up to date, looks for.
    ManagedRuleGroup(ManagedRuleGroup),
    /// Addresses that make too many requests.
    RateLimit(RateLimit),
    /// Something else, found but never wanted.
    Other(String),
}

/// A group of rules that somebody else keeps up to date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ManagedRuleGroup {
    /// Who keeps it: `AWS`, or a seller.
    pub vendor_name: String,
    /// Its name.
    pub name: String,
}

/// A limit on the requests of one address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct RateLimit {
    /// Requests that are let through, at least 10.
    pub limit: u32,
    /// Seconds over which they are counted: 60, 120, 300 or 600.
    pub evaluation_window_s: u32,
}

/// What is done about a request that a rule finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum RuleEffect {
    /// What the rule is for: it is blocked, or a group's rules decide.
    #[field("enforce")]
    Enforce,
    /// It is counted.
    #[field("count")]
    Count,
    /// Something else, found but never wanted.
    #[field("other")]
    Other,
}

/// What CloudWatch gets to see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct Visibility {
    /// The name of the metric: at most 255 letters, digits, `_` and `-`.
    pub metric_name: String,
    /// Whether there is a metric.
    pub cloudwatch_metrics: bool,
    /// Whether some requests are kept for three hours.
    pub sampled_requests: bool,
}

impl Visibility {
    /// Metric and samples under this name.
    pub fn full(metric_name: impl Into<String>) -> Self {
        Self {
            metric_name: metric_name.into(),
            cloudwatch_metrics: true,
            sampled_requests: true,
        }
    }

    pub(super) fn to_sdk(&self, operation: &str) -> Result<sdk::VisibilityConfig, Fault> {
        sdk::VisibilityConfig::builder()
            .metric_name(&self.metric_name)
            .cloud_watch_metrics_enabled(self.cloudwatch_metrics)
            .sampled_requests_enabled(self.sampled_requests)
            .build()
            .map_err(|error| of_build(operation, &error))
    }

    pub(super) fn from_sdk(visibility: sdk::VisibilityConfig) -> Self {
        Self {
            metric_name: visibility.metric_name,
            cloudwatch_metrics: visibility.cloud_watch_metrics_enabled,
            sampled_requests: visibility.sampled_requests_enabled,
        }
    }
}

/// Rules as calls take them.
pub(super) fn to_sdk(operation: &str, rules: &[AclRule]) -> Result<Vec<sdk::Rule>, Fault> {
    rules
        .iter()
        .map(|rule| rule_to_sdk(operation, rule))
        .collect()
}

fn rule_to_sdk(operation: &str, rule: &AclRule) -> Result<sdk::Rule, Fault> {
    let new = sdk::Rule::builder()
        .name(&rule.name)
        .priority(i32::try_from(rule.priority).unwrap_or(i32::MAX))
        .visibility_config(rule.visibility.to_sdk(operation)?);
    let unsayable = |what: &str| {
        let message = format!("no rule can be made from `{what}`");
        Fault::own(FaultClass::Rejected, operation, message)
    };
    let count = || sdk::CountAction::builder().build();
    let with_action = match (&rule.statement, rule.effect) {
        (RuleStatement::Other(what), _) => return Err(unsayable(what)),
        (_, RuleEffect::Other) => return Err(unsayable("another effect")),
        (RuleStatement::ManagedRuleGroup(_), RuleEffect::Enforce) => {
            let none = sdk::NoneAction::builder().build();
            new.override_action(sdk::OverrideAction::builder().none(none).build())
        }
        (RuleStatement::ManagedRuleGroup(_), RuleEffect::Count) => {
            new.override_action(sdk::OverrideAction::builder().count(count()).build())
        }
        (RuleStatement::RateLimit(_), RuleEffect::Enforce) => {
            let block = sdk::BlockAction::builder().build();
            new.action(sdk::RuleAction::builder().block(block).build())
        }
        (RuleStatement::RateLimit(_), RuleEffect::Count) => {
            new.action(sdk::RuleAction::builder().count(count()).build())
        }
    };
    with_action
        .statement(statement_to_sdk(operation, &rule.statement)?)
        .build()
        .map_err(|error| of_build(operation, &error))
}

fn statement_to_sdk(operation: &str, statement: &RuleStatement) -> Result<sdk::Statement, Fault> {
    let new = sdk::Statement::builder();
    Ok(match statement {
        RuleStatement::ManagedRuleGroup(group) => {
            let group = sdk::ManagedRuleGroupStatement::builder()
                .vendor_name(&group.vendor_name)
                .name(&group.name)
                .build();
            new.managed_rule_group_statement(group.map_err(|e| of_build(operation, &e))?)
        }
        RuleStatement::RateLimit(rate) => {
            let rate = sdk::RateBasedStatement::builder()
                .limit(rate.limit.into())
                .evaluation_window_sec(rate.evaluation_window_s.into())
                .aggregate_key_type(sdk::RateBasedStatementAggregateKeyType::Ip)
                .build();
            new.rate_based_statement(rate.map_err(|e| of_build(operation, &e))?)
        }
        RuleStatement::Other(_) => new,
    }
    .build())
}

/// Rules as replies give them, by priority.
pub(super) fn from_sdk(rules: Vec<sdk::Rule>) -> Vec<AclRule> {
    let mut rules: Vec<AclRule> = rules.into_iter().map(rule_from_sdk).collect();
    rules.sort_by_key(|rule| rule.priority);
    rules
}

fn rule_from_sdk(rule: sdk::Rule) -> AclRule {
    let effect = effect(&rule);
    let visibility = rule.visibility_config.map(Visibility::from_sdk);
    let name = rule.name;
    let statement = rule.statement.and_then(|statement| {
        known_group(&statement)
            .map(RuleStatement::ManagedRuleGroup)
            .or_else(|| known_rate(&statement).map(RuleStatement::RateLimit))
    });
    AclRule {
        priority: u32::try_from(rule.priority).unwrap_or_default(),
        statement: statement.unwrap_or_else(|| RuleStatement::Other(name.clone())),
        effect,
        visibility: visibility.unwrap_or(Visibility {
            metric_name: String::new(),
            cloudwatch_metrics: false,
            sampled_requests: false,
        }),
        name,
    }
}

fn effect(rule: &sdk::Rule) -> RuleEffect {
    let action = rule.action.as_ref();
    let overriding = rule.override_action.as_ref();
    let plain_block = action.and_then(|a| a.block.as_ref());
    let plain_block = plain_block.is_some_and(|block| block.custom_response.is_none());
    if plain_block || overriding.is_some_and(|o| o.none.is_some()) {
        RuleEffect::Enforce
    } else if action.is_some_and(|a| a.count.is_some())
        || overriding.is_some_and(|o| o.count.is_some())
    {
        RuleEffect::Count
    } else {
        RuleEffect::Other
    }
}

/// A managed group as it is, without exceptions.
fn known_group(statement: &sdk::Statement) -> Option<ManagedRuleGroup> {
    let group = statement.managed_rule_group_statement.as_ref()?;
    let is_plain = group.version.is_none()
        && group.scope_down_statement.is_none()
        && group.rule_action_overrides().is_empty()
        && group.managed_rule_group_configs().is_empty()
        && group.excluded_rules.as_ref().is_none_or(Vec::is_empty);
    is_plain.then(|| ManagedRuleGroup {
        vendor_name: group.vendor_name.clone(),
        name: group.name.clone(),
    })
}

/// A limit for every address, whatever it asks for.
fn known_rate(statement: &sdk::Statement) -> Option<RateLimit> {
    let rate = statement.rate_based_statement.as_ref()?;
    let is_plain = rate.aggregate_key_type == sdk::RateBasedStatementAggregateKeyType::Ip
        && rate.scope_down_statement.is_none()
        && rate.custom_keys().is_empty();
    let window = u32::try_from(rate.evaluation_window_sec).ok()?;
    let limit = u32::try_from(rate.limit).ok()?;
    is_plain.then_some(RateLimit {
        limit,
        evaluation_window_s: if window == 0 {
            DEFAULT_WINDOW_S
        } else {
            window
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Vec<AclRule> {
        let rule = |name: &str, priority, effect, statement| AclRule {
            name: name.to_owned(),
            priority,
            statement,
            effect,
            visibility: Visibility::full(name),
        };
        let group = || {
            RuleStatement::ManagedRuleGroup(ManagedRuleGroup {
                vendor_name: "AWS".to_owned(),
                name: "AWSManagedRulesCommonRuleSet".to_owned(),
            })
        };
        let rate = || {
            RuleStatement::RateLimit(RateLimit {
                limit: 2000,
                evaluation_window_s: 300,
            })
        };
        vec![
            rule("common", 0, RuleEffect::Enforce, group()),
            rule("tried", 1, RuleEffect::Count, group()),
            rule("rate", 2, RuleEffect::Enforce, rate()),
            rule("watched", 3, RuleEffect::Count, rate()),
        ]
    }

    #[test]
    fn rules_survive_the_api() {
        let mut sent = to_sdk("wafv2:CreateWebACL", &rules()).expect("rules that can be made");
        sent.reverse();
        assert_eq!(from_sdk(sent), rules());
    }

    #[test]
    fn a_rule_that_says_more_is_something_else() {
        let mut sent = to_sdk("wafv2:CreateWebACL", &rules()[..1]).expect("a rule");
        let group = sent[0]
            .statement
            .as_mut()
            .and_then(|statement| statement.managed_rule_group_statement.as_mut())
            .expect("a group");
        group.version = Some("Version_1.0".to_owned());
        let read = from_sdk(sent);
        assert_eq!(read[0].statement, RuleStatement::Other("common".to_owned()));
        assert!(to_sdk("wafv2:UpdateWebACL", &read).is_err());
    }
}
