//! Reading buckets: the listing, and the settings that S3 gives one by one.
//!
//! May depend on `aws` and `model`. Invariant: that a setting was never made is told apart from a
//! bucket that is gone, and neither from a read that failed.

use std::collections::BTreeSet;

use aws_sdk_s3::types as sdk;
use futures::future::{try_join_all, try_join4};

use super::s3_bucket::{Expiration, FORCE_DESTROY_TAG, S3Bucket, S3BucketOutputs};
use crate::aws::{Call, Clients, branch, if_present, required};
use crate::model::{Fault, FaultClass, Found, Owner, PolicyDocument, State, Tags};

const LIST: &str = "s3:ListAllMyBuckets";
const POLICY: &str = "s3:GetBucketPolicy";
/// How S3 encrypts objects of a bucket that was never told how.
pub(super) const DEFAULT_ENCRYPTION: &str = "AES256";

/// The buckets of a stack, and those that are in the way of one that is wanted.
pub(super) async fn owned(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<Found<S3Bucket>>, Fault> {
    let near = near(aws, owner, names).await?;
    let read = near.iter().map(|name| {
        branch(async move {
            match tags_of(aws, name).await? {
                Some(tags) if owner.owns(&tags) || names.contains(name) => {
                    read(aws, name, tags).await
                }
                Some(_) | None => Ok(None),
            }
        })
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// The names of the buckets that may be the stack's, or are in the way of one that is wanted.
async fn near(aws: &Clients, owner: &Owner, names: &[String]) -> Result<BTreeSet<String>, Fault> {
    let own = format!("{}-", owner.stack);
    let elsewhere = names.iter().filter(|name| !name.starts_with(&own));
    let listings = std::iter::once(&own)
        .chain(elsewhere)
        .map(|prefix| branch(list(aws, prefix)));
    let listed = try_join_all(listings).await?.into_iter().flatten();
    Ok(listed
        .filter(|name| name.starts_with(&own) || names.contains(name))
        .collect())
}

/// The buckets of the region whose names begin so.
async fn list(aws: &Clients, prefix: &str) -> Result<Vec<String>, Fault> {
    let pages = aws
        .s3
        .list_buckets()
        .prefix(prefix)
        .bucket_region(aws.region())
        .into_paginator()
        .send()
        .try_collect()
        .await
        .at(LIST)?;
    let buckets = pages
        .into_iter()
        .flat_map(|page| page.buckets.unwrap_or_default());
    Ok(buckets.filter_map(|bucket| bucket.name).collect())
}

/// A bucket with its settings, which are read at the same time; nothing where there is none.
pub(super) async fn read(
    aws: &Clients,
    name: &str,
    mut tags: Tags,
) -> Result<Option<Found<S3Bucket>>, Fault> {
    let settings = try_join4(
        branch(policy(aws, name)),
        branch(encryption(aws, name)),
        branch(is_public_access_blocked(aws, name)),
        branch(expiration(aws, name)),
    );
    let Some((policy, sse_algorithm, block_public_access, expiration)) =
        if_present(settings.await)?
    else {
        return Ok(None);
    };
    let force_destroy = tags.remove(FORCE_DESTROY_TAG).as_deref() == Some("true");
    Ok(Some(Found {
        id: name.to_owned(),
        attributes: S3Bucket {
            name: name.to_owned(),
            policy,
            sse_algorithm,
            block_public_access,
            expiration,
            force_destroy,
        },
        outputs: S3BucketOutputs::new(name, aws.partition()),
        tags,
        state: State::Ready,
    }))
}

/// A setting, or nothing where it was never made.
fn if_set<T>(read: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match read {
        Err(fault) if fault.class == FaultClass::Missing && fault.code != "NoSuchBucket" => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// The tags of a bucket, without those that AWS sets; nothing where there is no bucket.
pub(super) async fn tags_of(aws: &Clients, name: &str) -> Result<Option<Tags>, Fault> {
    let reply = aws.s3.get_bucket_tagging().bucket(name).send().await;
    let tags = if_set(reply.at("s3:GetBucketTagging")).map(|reply| {
        let tags = reply.map(|reply| reply.tag_set).unwrap_or_default();
        tags.into_iter()
            .map(|tag| (tag.key, tag.value))
            .filter(|(key, _)| !key.starts_with("aws:"))
            .collect()
    });
    if_present(tags)
}

async fn policy(aws: &Clients, name: &str) -> Result<Option<PolicyDocument>, Fault> {
    let reply = aws.s3.get_bucket_policy().bucket(name).send().await;
    let text = if_set(reply.at(POLICY))?.and_then(|reply| reply.policy);
    let document = text.as_deref().map(PolicyDocument::parse).transpose();
    document.map_err(|error| {
        let message = format!("AWS answered with a policy that is no JSON: {error}");
        Fault::own(FaultClass::Rejected, POLICY, message)
    })
}

async fn encryption(aws: &Clients, name: &str) -> Result<String, Fault> {
    let operation = "s3:GetEncryptionConfiguration";
    let reply = aws.s3.get_bucket_encryption().bucket(name).send().await;
    let encryption = if_set(reply.at(operation))?;
    let Some(encryption) = encryption.and_then(|r| r.server_side_encryption_configuration) else {
        return Ok(DEFAULT_ENCRYPTION.to_owned());
    };
    let mut rules = encryption.rules.into_iter();
    let by_default = rules.find_map(|rule| rule.apply_server_side_encryption_by_default);
    let by_default = required(operation, "how objects are encrypted", by_default)?;
    Ok(by_default.sse_algorithm.as_str().to_owned())
}

async fn is_public_access_blocked(aws: &Clients, name: &str) -> Result<bool, Fault> {
    let reply = aws.s3.get_public_access_block().bucket(name).send().await;
    let block = if_set(reply.at("s3:GetBucketPublicAccessBlock"))?;
    let block = block.and_then(|reply| reply.public_access_block_configuration);
    Ok(block.is_some_and(|block| {
        [
            block.block_public_acls,
            block.ignore_public_acls,
            block.block_public_policy,
            block.restrict_public_buckets,
        ]
        .iter()
        .all(|on| *on == Some(true))
    }))
}

async fn expiration(aws: &Clients, name: &str) -> Result<Expiration, Fault> {
    let call = aws.s3.get_bucket_lifecycle_configuration().bucket(name);
    let reply = if_set(call.send().await.at("s3:GetLifecycleConfiguration"))?;
    let rules = reply.and_then(|reply| reply.rules).unwrap_or_default();
    Ok(match rules.as_slice() {
        [] => Expiration::Never,
        [rule] => match days(rule) {
            Some(days) => Expiration::AfterDays(days),
            None => Expiration::Other(described(&rules)),
        },
        [_, _, ..] => Expiration::Other(described(&rules)),
    })
}

/// The days of a rule that deletes every object after these and does nothing else.
fn days(rule: &sdk::LifecycleRule) -> Option<u32> {
    let is_everything = rule.filter.as_ref().is_none_or(|filter| {
        filter.prefix.as_deref().is_none_or(str::is_empty)
            && filter.tag.is_none()
            && filter.and.is_none()
            && filter.object_size_greater_than.is_none()
            && filter.object_size_less_than.is_none()
    });
    let is_alone = rule.transitions().is_empty()
        && rule.noncurrent_version_transitions().is_empty()
        && rule.noncurrent_version_expiration.is_none()
        && rule.abort_incomplete_multipart_upload.is_none();
    let is_on = rule.status == sdk::ExpirationStatus::Enabled;
    let days = rule.expiration.as_ref().and_then(|e| e.days);
    days.filter(|_| is_everything && is_alone && is_on)
        .and_then(|days| u32::try_from(days).ok())
}

fn described(rules: &[sdk::LifecycleRule]) -> String {
    let names: Vec<&str> = rules
        .iter()
        .map(|rule| rule.id.as_deref().unwrap_or("a rule without a name"))
        .collect();
    names.join(", ")
}
