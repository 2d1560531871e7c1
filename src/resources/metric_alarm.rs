//! The CloudWatch alarm on one metric.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, and putting it again overwrites it, so a repeated create makes no second one. Alarms that
//! AWS makes for scaling policies bear no owner tags, so they are never seen here.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types as sdk;
use futures::future::{try_join, try_join_all};

use super::decimal::Decimal;
use super::health::{ill, unread, waiting};
use super::lifecycle::{Lifecycle, Mark};
use super::sns_topic::TopicArn;
use crate::aws::facts::{AlarmState, AlarmWord, alarm_states};
use crate::aws::{Call, Clients, cloudwatch, if_present, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{
    Changes, Fault, Found, Id, Owner, Query, Ref, Resolved, State, TagChange, Tags, Text,
};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "cloudwatch:DescribeAlarms";
/// How many names one DescribeAlarms call takes.
const NAMES_PER_CALL: usize = 100;

classes! {
    /// Identifies an alarm.
    AlarmArn = "metric-alarm", "arn:aws:cloudwatch:{region}:{account}:alarm:{name}";
}

/// Tells somebody when a metric crosses a threshold, and when it comes back.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "metric-alarm",
    outputs = MetricAlarmOutputs,
    replacement = "create-first",
    outage = "it raises no alarm",
    named = "name",
    find = "cloudwatch:DescribeAlarms, cloudwatch:ListTagsForResource",
    create = "cloudwatch:PutMetricAlarm, cloudwatch:TagResource",
    update = "cloudwatch:PutMetricAlarm, cloudwatch:TagResource, cloudwatch:UntagResource",
    delete = "cloudwatch:DeleteAlarms"
)]
pub struct MetricAlarm {
    /// Its name, unique in the account and region; at most 255 characters.
    #[attribute(replace)]
    pub name: String,
    /// What it means, for whoever is told.
    #[attribute(update)]
    pub description: Option<String>,
    /// Where the metric comes from, such as `AWS/ECS`.
    #[attribute(update)]
    pub namespace: String,
    /// The metric.
    #[attribute(update)]
    pub metric_name: String,
    /// What of the metric each period is judged by: `Average`, `Sum`, `Minimum`, `Maximum`,
    /// `SampleCount`, or a percentile such as `p95`.
    #[attribute(update)]
    pub statistic: String,
    /// Whose metric it is, by the names of its dimensions.
    #[attribute(update)]
    pub dimensions: BTreeMap<String, Text>,
    /// Seconds of a period: 10, 20, 30 or a multiple of 60.
    #[attribute(update)]
    pub period_s: u32,
    /// How many of the latest periods are looked at.
    #[attribute(update)]
    pub evaluation_periods: u32,
    /// In how many of those the threshold must be crossed.
    #[attribute(update)]
    pub datapoints_to_alarm: u32,
    /// How the metric lies to the threshold in an alarm.
    #[attribute(update)]
    pub comparison: Comparison,
    /// The threshold.
    #[attribute(update)]
    pub threshold: Decimal,
    /// What a period without data counts as.
    #[attribute(update)]
    pub treat_missing_data: MissingData,
    /// Whether anybody is told at all.
    #[attribute(update)]
    pub actions_enabled: bool,
    /// Who is told of the alarm.
    #[attribute(update, loose)]
    pub alarm_actions: BTreeSet<Ref<TopicArn>>,
    /// Who is told of its end.
    #[attribute(update, loose)]
    pub ok_actions: BTreeSet<Ref<TopicArn>>,
}

/// How a metric lies to a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Comparison {
    /// At it or above.
    #[field("GreaterThanOrEqualToThreshold")]
    AtLeast,
    /// Above it.
    #[field("GreaterThanThreshold")]
    MoreThan,
    /// At it or below.
    #[field("LessThanOrEqualToThreshold")]
    AtMost,
    /// Below it.
    #[field("LessThanThreshold")]
    LessThan,
    /// Above the band that an anomaly detector expects.
    #[field("GreaterThanUpperThreshold")]
    AboveBand,
    /// Below that band.
    #[field("LessThanLowerThreshold")]
    BelowBand,
    /// Outside of that band.
    #[field("LessThanLowerOrGreaterThanUpperThreshold")]
    OutsideBand,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum MissingData {
    /// Nothing: without any data the alarm's state is unknown.
    #[field("missing")]
    Missing,
    /// Nothing: the alarm's state stays.
    #[field("ignore")]
    Ignore,
    /// One in which the threshold is crossed.
    #[field("breaching")]
    Breaching,
    /// One in which all is well.
    #[field("notBreaching")]
    NotBreaching,
}

/// What an alarm gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct MetricAlarmOutputs {
    /// The alarm's ARN.
    pub arn: Id<AlarmArn>,
}

impl Lifecycle for MetricAlarm {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let listed = match which {
            Query::Owned { owner, names } => near(aws, owner, names).await?,
            Query::Ids(arns) => {
                let names: Vec<String> = arns.iter().filter_map(|arn| name_in(arn)).collect();
                named(aws, &names).await?
            }
            Query::Under(_) => Vec::new(),
        };
        let found = try_join_all(listed.into_iter().map(|alarm| async move {
            let arn = required(LIST, "an alarm's ARN", alarm.alarm_arn.clone())?;
            let tags = if_present(cloudwatch::tags_of(aws, &arn).await)?;
            tags.map(|tags| read(arn, alarm, tags)).transpose()
        }));
        let mut found: Vec<_> = found.await?.into_iter().flatten().collect();
        if let Query::Owned { owner, names } = which {
            found.retain(|a| owner.owns(&a.tags) || names.contains(&a.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<MetricAlarmOutputs, Fault> {
        put(aws, want, Some(&mark.tags)).await?;
        let account = aws.caller().await?.account;
        let (partition, region) = (aws.partition(), aws.region());
        let arn = format!(
            "arn:{partition}:cloudwatch:{region}:{account}:alarm:{}",
            want.name
        );
        Ok(MetricAlarmOutputs { arn: arn.into() })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<MetricAlarmOutputs, Fault> {
        // AWS overwrites everything but the tags, whatever tags it is given.
        put(aws, want, None).await?;
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        cloudwatch::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.cloudwatch
            .delete_alarms()
            .alarm_names(found.attributes.name)
            .send()
            .await
            .at("cloudwatch:DeleteAlarms")?;
        Ok(())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        let names = [found.attributes.name.clone()];
        Ok(match alarm_states(aws, &names).await {
            Ok(states) => states
                .into_iter()
                .next()
                .map_or_else(|| ill("it is gone", Vec::new()), health),
            Err(fault) => unread(&found.state, &fault),
        })
    }
}

/// How an alarm is that says this: ill where what it watches is.
fn health(now: AlarmState) -> Health {
    let reasons = Some(now.reason).filter(|reason| !reason.is_empty());
    let reasons = reasons.into_iter().collect();
    match now.word {
        AlarmWord::Quiet => Health::well("quiet"),
        AlarmWord::Alarm => ill("ALARM", reasons),
        AlarmWord::NoData => waiting("no data yet", reasons),
    }
}

/// The name in `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`; a name may contain colons.
fn name_in(arn: &str) -> Option<String> {
    arn.split_once(":alarm:").map(|(_, name)| name.to_owned())
}

/// The alarms that are named like the stack's, and those of these names.
async fn near(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<sdk::MetricAlarm>, Fault> {
    let prefix = format!("{}-", owner.stack);
    let elsewhere: Vec<String> = names
        .iter()
        .filter(|name| !name.starts_with(&prefix))
        .cloned()
        .collect();
    let of_stack = async {
        let call = aws.cloudwatch.describe_alarms();
        pages(call.alarm_name_prefix(&prefix)).await
    };
    let (mut alarms, others) = try_join(of_stack, named(aws, &elsewhere)).await?;
    alarms.extend(others);
    Ok(alarms)
}

async fn named(aws: &Clients, names: &[String]) -> Result<Vec<sdk::MetricAlarm>, Fault> {
    let calls = names.chunks(NAMES_PER_CALL).map(|names| {
        let call = aws.cloudwatch.describe_alarms();
        pages(call.set_alarm_names(Some(names.to_vec())))
    });
    Ok(try_join_all(calls).await?.into_iter().flatten().collect())
}

async fn pages(
    call: aws_sdk_cloudwatch::operation::describe_alarms::builders::DescribeAlarmsFluentBuilder,
) -> Result<Vec<sdk::MetricAlarm>, Fault> {
    let call = call.alarm_types(sdk::AlarmType::MetricAlarm);
    let pages = call.into_paginator().send().try_collect().await.at(LIST)?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.metric_alarms.unwrap_or_default())
        .collect())
}

async fn put(
    aws: &Clients,
    want: &Resolved<MetricAlarm>,
    tags: Option<&Tags>,
) -> Result<(), Fault> {
    let topics = |refs: &BTreeSet<Ref<TopicArn>>| {
        let arns = refs.iter().map(|topic| want.known(topic).to_owned());
        Some(arns.collect())
    };
    let dimensions = want.dimensions.iter().map(|(name, value)| {
        let dimension = sdk::Dimension::builder().name(name);
        dimension.value(want.text(value)).build()
    });
    let call = aws
        .cloudwatch
        .put_metric_alarm()
        .alarm_name(&want.name)
        .set_alarm_description(want.description.clone())
        .namespace(&want.namespace)
        .metric_name(&want.metric_name)
        .set_dimensions(Some(dimensions.collect()))
        .period(number(want.period_s))
        .evaluation_periods(number(want.evaluation_periods))
        .datapoints_to_alarm(number(want.datapoints_to_alarm))
        .comparison_operator(want.comparison.as_word().into())
        .threshold(want.threshold.as_f64())
        .treat_missing_data(want.treat_missing_data.as_word())
        .actions_enabled(want.actions_enabled)
        .set_alarm_actions(topics(&want.alarm_actions))
        .set_ok_actions(topics(&want.ok_actions))
        .set_tags(tags.map(cloudwatch::tags));
    let call = if is_percentile(&want.statistic) {
        call.extended_statistic(&want.statistic)
    } else {
        call.statistic(want.statistic.as_str().into())
    };
    call.send().await.at("cloudwatch:PutMetricAlarm")?;
    Ok(())
}

/// Whether CloudWatch calls it an extended statistic; the five others are all capitalised.
fn is_percentile(statistic: &str) -> bool {
    !sdk::Statistic::values().contains(&statistic)
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// An alarm as it is; one that is on a formula, an anomaly or a query has no metric of its own.
fn read(arn: String, alarm: sdk::MetricAlarm, tags: Tags) -> Result<Found<MetricAlarm>, Fault> {
    let count = |number: Option<i32>| number.map(i32::unsigned_abs);
    let evaluation_periods = count(alarm.evaluation_periods).unwrap_or_default();
    let comparison = alarm.comparison_operator.as_ref().map(|c| c.as_str());
    let missing_data = alarm.treat_missing_data.as_deref().unwrap_or("missing");
    let topics = |arns: Option<Vec<String>>| arns.into_iter().flatten().map(Ref::known).collect();
    let dimensions = alarm.dimensions.into_iter().flatten();
    Ok(Found {
        attributes: MetricAlarm {
            name: required(LIST, "an alarm's name", alarm.alarm_name)?,
            description: alarm.alarm_description.filter(|text| !text.is_empty()),
            namespace: alarm.namespace.unwrap_or_default(),
            metric_name: alarm.metric_name.unwrap_or_default(),
            statistic: alarm
                .extended_statistic
                .or_else(|| alarm.statistic.map(|s| s.as_str().to_owned()))
                .unwrap_or_default(),
            dimensions: dimensions
                .filter_map(|d| Some((d.name?, d.value.unwrap_or_default().into())))
                .collect(),
            period_s: count(alarm.period).unwrap_or_default(),
            evaluation_periods,
            datapoints_to_alarm: count(alarm.datapoints_to_alarm).unwrap_or(evaluation_periods),
            comparison: required(
                LIST,
                "a known comparison",
                comparison.and_then(Comparison::from_word),
            )?,
            threshold: alarm.threshold.unwrap_or_default().into(),
            treat_missing_data: required(
                LIST,
                "a known treatment of missing data",
                MissingData::from_word(missing_data),
            )?,
            actions_enabled: alarm.actions_enabled != Some(false),
            alarm_actions: topics(alarm.alarm_actions),
            ok_actions: topics(alarm.ok_actions),
        },
        outputs: MetricAlarmOutputs {
            arn: arn.clone().into(),
        },
        tags,
        state: State::Ready,
        id: arn,
    })
}

#[cfg(test)]
#[path = "metric_alarm_tests.rs"]
mod tests;
