//! Log groups.
//!
//! - `DescribeLogGroups`: AWS gives the groups that `logGroupIdentifiers` names (names or ARNs), or
//!   those whose name holds `logGroupNamePattern`; moto ignores both and gives all. AWS gives
//!   `logGroupClass`; moto does not.
//! - `PutRetentionPolicy` of a number of days that is not on the list: AWS refuses with
//!   `InvalidParameterException`; moto takes it.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, refusal};
use crate::operation::Request;
use crate::reply::Reply;

/// The retention times that AWS has, in days.
const RETENTION_DAYS: [u64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(crate) struct LogGroup;

impl Shim for LogGroup {
    fn operations(&self) -> &'static [&'static str] {
        &["logs:DescribeLogGroups", "logs:PutRetentionPolicy"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "DescribeLogGroups" => describe(request, next).await,
                _ => retain(request, next).await,
            }
        })
    }
}

async fn describe(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    let mut body = reply.value();
    if let Some(groups) = body["logGroups"].as_array_mut() {
        let identifiers = request.parameters["logGroupIdentifiers"].as_array();
        let pattern = request.text("logGroupNamePattern");
        groups.retain(|group| {
            let named = |identifier: &Value| {
                ["logGroupName", "logGroupArn"]
                    .iter()
                    .any(|key| group[key] == *identifier)
            };
            identifiers.is_none_or(|all| all.iter().any(named))
                && group["logGroupName"]
                    .as_str()
                    .is_some_and(|name| name.contains(pattern))
        });
        for group in groups {
            if group["logGroupClass"].is_null() {
                group["logGroupClass"] = json!("STANDARD");
            }
        }
    }
    Ok(reply.with_value(&body))
}

async fn retain(request: &Request, next: Next<'_>) -> Result<Reply> {
    let days = request.parameters["retentionInDays"].as_u64().unwrap_or(0);
    if RETENTION_DAYS.contains(&days) {
        return next.forward(request).await;
    }
    let message =
        "1 validation error detected: value at 'retentionInDays' is not in the allowed set";
    Ok(refusal(request, "InvalidParameterException", message))
}
