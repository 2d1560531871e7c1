//! Small objects in an S3 bucket, written under conditions.
//!
//! May depend on the rest of `aws`. Invariant: every call but the bucket's creation names the account
//! that must own the bucket, since anybody can guess its name and have it first.

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types as sdk;

use super::bucket::{self, Bucket};
use super::clients::Clients;
use super::fault::{Call, of_build};
use super::presence::if_present;
use crate::model::{Fault, FaultClass};

/// The region that `CreateBucket` must not name.
const DEFAULT_REGION: &str = "us-east-1";
/// After how many days a version that was replaced is deleted.
const OLD_VERSION_DAYS: i32 = 1;
/// The largest object that is read, in bytes.
const LARGEST_BYTES: usize = 16 << 20;
/// How objects are encrypted: with keys of S3's own.
const ENCRYPTION: &str = "AES256";
/// The most keys that are looked through.
const KEYS_MAX: usize = 100_000;

const CREATE: &str = "s3:CreateBucket";
const LIFECYCLE: &str = "s3:PutLifecycleConfiguration";
const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
const LIST: &str = "s3:ListBucket";

/// What is called here, as IAM names it: first what concerns the bucket, then what its objects.
pub const OPERATIONS: ([&str; 7], [&str; 2]) = (
    [
        CREATE,
        LIST,
        "s3:GetLifecycleConfiguration",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketVersioning",
        LIFECYCLE,
    ],
    [GET, PUT],
);

/// A bucket of this account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub bucket: String,
    /// The account that must own it.
    pub account: String,
}

/// The condition of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// None.
    Always,
    /// There is no such object.
    Absent,
    /// The object has this ETag.
    Unchanged(&'a str),
}

/// An object's content and ETag; nothing where there is no such object or bucket.
///
/// # Errors
/// The fault of the read; also for an object that is larger than all that is written here.
pub async fn get(aws: &Clients, at: &Place, key: &str) -> Result<Option<(Vec<u8>, String)>, Fault> {
    let call = aws.own_s3.get_object().bucket(&at.bucket).key(key);
    let reply = call.expected_bucket_owner(&at.account).send().await.at(GET);
    let Some(mut reply) = if_present(named(at, reply))? else {
        return Ok(None);
    };
    let mut body = Vec::new();
    while let Some(piece) = reply.body.next().await {
        let piece = piece.map_err(|error| {
            Fault::own(
                FaultClass::Unknown,
                GET,
                format!("{key} broke off: {error}"),
            )
        })?;
        body.extend_from_slice(&piece);
        if body.len() > LARGEST_BYTES {
            let message = format!("{key} is larger than {LARGEST_BYTES} bytes");
            return Err(Fault::own(FaultClass::Rejected, GET, message));
        }
    }
    Ok(Some((body, reply.e_tag.unwrap_or_default())))
}

/// Writes an object where the condition holds, and gives its ETag; nothing where it does not hold.
///
/// # Errors
/// The fault of the write.
pub async fn put(
    aws: &Clients,
    at: &Place,
    key: &str,
    body: Vec<u8>,
    condition: Condition<'_>,
) -> Result<Option<String>, Fault> {
    let call = aws
        .own_s3
        .put_object()
        .bucket(&at.bucket)
        .key(key)
        .expected_bucket_owner(&at.account)
        .content_type("application/json")
        .body(ByteStream::from(body));
    let call = match condition {
        Condition::Always => call,
        Condition::Absent => call.if_none_match("*"),
        Condition::Unchanged(etag) => call.if_match(etag),
    };
    let reply = call.send().await;
    let is_refused = is_refused(&reply, condition);
    match reply.at(PUT) {
        Ok(reply) => Ok(Some(reply.e_tag.unwrap_or_default())),
        Err(_) if is_refused => Ok(None),
        Err(fault) => named(at, Err(fault)),
    }
}

/// Whether the condition does not hold: another content, or none any more (S3 user guide,
/// "Conditional writes").
fn is_refused<T, E>(
    reply: &Result<T, SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>>,
    condition: Condition<'_>,
) -> bool {
    let Err(SdkError::ServiceError(context)) = reply else {
        return false;
    };
    let status = context.raw().status().as_u16();
    match condition {
        Condition::Always => false,
        Condition::Absent => matches!(status, 409 | 412),
        Condition::Unchanged(_) => matches!(status, 404 | 409 | 412),
    }
}

/// The keys that begin so, in the order of their letters.
///
/// # Errors
/// The fault of a read; nothing was left out.
pub async fn list(aws: &Clients, at: &Place, prefix: &str) -> Result<Vec<String>, Fault> {
    let mut pages = aws
        .own_s3
        .list_objects_v2()
        .bucket(&at.bucket)
        .prefix(prefix)
        .expected_bucket_owner(&at.account)
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let Some(page) = if_present(named(at, page.at(LIST)))? else {
            return Ok(Vec::new());
        };
        keys.extend(page.contents.into_iter().flatten().filter_map(|o| o.key));
        if keys.len() > KEYS_MAX {
            let message = format!("there are more than {KEYS_MAX} objects {prefix}*");
            return Err(Fault::own(FaultClass::Rejected, LIST, message));
        }
    }
    Ok(keys)
}

/// Makes the bucket, where there is none, and makes it private, encrypted and versioned.
///
/// The last setting tells a bucket that is ready from one whose making broke off.
///
/// # Errors
/// The fault of a call; the making then goes on with the next run.
pub async fn prepare(aws: &Clients, at: &Place) -> Result<(), Fault> {
    let reply = aws
        .own_s3
        .get_bucket_lifecycle_configuration()
        .bucket(&at.bucket)
        .expected_bucket_owner(&at.account)
        .send()
        .await
        .at("s3:GetLifecycleConfiguration");
    match named(at, reply) {
        Ok(_) => return Ok(()),
        Err(fault) if fault.code == "NoSuchBucket" => create(aws, at).await?,
        Err(fault) if fault.class == FaultClass::Missing => {}
        Err(fault) => return Err(fault),
    }
    let this = Bucket {
        name: &at.bucket,
        owner: Some(&at.account),
    };
    bucket::block_public_access(&aws.own_s3, this, true).await?;
    bucket::encrypt(&aws.own_s3, this, ENCRYPTION).await?;
    keep_versions(aws, at).await?;
    expire_old_versions(aws, at).await
}

async fn create(aws: &Clients, at: &Place) -> Result<(), Fault> {
    let mut call = aws.own_s3.create_bucket().bucket(&at.bucket);
    if aws.region() != DEFAULT_REGION {
        let place = sdk::CreateBucketConfiguration::builder()
            .location_constraint(aws.region().into())
            .build();
        call = call.create_bucket_configuration(place);
    }
    match call.send().await.at(CREATE) {
        Ok(_) => Ok(()),
        // Another run was faster.
        Err(fault) if fault.code == "BucketAlreadyOwnedByYou" => Ok(()),
        Err(mut fault) if fault.code == "BucketAlreadyExists" => {
            fault.message = format!(
                "the bucket {}, in which qpiac keeps leases, belongs to somebody else, who must \
                 have guessed its name; ask AWS's support for it, or use another account or region",
                at.bucket
            );
            Err(fault)
        }
        Err(fault) => Err(fault),
    }
}

/// A denial may mean that the bucket is somebody else's.
fn named<T>(at: &Place, reply: Result<T, Fault>) -> Result<T, Fault> {
    reply.map_err(|mut fault| {
        if fault.class == FaultClass::Denied {
            fault.message = format!(
                "{} (the bucket is {}, which must belong to account {})",
                fault.message, at.bucket, at.account
            );
        }
        fault
    })
}

async fn keep_versions(aws: &Clients, at: &Place) -> Result<(), Fault> {
    let versioning = sdk::VersioningConfiguration::builder()
        .status(sdk::BucketVersioningStatus::Enabled)
        .build();
    aws.own_s3
        .put_bucket_versioning()
        .bucket(&at.bucket)
        .expected_bucket_owner(&at.account)
        .versioning_configuration(versioning)
        .send()
        .await
        .at("s3:PutBucketVersioning")?;
    Ok(())
}

async fn expire_old_versions(aws: &Clients, at: &Place) -> Result<(), Fault> {
    let rule = sdk::LifecycleRule::builder()
        .id("old-versions")
        .status(sdk::ExpirationStatus::Enabled)
        .filter(sdk::LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(
            sdk::NoncurrentVersionExpiration::builder()
                .noncurrent_days(OLD_VERSION_DAYS)
                .build(),
        )
        .build()
        .map_err(|error| of_build(LIFECYCLE, &error))?;
    let lifecycle = sdk::BucketLifecycleConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| of_build(LIFECYCLE, &error))?;
    aws.own_s3
        .put_bucket_lifecycle_configuration()
        .bucket(&at.bucket)
        .expected_bucket_owner(&at.account)
        .lifecycle_configuration(lifecycle)
        .send()
        .await
        .at(LIFECYCLE)?;
    Ok(())
}
