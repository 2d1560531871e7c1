//! How alarms stand.
//!
//! May depend on `clients` and `fault`. Invariant: an alarm that is not there is left out.

use aws_sdk_cloudwatch::types as sdk;
use futures::future::try_join_all;

use super::super::clients::Clients;
use super::super::fault::{Call, required};
use crate::model::Fault;

const LIST: &str = "cloudwatch:DescribeAlarms";
/// How many names one call takes.
const NAMES_PER_CALL: usize = 100;

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmWord {
    /// The threshold is not crossed.
    Quiet,
    /// The threshold is crossed.
    Alarm,
    /// There is too little data to say.
    NoData,
}

/// An alarm and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmState {
    /// The alarm's name.
    pub name: String,
    /// What it says.
    pub word: AlarmWord,
    /// Why, in AWS's words; may be empty.
    pub reason: String,
}

/// How the alarms with these names stand.
///
/// # Errors
/// The fault of the call.
pub async fn alarm_states(aws: &Clients, names: &[String]) -> Result<Vec<AlarmState>, Fault> {
    let pages = try_join_all(names.chunks(NAMES_PER_CALL).map(|names| async move {
        aws.cloudwatch
            .describe_alarms()
            .set_alarm_names(Some(names.to_vec()))
            .alarm_types(sdk::AlarmType::MetricAlarm)
            .into_paginator()
            .send()
            .try_collect()
            .await
            .at(LIST)
    }));
    let pages = pages.await?.into_iter().flatten();
    let alarms = pages.flat_map(|page| page.metric_alarms.unwrap_or_default());
    alarms.map(read).collect()
}

fn read(alarm: sdk::MetricAlarm) -> Result<AlarmState, Fault> {
    Ok(AlarmState {
        name: required(LIST, "an alarm's name", alarm.alarm_name)?,
        word: match alarm.state_value {
            Some(sdk::StateValue::Ok) => AlarmWord::Quiet,
            Some(sdk::StateValue::Alarm) => AlarmWord::Alarm,
            _ => AlarmWord::NoData,
        },
        reason: alarm.state_reason.unwrap_or_default(),
    })
}
