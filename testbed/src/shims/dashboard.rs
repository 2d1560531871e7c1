//! CloudWatch dashboards.
//!
//! - `PutDashboard` with a body that is no JSON object: AWS refuses with
//!   `DashboardInvalidInputError`; ministack takes it.
//! - `ListDashboards` in CBOR: AWS gives `LastModified` as a time; ministack as text, which the SDK
//!   refuses to read.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Answer, Next, Shim, refusal};
use crate::operation::{Protocol, Request};
use crate::reply::Reply;

/// The time of every change, in seconds since 1970: nobody asks when.
const CHANGED_S: u64 = 1_767_225_600;

pub(crate) struct Dashboard;

impl Shim for Dashboard {
    fn operations(&self) -> &'static [&'static str] {
        &["cloudwatch:PutDashboard", "cloudwatch:ListDashboards"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "PutDashboard" => put(request, next).await,
                _ => list(request, next).await,
            }
        })
    }
}

async fn put(request: &Request, next: Next<'_>) -> Result<Reply> {
    let body: Result<Value, _> = serde_json::from_str(request.text("DashboardBody"));
    if body.is_ok_and(|body| body.is_object()) {
        return next.forward(request).await;
    }
    let message = "The field DashboardBody must be a valid JSON object";
    Ok(refusal(request, "DashboardInvalidInputError", message))
}

async fn list(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if request.protocol != Protocol::Cbor {
        return Ok(reply);
    }
    let mut body = reply.value();
    for entry in body["DashboardEntries"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if entry["LastModified"].is_string() {
            entry["LastModified"] = json!({ "$time": CHANGED_S });
        }
    }
    Ok(reply.with_value(&body))
}
