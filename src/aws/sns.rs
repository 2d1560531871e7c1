//! SNS's tags.
//!
//! May depend on `fault` and `once`. Invariant: tags that AWS sets itself (`aws:`) are never seen
//! above.

use std::sync::Arc;

use aws_sdk_sns::types::Tag;

use super::clients::Clients;
use super::fault::{Call, of_build};
use crate::model::{Fault, TagChange, Tags};

/// Tags as a call takes them.
///
/// # Errors
/// A fault where the SDK refuses one.
pub fn tags(operation: &str, tags: &Tags) -> Result<Vec<Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

/// The tags of the topic with this ARN.
///
/// # Errors
/// The fault of the call.
pub async fn tags_of(aws: &Clients, topic: &str) -> Result<Arc<Tags>, Fault> {
    let operation = "sns:ListTagsForResource";
    let arn = topic.to_owned();
    aws.once(format!("{operation} of {topic}"), move |aws| async move {
        let call = aws.sns.list_tags_for_resource().resource_arn(arn);
        let tags = call.send().await.at(operation)?.tags.unwrap_or_default();
        Ok(tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .filter(|(key, _)| !key.starts_with("aws:"))
            .collect())
    })
    .await
}

/// Sets and removes tags of the topic with this ARN.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, topic: &str, change: &TagChange) -> Result<(), Fault> {
    if !change.set.is_empty() {
        let operation = "sns:TagResource";
        aws.sns
            .tag_resource()
            .resource_arn(topic)
            .set_tags(Some(tags(operation, &change.set)?))
            .send()
            .await
            .at(operation)?;
    }
    if !change.remove.is_empty() {
        aws.sns
            .untag_resource()
            .resource_arn(topic)
            .set_tag_keys(Some(change.remove.clone()))
            .send()
            .await
            .at("sns:UntagResource")?;
    }
    Ok(())
}
