//! Web ACLs.
//!
//! - `CreateWebACL` of a name that is there: AWS refuses with `WAFDuplicateItemException`; moto with
//!   `WafV2DuplicateItem`.
//! - `UpdateWebACL` with an empty list of rules: AWS leaves none; moto keeps the old ones.
//! - `DeleteWebACL` of one that a distribution names: AWS refuses with `WAFAssociatedItemException`;
//!   the emulators delete it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyhow::Result;
use serde_json::json;

use super::distribution::configurations;
use super::{Answer, Next, Shim, memory, refusal};
use crate::operation::Request;
use crate::reply::Reply;

#[derive(Default)]
pub(crate) struct WebAcl {
    /// The ids of those whose rules were taken away.
    bare: Mutex<BTreeSet<String>>,
}

impl Shim for WebAcl {
    fn operations(&self) -> &'static [&'static str] {
        &[
            "wafv2:CreateWebACL",
            "wafv2:UpdateWebACL",
            "wafv2:GetWebACL",
            "wafv2:DeleteWebACL",
        ]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            match request.operation.as_str() {
                "DeleteWebACL" => delete(request, next).await,
                "UpdateWebACL" => {
                    let reply = next.forward(request).await?;
                    let bare = request.parameters["Rules"]
                        .as_array()
                        .is_none_or(Vec::is_empty);
                    let id = request.text("Id");
                    if reply.is_success() && bare {
                        memory(&self.bare).insert(id.to_owned());
                    } else if reply.is_success() {
                        memory(&self.bare).remove(id);
                    }
                    Ok(reply)
                }
                "GetWebACL" => {
                    let reply = next.forward(request).await?;
                    let mut body = reply.value();
                    let id = body["WebACL"]["Id"].as_str().unwrap_or("");
                    if memory(&self.bare).contains(id) {
                        body["WebACL"]["Rules"] = json!([]);
                    }
                    Ok(reply.with_value(&body))
                }
                _ => create(request, next).await,
            }
        })
    }
}

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let reply = next.forward(request).await?;
    if reply.code() != "WafV2DuplicateItem" {
        return Ok(reply);
    }
    let message = "AWS WAF couldn\u{2019}t perform the operation because some resource in your \
                   request is a duplicate of an existing one.";
    Ok(refusal(request, "WAFDuplicateItemException", message))
}

async fn delete(request: &Request, next: Next<'_>) -> Result<Reply> {
    let ending = format!("/webacl/{}/{}", request.text("Name"), request.text("Id"));
    let used = configurations(next)
        .await?
        .iter()
        .any(|configuration| configuration.at("WebACLId").ends_with(&ending));
    if used {
        let message = "AWS WAF couldn\u{2019}t perform the operation because your resource is being \
                       used by another resource or it\u{2019}s associated with another resource.";
        return Ok(refusal(request, "WAFAssociatedItemException", message));
    }
    next.forward(request).await
}
