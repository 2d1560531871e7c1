//! The cache policy of CloudFront.
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

const LIST: &str = "cloudfront:ListCachePolicies";
const CREATE: &str = "cloudfront:CreateCachePolicy";
const READ: &str = "cloudfront:GetCachePolicyConfig";
const UPDATE: &str = "cloudfront:UpdateCachePolicy";
const DELETE: &str = "cloudfront:DeleteCachePolicy";

const ONLY: &str = "whitelist";

classes! {
    /// Identifies a cache policy.
    CachePolicyId = "cache-policy", "########-####-####-####-############";
}

impl CachePolicyId {
    /// AWS's own policy that keeps nothing (Using the managed cache policies in the CloudFront
    /// Developer Guide).
    pub const CACHING_DISABLED: &'static str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

    /// A reference to AWS's own policy that keeps nothing.
    pub fn caching_disabled() -> Ref<Self> {
        Ref::known(Self::CACHING_DISABLED)
    }
}

/// How long CloudFront keeps answers, and what tells one from another.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "cache-policy",
    outputs = CachePolicyOutputs,
    replacement = "create-first",
    named = "name",
    marked,
    find = "cloudfront:ListCachePolicies",
    create = "cloudfront:CreateCachePolicy",
    update = "cloudfront:GetCachePolicyConfig, cloudfront:UpdateCachePolicy",
    delete = "cloudfront:GetCachePolicyConfig, cloudfront:DeleteCachePolicy"
)]
pub struct CachePolicy {
    /// Its name, at most 128 characters.
    #[attribute(replace)]
    pub name: String,
    /// Seconds for which an answer is kept at least, whatever the origin says.
    #[attribute(update)]
    pub min_ttl_s: u32,
    /// Seconds for which an answer is kept where the origin says nothing.
    #[attribute(update)]
    pub default_ttl_s: u32,
    /// Seconds for which an answer is kept at most, whatever the origin says.
    #[attribute(update)]
    pub max_ttl_s: u32,
    /// Whether answers are kept apart, and compressed, for viewers that accept gzip.
    #[attribute(update)]
    pub enable_accept_encoding_gzip: bool,
    /// Whether answers are kept apart, and compressed, for viewers that accept Brotli.
    #[attribute(update)]
    pub enable_accept_encoding_brotli: bool,
    /// Header fields of requests that tell answers apart.
    #[attribute(update)]
    pub headers: CacheKeyHeaders,
    /// Cookies that tell answers apart.
    #[attribute(update)]
    pub cookies: Selection,
    /// Query parameters that tell answers apart.
    #[attribute(update)]
    pub query_strings: Selection,
}

/// Header fields of requests that tell answers apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum CacheKeyHeaders {
    /// None.
    None,
    /// Only those with these names.
    Only(BTreeSet<String>),
}

/// What a cache policy gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct CachePolicyOutputs {
    /// The policy's identifier.
    pub id: Id<CachePolicyId>,
}

impl Lifecycle for CachePolicy {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        if matches!(which, Query::Under(_)) {
            return Ok(Vec::new());
        }
        let listed = cloudfront::all(LIST, |start| async move {
            let reply = aws
                .cloudfront
                .list_cache_policies()
                .r#type(sdk::CachePolicyType::Custom)
                .set_marker(start)
                .send()
                .await
                .at(LIST)?;
            let list = required(LIST, "the list", reply.cache_policy_list)?;
            Ok((list.items, list.next_marker))
        })
        .await?;
        let mut found = Vec::new();
        for summary in listed {
            let policy = required(LIST, "a policy", summary.cache_policy)?;
            let config = required(LIST, "a configuration", policy.cache_policy_config)?;
            let tags = marker::tags(config.comment.as_deref().unwrap_or_default());
            if is_asked(which, &policy.id, &config.name, &tags) {
                found.push(read(policy.id, config, tags));
            }
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<CachePolicyOutputs, Fault> {
        let reply = aws
            .cloudfront
            .create_cache_policy()
            .cache_policy_config(config(CREATE, want, &mark.tags)?)
            .send()
            .await
            .at(CREATE)?;
        let policy = required(CREATE, "the policy", reply.cache_policy)?;
        Ok(CachePolicyOutputs {
            id: policy.id.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<CachePolicyOutputs, Fault> {
        aws.cloudfront
            .update_cache_policy()
            .id(&found.id)
            .if_match(version(aws, &found.id).await?)
            .cache_policy_config(config(UPDATE, want, &found.tags)?)
            .send()
            .await
            .at(UPDATE)?;
        Ok(found.outputs)
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let version = version(aws, &found.id).await?;
        aws.cloudfront
            .delete_cache_policy()
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
        .get_cache_policy_config()
        .id(id)
        .send()
        .await
        .at(READ)?;
    required(READ, "the ETag", reply.e_tag)
}

fn read(id: String, config: sdk::CachePolicyConfig, tags: Tags) -> Found<CachePolicy> {
    let key = config.parameters_in_cache_key_and_forwarded_to_origin;
    let key = key.as_ref();
    let headers = key.and_then(|key| key.headers_config()).map(|config| {
        let names = config.headers().map(|headers| headers.items().to_vec());
        match config.header_behavior().as_str() {
            ONLY => CacheKeyHeaders::Only(names.into_iter().flatten().collect()),
            _ => CacheKeyHeaders::None,
        }
    });
    let cookies = key.and_then(|key| key.cookies_config()).map(|config| {
        let names = config.cookies().map(|cookies| cookies.items().to_vec());
        Selection::of(config.cookie_behavior().as_str(), names)
    });
    let query_strings = key
        .and_then(|key| key.query_strings_config())
        .map(|config| {
            let names = config.query_strings().map(|names| names.items().to_vec());
            Selection::of(config.query_string_behavior().as_str(), names)
        });
    Found {
        outputs: CachePolicyOutputs {
            id: id.clone().into(),
        },
        attributes: CachePolicy {
            name: config.name.clone(),
            min_ttl_s: seconds(config.min_ttl),
            default_ttl_s: seconds(config.default_ttl.unwrap_or_default()),
            max_ttl_s: seconds(config.max_ttl.unwrap_or_default()),
            enable_accept_encoding_gzip: key.is_some_and(|key| key.enable_accept_encoding_gzip),
            enable_accept_encoding_brotli: key
                .and_then(|key| key.enable_accept_encoding_brotli)
                .unwrap_or_default(),
            headers: headers.unwrap_or(CacheKeyHeaders::None),
            cookies: cookies.unwrap_or(Selection::None),
            query_strings: query_strings.unwrap_or(Selection::None),
        },
        tags,
        state: State::Ready,
        id,
    }
}

/// Seconds as the SDK gives them; AWS gives no negative ones.
fn seconds(seconds: i64) -> u32 {
    u32::try_from(seconds).unwrap_or_default()
}

/// The whole configuration: an update leaves nothing as it was.
fn config(
    operation: &str,
    want: &CachePolicy,
    tags: &Tags,
) -> Result<sdk::CachePolicyConfig, Fault> {
    let key = parameters(operation, want)?;
    sdk::CachePolicyConfig::builder()
        .name(&want.name)
        .comment(cloudfront::comment(operation, tags)?)
        .min_ttl(want.min_ttl_s.into())
        .default_ttl(want.default_ttl_s.into())
        .max_ttl(want.max_ttl_s.into())
        .parameters_in_cache_key_and_forwarded_to_origin(key)
        .build()
        .map_err(|error| of_build(operation, &error))
}

/// What tells answers apart.
fn parameters(
    operation: &str,
    want: &CachePolicy,
) -> Result<sdk::ParametersInCacheKeyAndForwardedToOrigin, Fault> {
    let wrong = |error| of_build(operation, &error);
    let fields = sdk::CachePolicyHeadersConfig::builder();
    let fields = match &want.headers {
        CacheKeyHeaders::None => fields.header_behavior(sdk::CachePolicyHeaderBehavior::None),
        CacheKeyHeaders::Only(names) => fields
            .header_behavior(sdk::CachePolicyHeaderBehavior::Whitelist)
            .headers(headers(operation, names)?),
    };
    let cookies = sdk::CachePolicyCookiesConfig::builder()
        .cookie_behavior(want.cookies.word().into())
        .set_cookies(want.cookies.cookies(operation)?);
    let query_strings = sdk::CachePolicyQueryStringsConfig::builder()
        .query_string_behavior(want.query_strings.word().into())
        .set_query_strings(want.query_strings.query_strings(operation)?);
    sdk::ParametersInCacheKeyAndForwardedToOrigin::builder()
        .enable_accept_encoding_gzip(want.enable_accept_encoding_gzip)
        .enable_accept_encoding_brotli(want.enable_accept_encoding_brotli)
        .headers_config(fields.build().map_err(wrong)?)
        .cookies_config(cookies.build().map_err(wrong)?)
        .query_strings_config(query_strings.build().map_err(wrong)?)
        .build()
        .map_err(wrong)
}
