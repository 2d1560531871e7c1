//! The log group.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create cannot make a second one. A crash after the create call leaves a
//! group whose retention differs, which the next run updates.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, if_present, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Owner, Query, Resolved, State, TagChange, Tags};
use qpiac_derive::{Outputs, Resource};

classes! {
    /// Identifies a log group.
    LogGroupArn = "log-group", "arn:aws:logs:{region}:{account}:log-group:{name}";
    /// The name of a log group.
    LogGroupName = "log-group-name", "{name}";
}

/// Where the names of a stack's log groups start, before the stack's own name.
const PREFIXES: [&str; 2] = ["/aws/lambda/", "/ecs/"];

/// What keeps the log lines of a service.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "log-group",
    outputs = LogGroupOutputs,
    replacement = "delete-first",
    outage = "what is written to it is lost",
    named = "name",
    holds = "log events",
    find = "logs:DescribeLogGroups, logs:ListTagsForResource",
    create = "logs:CreateLogGroup, logs:TagResource, logs:PutRetentionPolicy",
    update = "logs:PutRetentionPolicy, logs:DeleteRetentionPolicy, logs:TagResource, logs:UntagResource",
    delete = "logs:DeleteLogGroup"
)]
pub struct LogGroup {
    /// Its name, at most 512 characters.
    #[attribute(replace)]
    pub name: String,
    /// Days after which log events are deleted; absent, they are kept for ever.
    #[attribute(update)]
    pub retention_in_days: Option<u32>,
}

/// What a log group gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct LogGroupOutputs {
    /// The log group's ARN, without the `:*` that stands for its streams.
    pub arn: Id<LogGroupArn>,
    /// The log group's name.
    #[output(from = "name")]
    pub name: Id<LogGroupName>,
}

impl Lifecycle for LogGroup {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let names: BTreeSet<&str> = match which {
            Query::Owned { owner, names } => return find_owned(aws, owner, names).await,
            Query::Ids(arns) => arns.iter().filter_map(|arn| name_in(arn)).collect(),
            Query::Under(_) => return Ok(Vec::new()),
        };
        let listed = list(aws, names.iter().map(|name| (*name).to_owned())).await?;
        let listed = listed
            .into_values()
            .filter(|group| names.contains(group.name.as_str()));
        with_tags(aws, listed).await
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<LogGroupOutputs, Fault> {
        aws.logs
            .create_log_group()
            .log_group_name(&want.name)
            .set_tags(Some(mark.tags.clone().into_iter().collect()))
            .send()
            .await
            .at("logs:CreateLogGroup")?;
        if want.retention_in_days.is_some() {
            set_retention(aws, &want.name, want.retention_in_days).await?;
        }
        let account = aws.caller().await?.account;
        let (partition, region) = (aws.partition(), aws.region());
        let arn = format!(
            "arn:{partition}:logs:{region}:{account}:log-group:{}",
            want.name
        );
        Ok(LogGroupOutputs {
            arn: arn.into(),
            name: want.name.clone().into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<LogGroupOutputs, Fault> {
        if changes.has("retention_in_days") {
            set_retention(aws, &found.attributes.name, want.retention_in_days).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        if !tags.set.is_empty() {
            aws.logs
                .tag_resource()
                .resource_arn(&found.id)
                .set_tags(Some(tags.set.clone().into_iter().collect()))
                .send()
                .await
                .at("logs:TagResource")?;
        }
        if !tags.remove.is_empty() {
            aws.logs
                .untag_resource()
                .resource_arn(&found.id)
                .set_tag_keys(Some(tags.remove.clone()))
                .send()
                .await
                .at("logs:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.logs
            .delete_log_group()
            .log_group_name(found.attributes.name)
            .send()
            .await
            .at("logs:DeleteLogGroup")?;
        Ok(())
    }
}

/// A log group as it is listed: without tags.
struct Listed {
    arn: String,
    name: String,
    retention_in_days: Option<u32>,
}

/// The name in `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`.
fn name_in(arn: &str) -> Option<&str> {
    arn.split_once(":log-group:").map(|(_, name)| name)
}

async fn find_owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<LogGroup>>, Fault> {
    let own = PREFIXES.map(|prefix| format!("{prefix}{}-", owner.stack));
    let is_own = |name: &str| own.iter().any(|prefix| name.starts_with(prefix));
    let elsewhere = names.iter().filter(|name| !is_own(name)).cloned();
    let listed = list(aws, own.iter().cloned().chain(elsewhere)).await?;
    let listed = listed
        .into_values()
        .filter(|group| is_own(&group.name) || names.contains(&group.name));
    let mut found = with_tags(aws, listed).await?;
    found.retain(|group| owner.owns(&group.tags) || names.contains(&group.attributes.name));
    Ok(found)
}

/// The log groups whose names start with one of these prefixes, by name.
///
/// A prefix and not a pattern, since a listing by pattern leaves out the retention
/// (DescribeLogGroups in the Logs API reference).
async fn list(
    aws: &Clients,
    prefixes: impl Iterator<Item = String>,
) -> Result<BTreeMap<String, Listed>, Fault> {
    let pages = try_join_all(prefixes.map(|prefix| async move {
        aws.logs
            .describe_log_groups()
            .log_group_name_prefix(prefix)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("logs:DescribeLogGroups")
    }))
    .await?;
    let mut listed = BTreeMap::new();
    for group in pages.into_iter().flatten() {
        let name = required(
            "logs:DescribeLogGroups",
            "a log group's name",
            group.log_group_name,
        )?;
        let arn = required("logs:DescribeLogGroups", "a log group's ARN", group.arn)?;
        let read = Listed {
            arn: arn.trim_end_matches(":*").to_owned(),
            name: name.clone(),
            retention_in_days: group.retention_in_days.map(i32::unsigned_abs),
        };
        listed.insert(name, read);
    }
    Ok(listed)
}

/// The same with their tags, which the API gives one by one; without those that went in between.
async fn with_tags(
    aws: &Clients,
    listed: impl Iterator<Item = Listed>,
) -> Result<Vec<Found<LogGroup>>, Fault> {
    let found = try_join_all(listed.map(|group| async move {
        let reply = aws
            .logs
            .list_tags_for_resource()
            .resource_arn(&group.arn)
            .send()
            .await
            .at("logs:ListTagsForResource");
        let tags: Option<Tags> = if_present(reply)?.map(|reply| {
            let tags = reply.tags.unwrap_or_default().into_iter();
            tags.filter(|(key, _)| !key.starts_with("aws:")).collect()
        });
        Ok::<_, Fault>(tags.map(|tags| read(group, tags)))
    }))
    .await?;
    Ok(found.into_iter().flatten().collect())
}

fn read(group: Listed, tags: Tags) -> Found<LogGroup> {
    Found {
        id: group.arn.clone(),
        outputs: LogGroupOutputs {
            arn: group.arn.into(),
            name: group.name.clone().into(),
        },
        attributes: LogGroup {
            name: group.name,
            retention_in_days: group.retention_in_days,
        },
        tags,
        state: State::Ready,
    }
}

async fn set_retention(aws: &Clients, name: &str, days: Option<u32>) -> Result<(), Fault> {
    match days {
        Some(days) => {
            aws.logs
                .put_retention_policy()
                .log_group_name(name)
                .retention_in_days(i32::try_from(days).unwrap_or(i32::MAX))
                .send()
                .await
                .at("logs:PutRetentionPolicy")?;
        }
        None => {
            aws.logs
                .delete_retention_policy()
                .log_group_name(name)
                .send()
                .await
                .at("logs:DeleteRetentionPolicy")?;
        }
    }
    Ok(())
}
