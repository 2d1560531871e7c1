//! URLs of Lambda functions.
//!
//! - `CreateFunctionUrlConfig` of a function that has one: AWS refuses with
//!   `ResourceConflictException`; moto makes another.
//! - Replies that hold one: the address ends in `/` and the mode is `BUFFERED` on AWS; moto leaves the
//!   `/` out and says `Buffered`.
//! - `ListFunctionUrlConfigs`: moto does not know it.

use anyhow::Result;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct FunctionUrl;

impl Shim for FunctionUrl {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "lambda:CreateFunctionUrlConfig",
            "lambda:GetFunctionUrlConfig",
            "lambda:UpdateFunctionUrlConfig",
            "lambda:ListFunctionUrlConfigs",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(serve(request, next))
    }
}

async fn serve(request: &Request, next: Next<'_>) -> Result<Reply> {
    let name = request.text("FunctionName");
    match request.operation.as_str() {
        "CreateFunctionUrlConfig" if there(next, name).await?.is_some() => {
            let message = format!(
                "Failed to create function url config for [functionArn = {name}]. Error \
                         message:  FunctionUrlConfig exists for this Lambda function"
            );
            let status = StatusCode::CONFLICT;
            let code = "ResourceConflictException";
            Ok(Reply::error(request, status, code, &message))
        }
        "ListFunctionUrlConfigs" => {
            let path = format!("/2015-03-31/functions/{name}/configuration");
            let (_, function) = next.rest("lambda", "GET", &path, "").await?;
            if !function.is_success() {
                return Ok(function);
            }
            let configs: Vec<Value> = there(next, name).await?.into_iter().collect();
            Ok(Reply::json(&json!({ "FunctionUrlConfigs": configs })))
        }
        _ => {
            let reply = next.forward(request).await?;
            let mut body = reply.value();
            if let Some(url) = body["FunctionUrl"].as_str() {
                body["FunctionUrl"] = json!(format!("{}/", url.trim_end_matches('/')));
                let mode = body["InvokeMode"].as_str().unwrap_or("BUFFERED").to_owned();
                body["InvokeMode"] = json!(mode.to_ascii_uppercase());
            }
            Ok(reply.with_value(&body))
        }
    }
}

/// The URL of a function, if it has one.
async fn there(next: Next<'_>, function: &str) -> Result<Option<Value>> {
    let path = format!("/2021-10-31/functions/{function}/url");
    let (_, reply) = next.rest("lambda", "GET", &path, "").await?;
    Ok(reply.is_success().then(|| reply.value()))
}
