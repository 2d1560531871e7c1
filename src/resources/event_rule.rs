//! The rule of EventBridge that calls a function by a schedule.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create makes no second one. A crash after that call leaves a rule without
//! targets, which the next run adds.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eventbridge::types::{Rule, RuleState, Tag, Target};
use futures::future::{try_join, try_join_all};

use super::lambda_function::LambdaFunctionArn;
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, Pages, if_present, name_in, of_build, of_item, required};
use crate::classes;
use crate::model::{
    Changes, Fault, Found, Id, Owner, Query, Ref, Resolved, State, TagChange, Tags,
};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a rule.
    EventRuleArn = "event-rule", "arn:aws:events:{region}:{account}:rule/{name}";
    /// The name of a rule.
    EventRuleName = "event-rule-name", "{name}";
}

const LIST: &str = "events:ListRules";
const PUT: &str = "events:PutRule";
const PUT_TARGETS: &str = "events:PutTargets";
const LIST_TARGETS: &str = "events:ListTargetsByRule";

/// What calls functions again and again.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "event-rule",
    outputs = EventRuleOutputs,
    replacement = "delete-first",
    outage = "nothing happens on its schedule",
    named = "name",
    find = "events:ListRules, events:ListTagsForResource, events:ListTargetsByRule",
    create = "events:PutRule, events:TagResource, events:PutTargets, events:ListTargetsByRule",
    update = "events:PutRule, events:PutTargets, events:ListTargetsByRule, events:RemoveTargets, \
              events:TagResource, events:UntagResource",
    delete = "events:DeleteRule, events:ListTargetsByRule, events:RemoveTargets"
)]
pub struct EventRule {
    /// Its name, at most 64 characters.
    #[attribute(replace)]
    pub name: String,
    /// What it is for, at most 512 characters.
    #[attribute(update)]
    pub description: String,
    /// When, such as `rate(5 minutes)`.
    #[attribute(update)]
    pub schedule_expression: String,
    /// Whether it is on.
    #[attribute(update)]
    pub enabled: bool,
    /// What it calls, at most five.
    #[attribute(update, loose)]
    pub targets: BTreeSet<EventTarget>,
}

/// A function that a rule calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct EventTarget {
    /// The function.
    pub function: Ref<LambdaFunctionArn>,
    /// What it is called with: a JSON text.
    pub input: String,
}

/// What a rule gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct EventRuleOutputs {
    /// The rule's ARN.
    pub arn: Id<EventRuleArn>,
    /// The rule's name.
    #[output(from = "name")]
    pub name: Id<EventRuleName>,
}

impl Lifecycle for EventRule {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            Query::Owned { owner, names } => find_owned(aws, owner, names).await,
            Query::Ids(arns) => {
                let names: BTreeSet<String> =
                    arns.iter().map(|arn| name_in(arn).to_owned()).collect();
                let listed = list(aws, names.iter().cloned()).await?;
                let asked = listed
                    .into_values()
                    .filter(|rule| rule.arn().is_some_and(|arn| arns.iter().any(|a| a == arn)));
                read_all(aws, asked).await
            }
            Query::Under(_) => Ok(Vec::new()),
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<EventRuleOutputs, Fault> {
        let arn = put(aws, want, Some(to_sdk(PUT, &mark.tags)?)).await?;
        set_targets(aws, want).await?;
        Ok(outputs(arn, &want.name))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<EventRuleOutputs, Fault> {
        if changes.has_any(&["description", "schedule_expression", "enabled"]) {
            put(aws, want, None).await?;
        }
        if changes.has("targets") {
            set_targets(aws, want).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        const OPERATION: &str = "events:TagResource";
        if !tags.set.is_empty() {
            aws.events
                .tag_resource()
                .resource_arn(&found.id)
                .set_tags(Some(to_sdk(OPERATION, &tags.set)?))
                .send()
                .await
                .at(OPERATION)?;
        }
        if !tags.remove.is_empty() {
            aws.events
                .untag_resource()
                .resource_arn(&found.id)
                .set_tag_keys(Some(tags.remove.clone()))
                .send()
                .await
                .at("events:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let name = &found.attributes.name;
        let targets = targets(aws, name).await?;
        remove_targets(
            aws,
            name,
            targets.into_iter().map(|target| target.id).collect(),
        )
        .await?;
        aws.events
            .delete_rule()
            .name(name)
            .send()
            .await
            .at("events:DeleteRule")?;
        Ok(())
    }
}

async fn find_owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<EventRule>>, Fault> {
    let own = format!("{}-", owner.stack);
    let elsewhere = names.iter().filter(|name| !name.starts_with(&own)).cloned();
    let listed = list(aws, std::iter::once(own.clone()).chain(elsewhere)).await?;
    let candidates = listed
        .into_iter()
        .filter(|(name, _)| name.starts_with(&own) || names.contains(name))
        .map(|(_, rule)| rule);
    let mut found = read_all(aws, candidates).await?;
    found.retain(|rule| owner.owns(&rule.tags) || names.contains(&rule.attributes.name));
    Ok(found)
}

/// The rules whose names start with one of these prefixes, by name.
async fn list(
    aws: &Clients,
    prefixes: impl Iterator<Item = String>,
) -> Result<BTreeMap<String, Rule>, Fault> {
    let lists = prefixes.map(|prefix| async move {
        let mut rules = Vec::new();
        let mut pages = Pages::default();
        let mut next = None;
        loop {
            let reply = aws
                .events
                .list_rules()
                .name_prefix(&prefix)
                .set_next_token(next)
                .send()
                .await
                .at(LIST)?;
            rules.extend(reply.rules.unwrap_or_default());
            next = pages.next(LIST, reply.next_token)?;
            if next.is_none() {
                return Ok::<_, Fault>(rules);
            }
        }
    });
    let rules = try_join_all(lists).await?.into_iter().flatten();
    Ok(rules
        .filter_map(|rule| Some((rule.name.clone()?, rule)))
        .collect())
}

/// Rules with their tags and targets, which the API gives one by one.
async fn read_all(
    aws: &Clients,
    rules: impl Iterator<Item = Rule>,
) -> Result<Vec<Found<EventRule>>, Fault> {
    let found = try_join_all(rules.map(|rule| read(aws, rule))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// A rule; nothing where it went in between.
async fn read(aws: &Clients, rule: Rule) -> Result<Option<Found<EventRule>>, Fault> {
    let arn = required(LIST, "a rule's ARN", rule.arn)?;
    let name = required(LIST, "a rule's name", rule.name)?;
    let (tags, targets) = try_join(tags(aws, &arn), targets(aws, &name)).await?;
    let Some(tags) = tags else {
        return Ok(None);
    };
    let targets = targets.into_iter().map(|target| EventTarget {
        function: Ref::known(target.arn),
        input: target.input.unwrap_or_default(),
    });
    Ok(Some(Found {
        outputs: outputs(arn.clone(), &name),
        attributes: EventRule {
            name,
            description: rule.description.unwrap_or_default(),
            schedule_expression: rule.schedule_expression.unwrap_or_default(),
            enabled: rule.state != Some(RuleState::Disabled),
            targets: targets.collect(),
        },
        tags,
        state: State::Ready,
        id: arn,
    }))
}

async fn tags(aws: &Clients, arn: &str) -> Result<Option<Tags>, Fault> {
    let reply = aws
        .events
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .at("events:ListTagsForResource");
    Ok(if_present(reply)?.map(|reply| {
        let tags = reply.tags.unwrap_or_default().into_iter();
        let pairs = tags.map(|tag| (tag.key, tag.value));
        pairs.filter(|(key, _)| !key.starts_with("aws:")).collect()
    }))
}

/// The targets of a rule, of which there are at most five; none where the rule is not there.
async fn targets(aws: &Clients, rule: &str) -> Result<Vec<Target>, Fault> {
    let reply = aws.events.list_targets_by_rule().rule(rule).send().await;
    let reply = if_present(reply.at(LIST_TARGETS))?;
    Ok(reply.and_then(|reply| reply.targets).unwrap_or_default())
}

fn outputs(arn: String, name: &str) -> EventRuleOutputs {
    EventRuleOutputs {
        arn: arn.into(),
        name: name.to_owned().into(),
    }
}

/// Makes the rule or changes it; AWS takes tags only when it makes it.
async fn put(aws: &Clients, want: &EventRule, tags: Option<Vec<Tag>>) -> Result<String, Fault> {
    let state = if want.enabled {
        RuleState::Enabled
    } else {
        RuleState::Disabled
    };
    let reply = aws
        .events
        .put_rule()
        .name(&want.name)
        .description(&want.description)
        .schedule_expression(&want.schedule_expression)
        .state(state)
        .set_tags(tags)
        .send()
        .await
        .at(PUT)?;
    required(PUT, "the rule's ARN", reply.rule_arn)
}

/// Gives the rule its targets and takes all others away.
async fn set_targets(aws: &Clients, want: &Resolved<EventRule>) -> Result<(), Fault> {
    let wanted = want.targets.iter().zip(1..).map(|(target, at): (_, u32)| {
        Target::builder()
            .id(format!("function-{at}"))
            .arn(want.known(&target.function))
            .input(&target.input)
            .build()
            .map_err(|error| of_build(PUT_TARGETS, &error))
    });
    let wanted: Vec<Target> = wanted.collect::<Result<_, _>>()?;
    let ids: BTreeSet<String> = wanted.iter().map(|target| target.id.clone()).collect();
    if !wanted.is_empty() {
        let reply = aws
            .events
            .put_targets()
            .rule(&want.name)
            .set_targets(Some(wanted))
            .send()
            .await
            .at(PUT_TARGETS)?;
        if let Some(failed) = reply.failed_entries().first() {
            return Err(of_item(
                PUT_TARGETS,
                failed.error_code(),
                failed.error_message(),
            ));
        }
    }
    let others = targets(aws, &want.name)
        .await?
        .into_iter()
        .map(|target| target.id);
    remove_targets(
        aws,
        &want.name,
        others.filter(|id| !ids.contains(id)).collect(),
    )
    .await
}

async fn remove_targets(aws: &Clients, rule: &str, ids: Vec<String>) -> Result<(), Fault> {
    const OPERATION: &str = "events:RemoveTargets";
    if ids.is_empty() {
        return Ok(());
    }
    let reply = aws
        .events
        .remove_targets()
        .rule(rule)
        .set_ids(Some(ids))
        .send()
        .await;
    let Some(reply) = if_present(reply.at(OPERATION))? else {
        return Ok(());
    };
    match reply.failed_entries().first() {
        Some(failed) => {
            let fault = of_item(OPERATION, failed.error_code(), failed.error_message());
            if_present(Err(fault)).map(Option::unwrap_or_default)
        }
        None => Ok(()),
    }
}

fn to_sdk(operation: &str, tags: &Tags) -> Result<Vec<Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

#[cfg(test)]
#[path = "event_rule_tests.rs"]
mod tests;
