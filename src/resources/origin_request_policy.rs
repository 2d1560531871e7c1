//! The origin request policy of CloudFront.
//!
//! Recognised by its comment, which holds the owner tags, since CloudFront gives it none. Its name
//! is unique in the account, so a repeated create makes no second one. One listing has everything.

use std::collections::BTreeSet;

use aws_sdk_cloudfront::types as sdk;

use super::cloudfront_policy::{Selection, headers, is_asked};
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, cloudfront, marker, of_build, required};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "cloudfront:ListOriginRequestPolicies";
const CREATE: &str = "cloudfront:CreateOriginRequestPolicy";
const READ: &str = "cloudfront:GetOriginRequestPolicyConfig";
const UPDATE: &str = "cloudfront:UpdateOriginRequestPolicy";
const DELETE: &str = "cloudfront:DeleteOriginRequestPolicy";

const ONLY: &str = "whitelist";
const ALL_EXCEPT: &str = "allExcept";
const ALL_VIEWER: &str = "allViewer";
const ALL_VIEWER_AND_CLOUDFRONT: &str = "allViewerAndWhitelistCloudFront";

classes! {
    /// Identifies an origin request policy.
    OriginRequestPolicyId = "origin-request-policy", "########-####-####-####-############";
}

impl OriginRequestPolicyId {
    /// AWS's own policy that passes on all that the viewer sent (Using the managed origin request
    /// policies in the CloudFront Developer Guide).
    pub const ALL_VIEWER: &'static str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
    /// The same without `Host`, so that the origin is asked by its own name.
    pub const ALL_VIEWER_EXCEPT_HOST_HEADER: &'static str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

    /// A reference to AWS's own policy that passes on all that the viewer sent.
    pub fn all_viewer() -> Ref<Self> {
        Ref::known(Self::ALL_VIEWER)
    }

    /// A reference to AWS's own policy that passes on all that the viewer sent but `Host`.
    pub fn all_viewer_except_host_header() -> Ref<Self> {
        Ref::known(Self::ALL_VIEWER_EXCEPT_HOST_HEADER)
    }
}

/// What of a request CloudFront passes on to the origin.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "origin-request-policy",
    outputs = OriginRequestPolicyOutputs,
    replacement = "create-first",
    named = "name",
    marked,
    find = "cloudfront:ListOriginRequestPolicies",
    create = "cloudfront:CreateOriginRequestPolicy",
    update = "cloudfront:GetOriginRequestPolicyConfig, cloudfront:UpdateOriginRequestPolicy",
    delete = "cloudfront:GetOriginRequestPolicyConfig, cloudfront:DeleteOriginRequestPolicy"
)]
pub struct OriginRequestPolicy {
    /// Its name, at most 128 characters.
    #[attribute(replace)]
    pub name: String,
    /// Header fields that are passed on.
    #[attribute(update)]
    pub headers: OriginRequestHeaders,
    /// Cookies that are passed on.
    #[attribute(update)]
    pub cookies: Selection,
    /// Query parameters that are passed on.
    #[attribute(update)]
    pub query_strings: Selection,
}

/// Header fields that are passed on to the origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum OriginRequestHeaders {
    /// None but those that CloudFront always sends.
    None,
    /// Only those with these names.
    Only(BTreeSet<String>),
    /// The viewer's but those with these names.
    AllExcept(BTreeSet<String>),
    /// The viewer's.
    AllViewer,
    /// The viewer's, and those that CloudFront adds of these names.
    AllViewerAndCloudFront(BTreeSet<String>),
}

/// What an origin request policy gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct OriginRequestPolicyOutputs {
    /// The policy's identifier.
    pub id: Id<OriginRequestPolicyId>,
}

impl Lifecycle for OriginRequestPolicy {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        if matches!(which, Query::Under(_)) {
            return Ok(Vec::new());
        }
        let listed = cloudfront::all(LIST, |start| async move {
            let reply = aws
                .cloudfront
                .list_origin_request_policies()
                .r#type(sdk::OriginRequestPolicyType::Custom)
                .set_marker(start)
                .send()
                .await
                .at(LIST)?;
            let list = required(LIST, "the list", reply.origin_request_policy_list)?;
            Ok((list.items, list.next_marker))
        })
        .await?;
        let mut found = Vec::new();
        for summary in listed {
            let policy = required(LIST, "a policy", summary.origin_request_policy)?;
            let config = required(LIST, "a configuration", policy.origin_request_policy_config)?;
            let tags = marker::tags(config.comment.as_deref().unwrap_or_default());
            if is_asked(which, &policy.id, &config.name, &tags) {
                found.push(read(policy.id, &config, tags));
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<OriginRequestPolicyOutputs, Fault> {
        let reply = aws
            .cloudfront
            .create_origin_request_policy()
            .origin_request_policy_config(config(CREATE, want, &mark.tags)?)
            .send()
            .await
            .at(CREATE)?;
        let policy = required(CREATE, "the policy", reply.origin_request_policy)?;
        Ok(OriginRequestPolicyOutputs {
            id: policy.id.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<OriginRequestPolicyOutputs, Fault> {
        aws.cloudfront
            .update_origin_request_policy()
            .id(&found.id)
            .if_match(version(aws, &found.id).await?)
            .origin_request_policy_config(config(UPDATE, want, &found.tags)?)
            .send()
            .await
            .at(UPDATE)?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let version = version(aws, &found.id).await?;
        aws.cloudfront
            .delete_origin_request_policy()
            .id(found.id)
            .if_match(version)
            .send()
            .await
            .at(DELETE)?;
        Ok(())
    }
}

/// The policy's version as it is now, without which CloudFront changes nothing.
async fn version(aws: &Clients, id: &str) -> Result<String, Fault> {
    let reply = aws
        .cloudfront
        .get_origin_request_policy_config()
        .id(id)
        .send()
        .await
        .at(READ)?;
    required(READ, "the ETag", reply.e_tag)
}

fn read(
    id: String,
    config: &sdk::OriginRequestPolicyConfig,
    tags: Tags,
) -> Found<OriginRequestPolicy> {
    let cookies = config.cookies_config().map(|config| {
        let names = config.cookies().map(|cookies| cookies.items().to_vec());
        Selection::of(config.cookie_behavior().as_str(), names)
    });
    let query_strings = config.query_strings_config().map(|config| {
        let names = config.query_strings().map(|names| names.items().to_vec());
        Selection::of(config.query_string_behavior().as_str(), names)
    });
    Found {
        outputs: OriginRequestPolicyOutputs {
            id: id.clone().into(),
        },
        attributes: OriginRequestPolicy {
            name: config.name.clone(),
            headers: read_headers(config.headers_config()),
            cookies: cookies.unwrap_or(Selection::None),
            query_strings: query_strings.unwrap_or(Selection::None),
        },
        tags,
        state: State::Ready,
        id,
    }
}

fn read_headers(config: Option<&sdk::OriginRequestPolicyHeadersConfig>) -> OriginRequestHeaders {
    let names = config.and_then(|config| config.headers()).into_iter();
    let names = names.flat_map(|headers| headers.items()).cloned().collect();
    match config.map_or("", |config| config.header_behavior().as_str()) {
        ONLY => OriginRequestHeaders::Only(names),
        ALL_EXCEPT => OriginRequestHeaders::AllExcept(names),
        ALL_VIEWER => OriginRequestHeaders::AllViewer,
        ALL_VIEWER_AND_CLOUDFRONT => OriginRequestHeaders::AllViewerAndCloudFront(names),
        _ => OriginRequestHeaders::None,
    }
}

/// The whole configuration: an update leaves nothing as it was.
fn config(
    operation: &str,
    want: &OriginRequestPolicy,
    tags: &Tags,
) -> Result<sdk::OriginRequestPolicyConfig, Fault> {
    let wrong = |error| of_build(operation, &error);
    let (behavior, names) = match &want.headers {
        OriginRequestHeaders::None => ("none", None),
        OriginRequestHeaders::Only(names) => (ONLY, Some(names)),
        OriginRequestHeaders::AllExcept(names) => (ALL_EXCEPT, Some(names)),
        OriginRequestHeaders::AllViewer => (ALL_VIEWER, None),
        OriginRequestHeaders::AllViewerAndCloudFront(names) => {
            (ALL_VIEWER_AND_CLOUDFRONT, Some(names))
        }
    };
    let names = names.map(|names| headers(operation, names)).transpose()?;
    let fields = sdk::OriginRequestPolicyHeadersConfig::builder()
        .header_behavior(behavior.into())
        .set_headers(names);
    let cookies = sdk::OriginRequestPolicyCookiesConfig::builder()
        .cookie_behavior(want.cookies.word().into())
        .set_cookies(want.cookies.cookies(operation)?);
    let query_strings = sdk::OriginRequestPolicyQueryStringsConfig::builder()
        .query_string_behavior(want.query_strings.word().into())
        .set_query_strings(want.query_strings.query_strings(operation)?);
    sdk::OriginRequestPolicyConfig::builder()
        .name(&want.name)
        .comment(cloudfront::comment(operation, tags)?)
        .headers_config(fields.build().map_err(wrong)?)
        .cookies_config(cookies.build().map_err(wrong)?)
        .query_strings_config(query_strings.build().map_err(wrong)?)
        .build()
        .map_err(wrong)
}
