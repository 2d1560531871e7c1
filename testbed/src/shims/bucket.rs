//! S3 buckets.
//!
//! - `CreateBucket` with `Tags` in its configuration: AWS gives the bucket these tags; moto ignores
//!   them.
//! - A new bucket on AWS blocks public access, encrypts with SSE-S3 (`AES256`) and has its objects
//!   owned by the bucket's owner (`BucketOwnerEnforced`); in moto it has none of these settings, in
//!   ministack it does not block public access.
//! - `CreateBucket` of a bucket of one's own outside us-east-1: AWS refuses with
//!   `BucketAlreadyOwnedByYou`; the emulators too, so nothing is done here.

use anyhow::Result;

use super::{Answer, Next, Shim};
use crate::operation::Request;
use crate::reply::Reply;
use crate::xml::Element;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What a new bucket has on AWS: where it is read, and what is put there.
const SETTINGS: [(&str, &str); 3] = [
    (
        "publicAccessBlock",
        "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
         <BlockPublicPolicy>true</BlockPublicPolicy>\
         <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
    ),
    (
        "encryption",
        "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
         <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
         </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>\
         </ServerSideEncryptionConfiguration>",
    ),
    (
        "ownershipControls",
        "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>\
         <ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>",
    ),
];

pub(crate) struct Bucket;

impl Shim for Bucket {
    fn operations(&self) -> &'static [&'static str] {
        &["s3:CreateBucket"]
    }

    fn serve<'a>(&'a self, request: &'a Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(create(request, next))
    }
}

async fn create(request: &Request, next: Next<'_>) -> Result<Reply> {
    let name = request.text("Bucket");
    let there = next.rest("s3", "HEAD", &format!("/{name}"), "").await?.1;
    let reply = next.forward(request).await?;
    if there.is_success() || !reply.is_success() {
        return Ok(reply);
    }
    for (place, setting) in SETTINGS {
        let path = format!("/{name}?{place}");
        if !next.rest("s3", "GET", &path, "").await?.1.is_success() {
            next.rest("s3", "PUT", &path, setting).await?;
        }
    }
    let sent = Element::parse(request.text("Body")).unwrap_or_default();
    let tags = sent.members("Tags").to_vec();
    if !tags.is_empty() {
        let mut tagging = Element::list("Tagging", vec![Element::list("TagSet", tags)]);
        tagging.namespace = Some(NAMESPACE.to_owned());
        let path = format!("/{name}?tagging");
        next.rest("s3", "PUT", &path, &tagging.to_string()).await?;
    }
    Ok(reply)
}
