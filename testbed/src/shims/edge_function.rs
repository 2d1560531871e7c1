//! CloudFront Functions.
//!
//! - `UpdateFunction`: AWS gives the new version in the header `ETtag`, as its API model has it;
//!   ministack in `ETag`, which no SDK reads there.
//! - `DescribeFunction`, `GetFunction` without a stage: AWS takes `DEVELOPMENT`; ministack refuses.
//! - `DeleteFunction` of a function that a distribution names: AWS refuses with `FunctionInUse`;
//!   ministack deletes it.

use anyhow::Result;
use hyper::StatusCode;

use super::distribution::configurations;
use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;

pub(crate) struct EdgeFunction;

impl Shim for EdgeFunction {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "cloudfront:UpdateFunction",
            "cloudfront:DescribeFunction",
            "cloudfront:GetFunction",
            "cloudfront:DeleteFunction",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "UpdateFunction" => update(request, next).await,
                "DeleteFunction" => delete(request, next).await,
                _ => read(request, next).await,
            }
        })
    }
}

async fn update(request: &Request, next: Next<'_>) -> Result<Reply> {
    let mut reply = next.forward(request).await?;
    if let Some(version) = reply.headers.remove("etag") {
        reply.headers.insert("ettag", version);
    }
    Ok(reply)
}

async fn read(request: &Request, next: Next<'_>) -> Result<Reply> {
    if !request.text("Stage").is_empty() {
        return next.forward(request).await;
    }
    let separator = if request.path.contains('?') { '&' } else { '?' };
    let staged = Request {
        path: format!("{}{separator}Stage=DEVELOPMENT", request.path),
        ..request.clone()
    };
    next.forward(&staged).await
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let ending = format!(":function/{}", request.text("Name"));
    let used = configurations(next).await?.iter().any(|configuration| {
        let named = configuration.all("FunctionARN");
        named.iter().any(|arn| arn.text.ends_with(&ending))
    });
    if used {
        let message = "The function that you are trying to delete is in use by one or more \
                       distributions.";
        let status = StatusCode::CONFLICT;
        return Ok(Reply::error(request, status, "FunctionInUse", message));
    }
    next.forward(request).await
}
