//! Permissions of Lambda functions.
//!
//! - `AddPermission` with a `StatementId` that is there: AWS refuses with
//!   `ResourceConflictException`; moto adds a second.
//! - `FunctionUrlAuthType` and `InvokedViaFunctionUrl`: AWS makes them conditions
//!   (`lambda:FunctionUrlAuthType`, `lambda:InvokedViaFunctionUrl`); moto fields of the statement.
//! - `GetPolicy` of a function without statements: AWS refuses with `ResourceNotFoundException`;
//!   ministack gives an empty policy.

use anyhow::Result;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;

/// A field of moto's, and the condition that AWS makes of it.
const CONDITIONS: [(&str, &str, &str); 2] = [
    (
        "FunctionUrlAuthType",
        "StringEquals",
        "lambda:FunctionUrlAuthType",
    ),
    (
        "InvokedViaFunctionUrl",
        "Bool",
        "lambda:InvokedViaFunctionUrl",
    ),
];

pub(crate) struct LambdaPermission;

impl Shim for LambdaPermission {
    fn operations(&self) -> &'static [&'static str] {
        &["lambda:AddPermission", "lambda:GetPolicy"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "AddPermission" => add(request, next).await,
                _ => read(request, next).await,
            }
        })
    }
}

async fn add(request: &Request, next: Next<'_>) -> Result<Reply> {
    let name = request.text("FunctionName");
    let path = format!("/2015-03-31/functions/{name}/policy");
    let (_, found) = next.rest("lambda", "GET", &path, "").await?;
    let id = request.text("StatementId");
    if statements(&found)
        .iter()
        .any(|statement| statement["Sid"] == id)
    {
        let message = format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or \
             remove the existing statement."
        );
        let status = StatusCode::CONFLICT;
        let code = "ResourceConflictException";
        return Ok(Reply::error(request, status, code, &message));
    }
    let reply = next.forward(request).await?;
    let mut body = reply.value();
    if let Some(mut statement) = body["Statement"].as_str().and_then(parsed) {
        conditions(&mut statement);
        body["Statement"] = json!(statement.to_string());
    }
    Ok(reply.with_value(&body))
}

async fn read(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut body = reply.value();
    let mut policy = body["Policy"].as_str().and_then(parsed).unwrap_or_default();
    let Some(statements) = policy["Statement"]
        .as_array_mut()
        .filter(|statements| !statements.is_empty())
    else {
        let message = "The resource you requested does not exist.";
        let status = StatusCode::NOT_FOUND;
        let code = "ResourceNotFoundException";
        return Ok(Reply::error(request, status, code, message));
    };
    statements.iter_mut().for_each(conditions);
    body["Policy"] = json!(policy.to_string());
    Ok(reply.with_value(&body))
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The statements of a policy that was read.
fn statements(reply: &Reply) -> Vec<Value> {
    let body = reply.value();
    let policy = body["Policy"].as_str().and_then(parsed).unwrap_or_default();
    policy["Statement"].as_array().cloned().unwrap_or_default()
}

fn conditions(statement: &mut Value) {
    for (field, test, key) in CONDITIONS {
        let sent = statement
            .as_object_mut()
            .and_then(|fields| fields.remove(field));
        if let Some(value) = sent {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            statement["Condition"][test][key] = json!(text);
        }
    }
}
