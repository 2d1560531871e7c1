//! CloudFront's cache, origin request and response headers policies.
//!
//! - Deleting one that a distribution names: AWS refuses with `CachePolicyInUse`,
//!   `OriginRequestPolicyInUse`, `ResponseHeadersPolicyInUse`; ministack deletes it.
//! - Replies that hold policies: where the behaviour is `none`, or another that needs no list, AWS
//!   leaves `Headers`, `Cookies` and `QueryStrings` out; ministack gives empty lists.

use anyhow::Result;
use hyper::StatusCode;

use super::distribution::configurations;
use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;

/// What is deleted, what names it in a distribution, and what AWS says.
const DELETIONS: [(&str, &str, &str); 3] = [
    ("DeleteCachePolicy", "CachePolicyId", "CachePolicyInUse"),
    (
        "DeleteOriginRequestPolicy",
        "OriginRequestPolicyId",
        "OriginRequestPolicyInUse",
    ),
    (
        "DeleteResponseHeadersPolicy",
        "ResponseHeadersPolicyId",
        "ResponseHeadersPolicyInUse",
    ),
];

pub(crate) struct EdgePolicy;

impl Shim for EdgePolicy {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "cloudfront:DeleteCachePolicy",
            "cloudfront:DeleteOriginRequestPolicy",
            "cloudfront:DeleteResponseHeadersPolicy",
            "cloudfront:CreateCachePolicy",
            "cloudfront:CreateOriginRequestPolicy",
            "cloudfront:GetCachePolicy",
            "cloudfront:GetCachePolicyConfig",
            "cloudfront:GetOriginRequestPolicy",
            "cloudfront:GetOriginRequestPolicyConfig",
            "cloudfront:ListCachePolicies",
            "cloudfront:ListOriginRequestPolicies",
            "cloudfront:UpdateCachePolicy",
            "cloudfront:UpdateOriginRequestPolicy",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let deletion = DELETIONS
                .iter()
                .find(|(operation, ..)| *operation == request.operation);
            match deletion {
                Some((_, reference, code)) => delete(request, next, reference, code).await,
                None => without_empty_lists(request, next).await,
            }
        })
    }
}

async fn delete(request: &Request, next: Next<'_>, reference: &str, code: &str) -> Result<Reply> {
    let id = request.text("Id");
    let used = configurations(next).await?.iter().any(|configuration| {
        let named = configuration.all(reference);
        named.iter().any(|found| found.text == id)
    });
    if used {
        let message = "Cannot delete the policy because it is attached to one or more cache \
                       behaviors.";
        return Ok(Reply::error(request, StatusCode::CONFLICT, code, message));
    }
    next.forward(request).await
}

async fn without_empty_lists(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if !reply.is_success() {
        return Ok(reply);
    }
    let mut root = reply.element(request)?;
    for (config, list) in [
        ("HeadersConfig", "Headers"),
        ("CookiesConfig", "Cookies"),
        ("QueryStringsConfig", "QueryStrings"),
    ] {
        root.change_all(config, &mut |config| {
            if config.at(&format!("{list}/Quantity")) == "0" {
                config.remove(list);
            }
        });
    }
    Ok(reply.with_element(&root))
}
