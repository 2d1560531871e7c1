//! Settings of an S3 bucket, whoever's it is.
//!
//! May depend on `fault`. Invariant: where an owner is named, a bucket of somebody else is refused.

use aws_sdk_s3::types as sdk;

use super::fault::{Call, of_build};
use crate::model::Fault;

const ENCRYPT: &str = "s3:PutEncryptionConfiguration";

/// A bucket, by name.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    /// Its name.
    pub name: &'a str,
    /// The account that must own it, where that is checked.
    pub owner: Option<&'a str>,
}

/// Blocks public access in every way, or in none.
///
/// # Errors
/// The fault of the call.
pub async fn block_public_access(
    s3: &aws_sdk_s3::Client,
    bucket: Bucket<'_>,
    on: bool,
) -> Result<(), Fault> {
    let block = sdk::PublicAccessBlockConfiguration::builder()
        .block_public_acls(on)
        .ignore_public_acls(on)
        .block_public_policy(on)
        .restrict_public_buckets(on)
        .build();
    s3.put_public_access_block()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner.map(str::to_owned))
        .public_access_block_configuration(block)
        .send()
        .await
        .at("s3:PutBucketPublicAccessBlock")?;
    Ok(())
}

/// Encrypts what is stored from now on, such as with `AES256`.
///
/// # Errors
/// The fault of the call.
pub async fn encrypt(
    s3: &aws_sdk_s3::Client,
    bucket: Bucket<'_>,
    algorithm: &str,
) -> Result<(), Fault> {
    let by_default = sdk::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm.into())
        .build()
        .map_err(|error| of_build(ENCRYPT, &error))?;
    let rule = sdk::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .build();
    let encryption = sdk::ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| of_build(ENCRYPT, &error))?;
    s3.put_bucket_encryption()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner.map(str::to_owned))
        .server_side_encryption_configuration(encryption)
        .send()
        .await
        .at(ENCRYPT)?;
    Ok(())
}
