//! What metrics say.
//!
//! May depend on `clients` and `fault`. Invariant: no value is made up where AWS has none.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;

use super::super::clients::Clients;
use super::super::fault::Call;
use crate::model::Fault;

/// A metric of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric<'a> {
    /// Where it comes from, such as `AWS/Lambda`.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How values of a period become one: `Sum`, `Average`, ...
    pub statistic: &'a str,
    /// Whose it is.
    pub dimensions: &'a [(&'a str, &'a str)],
}

/// The values of a metric, one for each period of `period_s` seconds in the last `window_s` that
/// has one, newest first.
///
/// # Errors
/// The fault of the call.
pub async fn values(
    aws: &Clients,
    metric: &Metric<'_>,
    window_s: u64,
    period_s: i32,
) -> Result<Vec<f64>, Fault> {
    let now = SystemTime::now();
    let start = now - Duration::from_secs(window_s);
    let dimensions = metric.dimensions.iter().map(|(name, value)| {
        let dimension = sdk::Dimension::builder().name(*name);
        dimension.value(*value).build()
    });
    let of = sdk::Metric::builder()
        .namespace(metric.namespace)
        .metric_name(metric.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = sdk::MetricStat::builder()
        .metric(of)
        .period(period_s)
        .stat(metric.statistic)
        .build();
    let query = sdk::MetricDataQuery::builder().id("m").metric_stat(stat);
    let pages = aws
        .cloudwatch
        .get_metric_data()
        .metric_data_queries(query.build())
        .start_time(DateTime::from(start))
        .end_time(DateTime::from(now))
        .scan_by(sdk::ScanBy::TimestampDescending)
        .into_paginator()
        .send()
        .try_collect()
        .await
        .at("cloudwatch:GetMetricData")?;
    let results = pages
        .into_iter()
        .flat_map(|page| page.metric_data_results.unwrap_or_default());
    Ok(results
        .flat_map(|result| result.values.unwrap_or_default())
        .collect())
}
