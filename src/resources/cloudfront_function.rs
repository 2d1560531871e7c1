//! The CloudFront Function.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in the account and
//! ends in a version, so that a replacement stands beside the one that a distribution still uses; the
//! version is the same for a repeated create, so that makes no second one. What counts is what is
//! published (the stage LIVE): after a crash before that, a function shows as one without code, which
//! the next run publishes.

use std::collections::BTreeMap;

use aws_sdk_cloudfront::types as sdk;
use aws_smithy_types::Blob;
use futures::future::{try_join, try_join_all};
use sha2::{Digest, Sha256};

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, cloudfront, if_present, name_in, of_build, required};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Query, Resolved, State, TagChange, Tags,
};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "cloudfront:ListFunctions";
const DESCRIBE: &str = "cloudfront:DescribeFunction";
const CREATE: &str = "cloudfront:CreateFunction";
const UPDATE: &str = "cloudfront:UpdateFunction";

classes! {
    /// Identifies a CloudFront Function.
    CloudFrontFunctionArn = "cloudfront-function", "arn:aws:cloudfront::{account}:function/{name}-########";
}

/// Letters of a version at the end of a name, after a hyphen.
const VERSION_LETTERS: usize = 8;

/// JavaScript that CloudFront runs at its edge locations for every request or answer.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "cloudfront-function",
    outputs = CloudFrontFunctionOutputs,
    replacement = "create-first",
    find = "cloudfront:ListFunctions, cloudfront:GetFunction, cloudfront:ListTagsForResource",
    create = "cloudfront:CreateFunction, cloudfront:TagResource, cloudfront:PublishFunction",
    update = "cloudfront:DescribeFunction, cloudfront:UpdateFunction, cloudfront:PublishFunction, \
              cloudfront:TagResource, cloudfront:UntagResource",
    delete = "cloudfront:DescribeFunction, cloudfront:DeleteFunction"
)]
pub struct CloudFrontFunction {
    /// Its name without the hyphen and the eight letters of its version, at most 55 letters, digits,
    /// hyphens and underscores.
    #[attribute(replace)]
    pub name: String,
    /// What runs it.
    #[attribute(update)]
    pub runtime: FunctionRuntime,
    /// SHA-256 of its published code, in hexadecimal digits; empty while nothing is published.
    #[attribute(update)]
    pub code_sha256: String,
    /// What it is for, at most 128 characters.
    #[attribute(update)]
    pub comment: String,
}

/// What runs a CloudFront Function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum FunctionRuntime {
    /// ECMAScript 5.1 with parts of later editions.
    #[field("cloudfront-js-1.0")]
    CloudfrontJs1,
    /// The same with more of them, such as `async`.
    #[field("cloudfront-js-2.0")]
    CloudfrontJs2,
}

/// What a CloudFront Function gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct CloudFrontFunctionOutputs {
    /// The function's ARN.
    pub arn: Id<CloudFrontFunctionArn>,
}

impl Lifecycle for CloudFrontFunction {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let is_candidate = |name: &str| match which {
            Query::Owned { owner, .. } => {
                let own = name.strip_prefix(&owner.stack);
                own.is_some_and(|rest| rest.starts_with('-'))
            }
            Query::Ids(arns) => arns.iter().any(|arn| name_in(arn) == name),
            Query::Under(_) => false,
        };
        let mut listed = list(aws).await?;
        listed.retain(|name, _| is_candidate(name));
        let found = try_join_all(listed.into_values().map(|listed| read(aws, listed))).await?;
        let is_asked = |found: &Found<Self>| match which {
            Query::Owned { owner, .. } => owner.owns(&found.tags),
            Query::Ids(_) | Query::Under(_) => true,
        };
        Ok(found.into_iter().flatten().filter(is_asked).collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<CloudFrontFunctionOutputs, Fault> {
        let name = versioned(&want.name, &mark.token);
        let reply = aws
            .cloudfront
            .create_function()
            .name(&name)
            .function_config(config(CREATE, want, None)?)
            .function_code(code(aws, CREATE, &want.code_sha256)?)
            .tags(cloudfront::tags(CREATE, &mark.tags)?)
            .send()
            .await
            .at(CREATE)?;
        let version = required(CREATE, "the ETag", reply.e_tag)?;
        let metadata = reply.function_summary.and_then(|f| f.function_metadata);
        let metadata = required(CREATE, "the function's ARN", metadata)?;
        publish(aws, &name, version).await?;
        Ok(CloudFrontFunctionOutputs {
            arn: metadata.function_arn.into(),
        })
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<CloudFrontFunctionOutputs, Fault> {
        let name = name_in(&found.id);
        let (live, version) = in_development(aws, name).await?;
        aws.cloudfront
            .update_function()
            .name(name)
            .if_match(version)
            .function_config(config(UPDATE, want, live)?)
            .function_code(code(aws, UPDATE, &want.code_sha256)?)
            .send()
            .await
            .at(UPDATE)?;
        let (_, version) = in_development(aws, name).await?;
        publish(aws, name, version).await?;
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        cloudfront::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let name = name_in(&found.id);
        let (_, version) = in_development(aws, name).await?;
        aws.cloudfront
            .delete_function()
            .name(name)
            .if_match(version)
            .send()
            .await
            .at("cloudfront:DeleteFunction")?;
        Ok(())
    }
}

/// A name with the version that a create with this token makes.
fn versioned(name: &str, token: &str) -> String {
    let version: String = token.chars().take(VERSION_LETTERS).collect();
    format!("{name}-{version}")
}

/// A name without its version.
fn unversioned(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((stem, version)) if version.len() == VERSION_LETTERS => stem,
        Some(_) | None => name,
    }
}

/// A function as it is listed: without code and tags.
struct Listed {
    name: String,
    arn: String,
    is_live: bool,
    config: Option<sdk::FunctionConfig>,
}

/// The functions of the account by name, as they are published, else as they are in development.
async fn list(aws: &Clients) -> Result<BTreeMap<String, Listed>, Fault> {
    let listed = cloudfront::all(LIST, |start| async move {
        let call = aws.cloudfront.list_functions().set_marker(start);
        let reply = call.send().await.at(LIST)?;
        let list = required(LIST, "the list", reply.function_list)?;
        Ok((list.items, list.next_marker))
    })
    .await?;
    let mut functions: BTreeMap<String, Listed> = BTreeMap::new();
    for function in listed {
        let metadata = required(LIST, "a function's ARN", function.function_metadata)?;
        let listed = Listed {
            name: function.name.clone(),
            arn: metadata.function_arn,
            is_live: metadata.stage == Some(sdk::FunctionStage::Live),
            config: function.function_config,
        };
        let known = functions.get(&function.name);
        if listed.is_live || !known.is_some_and(|known| known.is_live) {
            functions.insert(function.name, listed);
        }
    }
    Ok(functions)
}

/// The same with its tags and its code, unless it went in between.
async fn read(aws: &Clients, listed: Listed) -> Result<Option<Found<CloudFrontFunction>>, Fault> {
    let (tags, code_sha256): (Option<Tags>, String) = try_join(
        cloudfront::tags_of(aws, &listed.arn),
        published(aws, &listed.name),
    )
    .await?;
    let Some(tags) = tags else {
        return Ok(None);
    };
    let config = required(LIST, "a function's configuration", listed.config)?;
    let runtime = FunctionRuntime::from_word(config.runtime.as_str());
    Ok(Some(Found {
        attributes: CloudFrontFunction {
            name: unversioned(&listed.name).to_owned(),
            runtime: required(LIST, "a known runtime", runtime)?,
            code_sha256,
            comment: config.comment,
        },
        outputs: CloudFrontFunctionOutputs {
            arn: listed.arn.clone().into(),
        },
        tags,
        state: State::Ready,
        id: listed.arn,
    }))
}

/// The digest of the code that runs; empty where none was published.
async fn published(aws: &Clients, name: &str) -> Result<String, Fault> {
    let reply = aws
        .cloudfront
        .get_function()
        .name(name)
        .stage(sdk::FunctionStage::Live)
        .send()
        .await
        .at("cloudfront:GetFunction");
    let code = if_present(reply)?.and_then(|reply| reply.function_code);
    Ok(code.map(|code| digest(code.as_ref())).unwrap_or_default())
}

/// SHA-256 in hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The function in the stage DEVELOPMENT, the only one that can be changed, and its version.
async fn in_development(
    aws: &Clients,
    name: &str,
) -> Result<(Option<sdk::FunctionConfig>, String), Fault> {
    let reply = aws
        .cloudfront
        .describe_function()
        .name(name)
        .stage(sdk::FunctionStage::Development)
        .send()
        .await
        .at(DESCRIBE)?;
    let config = reply.function_summary.and_then(|f| f.function_config);
    Ok((config, required(DESCRIBE, "the ETag", reply.e_tag)?))
}

async fn publish(aws: &Clients, name: &str, version: String) -> Result<(), Fault> {
    aws.cloudfront
        .publish_function()
        .name(name)
        .if_match(version)
        .send()
        .await
        .at("cloudfront:PublishFunction")?;
    Ok(())
}

/// A configuration with the wanted attributes, and for the rest, such as key value stores, as
/// `live`.
fn config(
    operation: &str,
    want: &CloudFrontFunction,
    live: Option<sdk::FunctionConfig>,
) -> Result<sdk::FunctionConfig, Fault> {
    let stores = live.and_then(|live| live.key_value_store_associations);
    sdk::FunctionConfig::builder()
        .comment(&want.comment)
        .runtime(want.runtime.as_word().into())
        .set_key_value_store_associations(stores)
        .build()
        .map_err(|error| of_build(operation, &error))
}

/// The code that a digest stands for.
fn code(aws: &Clients, operation: &str, digest: &str) -> Result<Blob, Fault> {
    let bytes = aws.contents().bytes(digest).ok_or_else(|| {
        let message = format!("the code with the SHA-256 {digest} is not at hand");
        Fault::own(FaultClass::Rejected, operation, message)
    })?;
    Ok(Blob::new(bytes.to_vec()))
}

#[cfg(test)]
#[path = "cloudfront_function_tests.rs"]
mod tests;
