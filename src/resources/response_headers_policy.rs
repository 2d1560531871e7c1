//! The response headers policy of CloudFront.
//!
//! Recognised by its comment, which holds the owner tags, since CloudFront gives it none. Its name
//! is unique in the account, so a repeated create makes no second one. One listing has everything.
//! Rules for cross-origin requests and server timing are no attributes; updates leave them alone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudfront::types as sdk;

use super::cloudfront_policy::is_asked;
use super::lifecycle::{Lifecycle, Mark};
use super::response_headers_policy_parts::{read, write};
use crate::aws::{Call, Clients, cloudfront, marker, of_build, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Query, Resolved, State};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "cloudfront:ListResponseHeadersPolicies";
const CREATE: &str = "cloudfront:CreateResponseHeadersPolicy";
const READ: &str = "cloudfront:GetResponseHeadersPolicyConfig";
const UPDATE: &str = "cloudfront:UpdateResponseHeadersPolicy";
const DELETE: &str = "cloudfront:DeleteResponseHeadersPolicy";

classes! {
    /// Identifies a response headers policy.
    ResponseHeadersPolicyId = "response-headers-policy", "########-####-####-####-############";
}

/// Which header fields CloudFront adds to answers and takes from them.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "response-headers-policy",
    outputs = ResponseHeadersPolicyOutputs,
    replacement = "create-first",
    named = "name",
    marked,
    find = "cloudfront:ListResponseHeadersPolicies",
    create = "cloudfront:CreateResponseHeadersPolicy",
    update = "cloudfront:GetResponseHeadersPolicyConfig, cloudfront:UpdateResponseHeadersPolicy",
    delete = "cloudfront:GetResponseHeadersPolicyConfig, cloudfront:DeleteResponseHeadersPolicy"
)]
pub struct ResponseHeadersPolicy {
    /// Its name, at most 128 characters.
    #[attribute(replace)]
    pub name: String,
    /// `Strict-Transport-Security`: for how long browsers use nothing but HTTPS.
    #[attribute(update)]
    pub strict_transport_security: Option<StrictTransportSecurity>,
    /// `X-Content-Type-Options: nosniff`; whether it replaces the origin's own.
    #[attribute(update)]
    pub content_type_options: Option<ContentTypeOptions>,
    /// `X-Frame-Options`: who may show the page in a frame.
    #[attribute(update)]
    pub frame_options: Option<FrameOptions>,
    /// `Referrer-Policy`: what browsers tell of where they come from.
    #[attribute(update)]
    pub referrer_policy: Option<ReferrerPolicy>,
    /// `Content-Security-Policy`: what browsers load and run.
    #[attribute(update)]
    pub content_security_policy: Option<ContentSecurityPolicy>,
    /// Other header fields that are added, by name.
    #[attribute(update)]
    pub custom_headers: BTreeMap<String, ResponseHeader>,
    /// Header fields of the origin that are taken away.
    #[attribute(update)]
    pub remove_headers: BTreeSet<String>,
}

/// `Strict-Transport-Security`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct StrictTransportSecurity {
    /// For how long, in seconds.
    pub max_age_s: u32,
    /// Whether that goes for names within the domain too.
    pub include_subdomains: bool,
    /// Whether the domain may be put on the browsers' list.
    pub preload: bool,
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// `X-Content-Type-Options`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ContentTypeOptions {
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// `X-Frame-Options`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct FrameOptions {
    /// Who may show the page in a frame.
    pub frame_option: FrameOption,
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// Who may show a page in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum FrameOption {
    /// Nobody.
    #[field("DENY")]
    Deny,
    /// Pages of the same origin.
    #[field("SAMEORIGIN")]
    SameOrigin,
}

/// `Referrer-Policy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ReferrerPolicy {
    /// What is told.
    pub referrer_policy: Referrer,
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// What browsers tell of where they come from (Referrer Policy, W3C).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Referrer {
    /// Nothing.
    #[field("no-referrer")]
    No,
    /// The page, unless it was more secure.
    #[field("no-referrer-when-downgrade")]
    NoWhenDowngrade,
    /// The site.
    #[field("origin")]
    Origin,
    /// The page to the same site, the site to others.
    #[field("origin-when-cross-origin")]
    OriginWhenCrossOrigin,
    /// The page, to the same site alone.
    #[field("same-origin")]
    SameOrigin,
    /// The site, unless it was more secure.
    #[field("strict-origin")]
    StrictOrigin,
    /// The page to the same site, the site to others, unless it was more secure.
    #[field("strict-origin-when-cross-origin")]
    StrictOriginWhenCrossOrigin,
    /// The page.
    #[field("unsafe-url")]
    UnsafeUrl,
}

/// `Content-Security-Policy`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ContentSecurityPolicy {
    /// The policy.
    pub content_security_policy: String,
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// A header field that is added to answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ResponseHeader {
    /// Its value.
    pub value: String,
    /// Whether it replaces the origin's own.
    pub overrides: bool,
}

/// What a response headers policy gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ResponseHeadersPolicyOutputs {
    /// The policy's identifier.
    pub id: Id<ResponseHeadersPolicyId>,
}

impl Lifecycle for ResponseHeadersPolicy {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        if matches!(which, Query::Under(_)) {
            return Ok(Vec::new());
        }
        let listed = cloudfront::all(LIST, |start| async move {
            let reply = aws
                .cloudfront
                .list_response_headers_policies()
                .r#type(sdk::ResponseHeadersPolicyType::Custom)
                .set_marker(start)
                .send()
                .await
                .at(LIST)?;
            let list = required(LIST, "the list", reply.response_headers_policy_list)?;
            Ok((list.items, list.next_marker))
        })
        .await?;
        let mut found = Vec::new();
        for summary in listed {
            let policy = required(LIST, "a policy", summary.response_headers_policy)?;
            let config = policy.response_headers_policy_config;
            let config = required(LIST, "a configuration", config)?;
            let tags = marker::tags(config.comment.as_deref().unwrap_or_default());
            if is_asked(which, &policy.id, &config.name, &tags) {
                found.push(Found {
                    attributes: read(LIST, config)?,
                    outputs: ResponseHeadersPolicyOutputs {
                        id: policy.id.clone().into(),
                    },
                    tags,
                    state: State::Ready,
                    id: policy.id,
                });
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ResponseHeadersPolicyOutputs, Fault> {
        let empty = sdk::ResponseHeadersPolicyConfig::builder()
            .name(&want.name)
            .comment(cloudfront::comment(CREATE, &mark.tags)?)
            .build()
            .map_err(|error| of_build(CREATE, &error))?;
        let reply = aws
            .cloudfront
            .create_response_headers_policy()
            .response_headers_policy_config(write(CREATE, want, empty)?)
            .send()
            .await
            .at(CREATE)?;
        let policy = required(CREATE, "the policy", reply.response_headers_policy)?;
        Ok(ResponseHeadersPolicyOutputs {
            id: policy.id.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ResponseHeadersPolicyOutputs, Fault> {
        let (live, version) = now(aws, &found.id).await?;
        aws.cloudfront
            .update_response_headers_policy()
            .id(&found.id)
            .if_match(version)
            .response_headers_policy_config(write(UPDATE, want, live)?)
            .send()
            .await
            .at(UPDATE)?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let (_, version) = now(aws, &found.id).await?;
        aws.cloudfront
            .delete_response_headers_policy()
            .id(found.id)
            .if_match(version)
            .send()
            .await
            .at(DELETE)?;
        Ok(())
    }
}

/// The policy as it is now, and its version, without which CloudFront changes nothing.
async fn now(aws: &Clients, id: &str) -> Result<(sdk::ResponseHeadersPolicyConfig, String), Fault> {
    let reply = aws
        .cloudfront
        .get_response_headers_policy_config()
        .id(id)
        .send()
        .await
        .at(READ)?;
    let config = reply.response_headers_policy_config;
    Ok((
        required(READ, "the configuration", config)?,
        required(READ, "the ETag", reply.e_tag)?,
    ))
}
