//! CloudWatch's tags.
//!
//! May depend on `fault`. Invariant: tags that AWS sets itself (`aws:`) are never seen above.

use aws_sdk_cloudwatch::types::Tag;

use super::clients::Clients;
use super::fault::Call;
use crate::model::{Fault, TagChange, Tags};

/// Tags as a call takes them.
pub fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// The tags of the resource with this ARN.
///
/// # Errors
/// The fault of the call.
pub async fn tags_of(aws: &Clients, arn: &str) -> Result<Tags, Fault> {
    let reply = aws
        .cloudwatch
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .at("cloudwatch:ListTagsForResource")?;
    Ok(reply
        .tags
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect())
}

/// Sets and removes tags of the resource with this ARN.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, arn: &str, change: &TagChange) -> Result<(), Fault> {
    if !change.set.is_empty() {
        aws.cloudwatch
            .tag_resource()
            .resource_arn(arn)
            .set_tags(Some(tags(&change.set)))
            .send()
            .await
            .at("cloudwatch:TagResource")?;
    }
    if !change.remove.is_empty() {
        aws.cloudwatch
            .untag_resource()
            .resource_arn(arn)
            .set_tag_keys(Some(change.remove.clone()))
            .send()
            .await
            .at("cloudwatch:UntagResource")?;
    }
    Ok(())
}
