//! Logs, alarms and the dashboard.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::STACK;
use crate::observer::Observer;

/// What is watched: namespace and metric.
const WATCHED: [(&str, &str); 9] = [
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"),
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"),
    ("AWS/ApplicationELB", "TargetResponseTime"),
    ("AWS/ApplicationELB", "UnHealthyHostCount"),
    ("AWS/CloudFront", "5xxErrorRate"),
    ("AWS/ECS", "CPUUtilization"),
    ("AWS/ECS", "MemoryUtilization"),
    ("AWS/Lambda", "Errors"),
    ("AWS/Lambda", "Errors"),
];

pub(super) async fn check(aws: &Observer) {
    let groups = aws.logs.describe_log_groups().send().await.unwrap();
    let groups: BTreeMap<_, _> = groups
        .log_groups()
        .iter()
        .map(|group| (group.log_group_name().unwrap(), group.retention_in_days()))
        .collect();
    let wanted = [
        format!("/aws/lambda/{STACK}-jwt-generator"),
        format!("/aws/lambda/{STACK}-rotation"),
        format!("/ecs/{STACK}-app"),
    ];
    let wanted = wanted.iter().map(|name| (name.as_str(), Some(30)));
    assert_eq!(groups, wanted.collect());

    let found = aws.cloudwatch.describe_alarms().send().await.unwrap();
    let mut watched = Vec::new();
    let mut arns = BTreeSet::new();
    for alarm in found.metric_alarms() {
        assert!(alarm.alarm_name().unwrap().starts_with(STACK));
        assert!(!alarm.dimensions().is_empty(), "{alarm:?}");
        assert!(alarm.threshold().is_some(), "{alarm:?}");
        arns.insert(alarm.alarm_arn().unwrap());
        watched.push((alarm.namespace().unwrap(), alarm.metric_name().unwrap()));
    }
    watched.sort_unstable();
    assert_eq!(watched, WATCHED);
    check_dashboard(aws, &arns).await;
}

/// It shows every layer, and the state of every alarm.
async fn check_dashboard(aws: &Observer, alarms: &BTreeSet<&str>) {
    let found = aws.cloudwatch.list_dashboards().send().await.unwrap();
    let [dashboard] = found.dashboard_entries() else {
        panic!("{found:?}")
    };
    let name = dashboard.dashboard_name().unwrap();
    assert!(name.starts_with(STACK));
    let read = aws.cloudwatch.get_dashboard().dashboard_name(name);
    let body = read.send().await.unwrap().dashboard_body.unwrap();
    let document: Value = serde_json::from_str(&body).unwrap();
    assert!(document["widgets"].as_array().unwrap().len() > 5, "{body}");
    let layers = [
        "AWS/ApplicationELB",
        "AWS/CloudFront",
        "AWS/ECS",
        "AWS/Lambda",
    ];
    for shown in layers.iter().chain(alarms) {
        assert!(body.contains(shown), "nothing of {shown}: {body}");
    }
}
