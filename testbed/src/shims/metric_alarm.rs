//! CloudWatch alarms.
//!
//! - `DescribeAlarms`: AWS gives back what `PutMetricAlarm` was sent, and nothing for what was not
//!   sent: an alarm of metric math has `Metrics` and no `Statistic` or `Period`, one of a percentile
//!   `ExtendedStatistic` and no `Statistic`; ministack loses `Metrics` and invents a `Statistic`, a
//!   `Period` and an empty `AlarmDescription`.
//! - `DeleteAlarms` of a name that does not exist: AWS refuses with `ResourceNotFound` and deletes
//!   none; ministack says nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;

use anyhow::Result;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, memory};
use crate::operation::{Protocol, Request};
use crate::reply::Reply;

/// What AWS gives back only where it was sent.
const AS_SENT: [&str; 13] = [
    "AlarmDescription",
    "DatapointsToAlarm",
    "EvaluateLowSampleCountPercentile",
    "ExtendedStatistic",
    "MetricName",
    "Metrics",
    "Namespace",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
];

#[derive(Default)]
pub(crate) struct MetricAlarm {
    /// What was sent, by region and name.
    sent: Mutex<BTreeMap<(String, String), Value>>,
}

impl Shim for MetricAlarm {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:DeleteAlarms",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match (request.protocol, request.operation.as_str()) {
                (Protocol::Cbor, "PutMetricAlarm") => {
                    let reply = next.forward(request).await?;
                    if reply.is_success() {
                        let name = request.text("AlarmName").to_owned();
                        memory(&self.sent)
                            .insert((request.region.clone(), name), request.parameters.clone());
                    }
                    Ok(reply)
                }
                (Protocol::Cbor, "DescribeAlarms") => {
                    let reply = next.forward(request).await?;
                    let mut body = reply.value();
                    for alarm in body["MetricAlarms"].as_array_mut().into_iter().flatten() {
                        self.restore(&request.region, alarm);
                    }
                    Ok(reply.with_value(&body))
                }
                (Protocol::Cbor, "DeleteAlarms") => delete(request, next).await,
                _ => next.forward(request).await,
            }
        })
    }
}

impl MetricAlarm {
    fn restore(&self, region: &str, alarm: &mut Value) {
        let name = alarm["AlarmName"].as_str().unwrap_or("").to_owned();
        let sent = memory(&self.sent);
        let (Some(sent), Some(alarm)) =
            (sent.get(&(region.to_owned(), name)), alarm.as_object_mut())
        else {
            return;
        };
        for field in AS_SENT {
            match sent.get(field) {
                Some(value) => alarm.insert(field.to_owned(), value.clone()),
                None => alarm.remove(field),
            };
        }
    }
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let names = &request.parameters["AlarmNames"];
    let asked = json!({ "AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"] });
    let found = next.cbor("DescribeAlarms", &asked).await?;
    let wanted = names.as_array().map_or(0, Vec::len);
    let there = ["MetricAlarms", "CompositeAlarms"]
        .iter()
        .filter_map(|list| found[list].as_array())
        .map(Vec::len)
        .sum();
    if wanted > there {
        let message = "Unknown alarm among the names";
        let status = StatusCode::NOT_FOUND;
        return Ok(Reply::error(request, status, "ResourceNotFound", message));
    }
    next.forward(request).await
}
