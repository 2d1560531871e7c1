//! ECS's tags, names and the one listing of clusters.
//!
//! May depend on `fault` and `presence`. Invariant: tags that AWS sets itself (`aws:`) are never seen above.

use std::sync::Arc;

use aws_sdk_ecs::types::Tag;

use super::clients::Clients;
use super::fault::Call;
use super::presence::name_in;
use crate::model::{Fault, TagChange, Tags};

/// Tags as a create call takes them.
pub fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Tags as a reply gives them.
pub fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

/// Sets and removes tags of the resource with this ARN.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, arn: &str, change: &TagChange) -> Result<(), Fault> {
    if !change.set.is_empty() {
        aws.ecs
            .tag_resource()
            .resource_arn(arn)
            .set_tags(Some(tags(&change.set)))
            .send()
            .await
            .at("ecs:TagResource")?;
    }
    if !change.remove.is_empty() {
        aws.ecs
            .untag_resource()
            .resource_arn(arn)
            .set_tag_keys(Some(change.remove.clone()))
            .send()
            .await
            .at("ecs:UntagResource")?;
    }
    Ok(())
}

/// The names of the region's clusters, without those that are inactive. The API filters by nothing.
///
/// # Errors
/// The fault of the call.
pub async fn cluster_names(aws: &Clients) -> Result<Arc<Vec<String>>, Fault> {
    aws.once("ecs:ListClusters".to_owned(), |aws| async move {
        let arns = aws
            .ecs
            .list_clusters()
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ecs:ListClusters")?;
        Ok(arns.iter().map(|arn| name_in(arn).to_owned()).collect())
    })
    .await
}
