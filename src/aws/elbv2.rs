//! What load balancers and target groups have in common: listings, tags, ownership.
//!
//! May depend on the other modules of `aws`. Invariant: tags that AWS sets itself (`aws:`) are never
//! seen above.

mod listing;

use aws_sdk_elasticloadbalancingv2::types::Tag;

use super::clients::Clients;
use super::fault::Call;
use crate::model::{ADDRESS_TAG, Fault, FaultClass, STACK_TAG, TagChange, Tags};

pub use listing::{Detailed, load_balancers, tags_of_stack, target_groups};

/// Refuses to take what exists under a wanted name for ours, unless it bears all of our mark.
///
/// CreateLoadBalancer and CreateTargetGroup answer with the existing resource where its settings
/// are as asked for, whoever made it (Elastic Load Balancing API reference).
///
/// # Errors
/// A fault that names the resource, or the fault of reading its tags.
pub async fn refuse_foreign(
    aws: &Clients,
    operation: &str,
    arn: &str,
    mark: &Tags,
) -> Result<(), Fault> {
    let mut tags = listing::describe_tags(aws, &[arn.to_owned()]).await?;
    let found = tags.remove(arn).unwrap_or_default();
    if [STACK_TAG, ADDRESS_TAG]
        .iter()
        .all(|key| found.get(*key) == mark.get(*key))
    {
        return Ok(());
    }
    Err(Fault::own(
        FaultClass::Rejected,
        operation,
        format!(
            "the name is taken by {arn}, which does not belong to this stack; delete that one or \
             give the stack another name"
        ),
    ))
}

/// Tags as a create call takes them.
pub fn tags(tags: &Tags) -> Option<Vec<Tag>> {
    Some(
        tags.iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect(),
    )
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

/// Sets and removes tags.
///
/// # Errors
/// The fault of either call.
pub async fn retag(aws: &Clients, arn: &str, change: &TagChange) -> Result<(), Fault> {
    if !change.set.is_empty() {
        aws.elbv2
            .add_tags()
            .resource_arns(arn)
            .set_tags(tags(&change.set))
            .send()
            .await
            .at("elasticloadbalancing:AddTags")?;
    }
    if !change.remove.is_empty() {
        aws.elbv2
            .remove_tags()
            .resource_arns(arn)
            .set_tag_keys(Some(change.remove.clone()))
            .send()
            .await
            .at("elasticloadbalancing:RemoveTags")?;
    }
    Ok(())
}

/// A number as the SDK takes it; one that is too large for it is too large for AWS as well.
pub fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A number as the SDK gives it; AWS gives no negative ones.
pub fn read_number(number: Option<i32>) -> u32 {
    number
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_default()
}

/// A port as the SDK gives it.
pub fn read_port(port: Option<i32>) -> u16 {
    port.and_then(|port| u16::try_from(port).ok())
        .unwrap_or_default()
}
