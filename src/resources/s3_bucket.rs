//! The bucket for access logs.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique among all
//! accounts, so a repeated create makes no second one. A crash after the create call leaves a
//! bucket that lacks some of its settings, which the next run adds; a bucket of that name without
//! our tags is not ours, even if it is empty.

use aws_sdk_s3::types as sdk;
use futures::future::try_join_all;

use super::lifecycle::{Lifecycle, Mark};
use super::{s3_bucket_contents, s3_bucket_reading as reading};
use crate::aws::bucket::{Bucket, block_public_access, encrypt};
use crate::aws::{Call, Clients, just_made, of_build, required};
use crate::classes;
use crate::model::{
    ADDRESS_TAG, Changes, Fault, FaultClass, Found, Id, PolicyDocument, Query, Resolved, STACK_TAG,
    TagChange, Tags,
};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// The name of a bucket.
    BucketName = "s3-bucket", "{name}";
    /// The ARN of a bucket.
    BucketArn = "s3-bucket-arn", "arn:aws:s3:::{name}";
}

const CREATE: &str = "s3:CreateBucket";
const DELETE: &str = "s3:DeleteBucket";
const TAG: &str = "s3:PutBucketTagging";
const POLICY: &str = "s3:PutBucketPolicy";
const EXPIRE: &str = "s3:PutLifecycleConfiguration";

/// The tag that keeps whether the bucket may be deleted with what is in it.
pub(super) const FORCE_DESTROY_TAG: &str = "qpiac:force-destroy";
/// The region whose name CreateBucket does not take, since it is the default.
const DEFAULT_REGION: &str = "us-east-1";
/// The name of the lifecycle rule.
const RULE: &str = "expire";

/// Where the load balancer's access logs are kept.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "s3-bucket",
    outputs = S3BucketOutputs,
    replacement = "create-first",
    outage = "nothing can be written to it",
    named = "name",
    holds = "access logs",
    find = "s3:ListAllMyBuckets, s3:GetBucketTagging, s3:GetBucketPolicy, \
            s3:GetEncryptionConfiguration, s3:GetBucketPublicAccessBlock, \
            s3:GetLifecycleConfiguration",
    create = "s3:CreateBucket, s3:TagResource, s3:GetBucketTagging, \
              s3:PutBucketPublicAccessBlock, s3:PutEncryptionConfiguration, s3:PutBucketPolicy, \
              s3:PutLifecycleConfiguration",
    update = "s3:PutBucketPolicy, s3:DeleteBucketPolicy, s3:PutEncryptionConfiguration, \
              s3:PutBucketPublicAccessBlock, s3:PutLifecycleConfiguration, s3:GetBucketTagging, \
              s3:PutBucketTagging",
    delete = "s3:DeleteBucket, s3:ListBucketVersions, s3:DeleteObject, s3:DeleteObjectVersion"
)]
pub struct S3Bucket {
    /// Its name, unique among all accounts: 3 to 63 lower-case letters, digits and hyphens.
    #[attribute(replace)]
    pub name: String,
    /// Who may use it beside those whom IAM lets; absent, nobody.
    #[attribute(update)]
    pub policy: Option<PolicyDocument>,
    /// How objects are encrypted; load balancers can write only with `AES256`, by a key of S3's.
    #[attribute(update)]
    pub sse_algorithm: String,
    /// Whether everything that would make it public is blocked.
    #[attribute(update)]
    pub block_public_access: bool,
    /// When objects are deleted.
    #[attribute(update)]
    pub expiration: Expiration,
    /// Whether it may be deleted with what is in it; kept in the tag `qpiac:force-destroy`.
    #[attribute(update)]
    pub force_destroy: bool,
}

/// When objects are deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Expiration {
    /// Never.
    Never,
    /// So many days after they were written.
    AfterDays(u32),
    /// By other rules, found but never wanted; what AWS says of them.
    Other(String),
}

/// What a bucket gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct S3BucketOutputs {
    /// The bucket's name.
    #[output(from = "name")]
    pub name: Id<BucketName>,
    /// The bucket's ARN.
    pub arn: Id<BucketArn>,
}

impl S3BucketOutputs {
    pub(super) fn new(name: &str, partition: &str) -> Self {
        Self {
            name: name.into(),
            arn: format!("arn:{partition}:s3:::{name}").into(),
        }
    }
}

impl Lifecycle for S3Bucket {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let names = match which {
            Query::Owned { owner, names } => return reading::owned(aws, owner, names).await,
            Query::Ids(names) => names,
            Query::Under(_) => return Ok(Vec::new()),
        };
        let read = names.iter().map(|name| async {
            match reading::tags_of(aws, name).await? {
                Some(tags) => reading::read(aws, name, tags).await,
                None => Ok(None),
            }
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<S3BucketOutputs, Fault> {
        let name = &want.name;
        // CreateBucket of one's own bucket succeeds in us-east-1, whoever made it.
        match reading::tags_of(aws, name).await? {
            Some(tags) => refuse_foreign(name, &tags, &mark.tags)?,
            None => make(aws, want, mark).await?,
        }
        // One after the other: S3 refuses changes of a bucket that are made together.
        just_made(block_public_access(&aws.s3, named(name), want.block_public_access).await)?;
        if want.sse_algorithm != reading::DEFAULT_ENCRYPTION {
            just_made(encrypt(&aws.s3, named(name), &want.sse_algorithm).await)?;
        }
        if want.policy.is_some() {
            just_made(set_policy(aws, name, want.policy.as_ref()).await)?;
        }
        if want.expiration != Expiration::Never {
            just_made(set_expiration(aws, name, &want.expiration).await)?;
        }
        Ok(S3BucketOutputs::new(name, aws.partition()))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<S3BucketOutputs, Fault> {
        let name = &found.id;
        if changes.has("block_public_access") {
            block_public_access(&aws.s3, named(name), want.block_public_access).await?;
        }
        if changes.has("sse_algorithm") {
            encrypt(&aws.s3, named(name), &want.sse_algorithm).await?;
        }
        if changes.has("policy") {
            set_policy(aws, name, want.policy.as_ref()).await?;
        }
        if changes.has("expiration") {
            set_expiration(aws, name, &want.expiration).await?;
        }
        if changes.has("force_destroy") {
            let mut change = TagChange::default();
            if want.force_destroy {
                change.set = with_force_destroy(Tags::new(), true);
            } else {
                change.remove = vec![FORCE_DESTROY_TAG.to_owned()];
            }
            change_tags(aws, name, &change).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        change_tags(aws, &found.id, tags).await
    }

    /// Logs arrive for some minutes after logging is off, so what must be emptied may have to be
    /// emptied again.
    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let is_forced = found.attributes.force_destroy;
        if is_forced {
            s3_bucket_contents::delete_all(aws, &found.id).await?;
        }
        let reply = aws.s3.delete_bucket().bucket(&found.id).send().await;
        reply.at(DELETE).map_err(|mut fault| {
            if fault.code == "BucketNotEmpty" && is_forced {
                fault.class = FaultClass::Conflict;
            } else if fault.code == "BucketNotEmpty" {
                fault.message.push_str(
                    "; delete the logs in it, or apply `force_destroy: true` in \
                     `load_balancer.access_logs` before",
                );
            }
            fault
        })?;
        Ok(())
    }
}

fn refuse_foreign(name: &str, found: &Tags, mark: &Tags) -> Result<(), Fault> {
    let is_ours = [STACK_TAG, ADDRESS_TAG]
        .iter()
        .all(|key| found.get(*key) == mark.get(*key));
    if is_ours {
        return Ok(());
    }
    let message = format!(
        "the bucket {name} exists and does not belong to this stack; delete it or give the stack \
         another name"
    );
    Err(Fault::own(FaultClass::Rejected, CREATE, message))
}

async fn make(aws: &Clients, want: &S3Bucket, mark: &Mark) -> Result<(), Fault> {
    let tags = with_force_destroy(mark.tags.clone(), want.force_destroy);
    let mut place =
        sdk::CreateBucketConfiguration::builder().set_tags(Some(to_sdk(CREATE, &tags)?));
    if aws.region() != DEFAULT_REGION {
        place = place.location_constraint(aws.region().into());
    }
    aws.s3
        .create_bucket()
        .bucket(&want.name)
        .create_bucket_configuration(place.build())
        .send()
        .await
        .at(CREATE)?;
    Ok(())
}

fn with_force_destroy(mut tags: Tags, force_destroy: bool) -> Tags {
    if force_destroy {
        tags.insert(FORCE_DESTROY_TAG.to_owned(), "true".to_owned());
    }
    tags
}

fn to_sdk(operation: &str, tags: &Tags) -> Result<Vec<sdk::Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

/// S3 replaces all tags of a bucket at once.
async fn change_tags(aws: &Clients, name: &str, change: &TagChange) -> Result<(), Fault> {
    let mut tags = required(TAG, "the bucket", reading::tags_of(aws, name).await?)?;
    tags.retain(|key, _| !change.remove.contains(key));
    tags.extend(change.set.clone());
    let tags = sdk::Tagging::builder()
        .set_tag_set(Some(to_sdk(TAG, &tags)?))
        .build()
        .map_err(|error| of_build(TAG, &error))?;
    let call = aws.s3.put_bucket_tagging().bucket(name).tagging(tags);
    call.send().await.at(TAG)?;
    Ok(())
}

/// The bucket by its name.
fn named(name: &str) -> Bucket<'_> {
    Bucket { name, owner: None }
}

async fn set_policy(
    aws: &Clients,
    name: &str,
    policy: Option<&PolicyDocument>,
) -> Result<(), Fault> {
    match policy {
        Some(policy) => {
            let text = required(POLICY, "a policy's text", policy.to_json_text())?;
            let call = aws.s3.put_bucket_policy().bucket(name).policy(text);
            call.send().await.at(POLICY)?;
        }
        None => {
            let call = aws.s3.delete_bucket_policy().bucket(name);
            call.send().await.at("s3:DeleteBucketPolicy")?;
        }
    }
    Ok(())
}

async fn set_expiration(aws: &Clients, name: &str, expiration: &Expiration) -> Result<(), Fault> {
    let days = match expiration {
        Expiration::AfterDays(days) => i32::try_from(*days).unwrap_or(i32::MAX),
        Expiration::Never => {
            let call = aws.s3.delete_bucket_lifecycle().bucket(name);
            call.send().await.at(EXPIRE)?;
            return Ok(());
        }
        Expiration::Other(what) => {
            let message = format!("no lifecycle rules can be made from `{what}`");
            return Err(Fault::own(FaultClass::Rejected, EXPIRE, message));
        }
    };
    let rule = sdk::LifecycleRule::builder()
        .id(RULE)
        .status(sdk::ExpirationStatus::Enabled)
        .filter(sdk::LifecycleRuleFilter::builder().prefix("").build())
        .expiration(sdk::LifecycleExpiration::builder().days(days).build())
        .build()
        .map_err(|error| of_build(EXPIRE, &error))?;
    let rules = sdk::BucketLifecycleConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(|error| of_build(EXPIRE, &error))?;
    aws.s3
        .put_bucket_lifecycle_configuration()
        .bucket(name)
        .lifecycle_configuration(rules)
        .send()
        .await
        .at(EXPIRE)?;
    Ok(())
}

#[cfg(test)]
#[path = "s3_bucket_tests.rs"]
mod tests;
