//! How secrets are read, for the kinds `secret` and `secret-rotation`.
//!
//! May depend on `aws` and `model`. Invariant: a secret that is scheduled for deletion is absent.

use std::sync::Arc;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{
    Filter, FilterNameStringType, RotationRulesType, SecretListEntry, Tag,
};
use futures::future::try_join_all;

use crate::aws::{Call, Clients, if_present, required};
use crate::model::{Fault, Owner, STACK_TAG, Tags};

const LIST: &str = "secretsmanager:ListSecrets";
const DESCRIBE: &str = "secretsmanager:DescribeSecret";
/// The label of the version that is in use.
pub(super) const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation makes.
pub(super) const PENDING: &str = "AWSPENDING";
/// The label of the version that was in use before.
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// What AWS puts behind a secret's name in its ARN.
const SUFFIX_LENGTH: usize = "-AbCdEf".len();

/// A secret without its value.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) tags: Tags,
    /// Versions other than the current one that are still in use: pending or previous.
    pub(super) other_versions: usize,
    /// The function that rotates it, where rotation is on.
    pub(super) rotation: Option<Rotation>,
}

/// How a secret is rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotation {
    pub(super) function: String,
    pub(super) after_days: i64,
}

/// The secrets that bear the owner tags of this stack.
///
/// The listing may lag by five minutes (ListSecrets in the API reference), so what is known by name
/// is better [`described`].
pub(super) async fn owned(aws: &Clients, owner: &Owner) -> Result<Arc<Vec<Listed>>, Fault> {
    let owner = owner.clone();
    aws.once(format!("{LIST} {owner}"), |aws| async move {
        let filter = |key, value: String| Filter::builder().key(key).values(value).build();
        let pages = aws
            .secrets
            .list_secrets()
            .filters(filter(FilterNameStringType::TagKey, STACK_TAG.to_owned()))
            .filters(filter(FilterNameStringType::TagValue, owner.to_string()))
            .into_paginator()
            .send()
            .try_collect()
            .await
            .at(LIST)?;
        let listed = pages
            .into_iter()
            .flat_map(|page| page.secret_list.unwrap_or_default());
        let mut secrets = Vec::new();
        for secret in listed.filter(|secret| secret.deleted_date.is_none()) {
            let secret = of_list(secret)?;
            // A filter by tags finds whatever begins like them.
            if owner.owns(&secret.tags) {
                secrets.push(secret);
            }
        }
        Ok(secrets)
    })
    .await
}

/// The secrets with these names, without those that are not there.
pub(super) async fn described(
    aws: &Clients,
    names: impl IntoIterator<Item = &str>,
) -> Result<Vec<Listed>, Fault> {
    let reads = names.into_iter().map(|name| {
        let name = name.to_owned();
        aws.once(format!("{DESCRIBE} {name}"), |aws| async move {
            match describe(&aws, &name).await? {
                Some(reply) if reply.deleted_date.is_none() => of_description(reply).map(Some),
                Some(_) | None => Ok(None),
            }
        })
    });
    let secrets = try_join_all(reads).await?;
    Ok(secrets
        .iter()
        .filter_map(|secret| Option::clone(secret))
        .collect())
}

/// The name in a secret's ARN, behind which AWS has put a hyphen and six characters.
pub(super) fn name_in(arn: &str) -> &str {
    let name = arn.rsplit(':').next().unwrap_or(arn);
    name.get(..name.len().saturating_sub(SUFFIX_LENGTH))
        .unwrap_or(name)
}

/// A secret, even if it is scheduled for deletion.
pub(super) async fn describe(
    aws: &Clients,
    id: &str,
) -> Result<Option<DescribeSecretOutput>, Fault> {
    let reply = aws.secrets.describe_secret().secret_id(id).send().await;
    if_present(reply.at(DESCRIBE))
}

/// Takes the label of a pending version away from those of these versions that have it, each given
/// with its labels.
pub(super) async fn take_back_pending(
    aws: &Clients,
    secret: &str,
    versions: impl IntoIterator<Item = (String, Vec<String>)>,
) -> Result<(), Fault> {
    let is_pending = |labels: &[String]| labels.iter().any(|label| label == PENDING);
    let pending = versions
        .into_iter()
        .filter(|(_, labels)| is_pending(labels));
    let calls = pending.map(|(version, _)| async move {
        aws.secrets
            .update_secret_version_stage()
            .secret_id(secret)
            .version_stage(PENDING)
            .remove_from_version_id(version)
            .send()
            .await
            .at("secretsmanager:UpdateSecretVersionStage")
    });
    try_join_all(calls).await?;
    Ok(())
}

/// Tags as a reply gives them.
pub(super) fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect()
}

fn of_list(secret: SecretListEntry) -> Result<Listed, Fault> {
    let versions = secret.secret_versions_to_stages.unwrap_or_default();
    Ok(Listed {
        arn: required(LIST, "a secret's ARN", secret.arn)?,
        name: required(LIST, "a secret's name", secret.name)?,
        description: secret.description.unwrap_or_default(),
        tags: read_tags(secret.tags),
        other_versions: other_versions(versions.values()),
        rotation: rotation(
            secret.rotation_enabled,
            secret.rotation_lambda_arn,
            secret.rotation_rules,
        ),
    })
}

fn of_description(secret: DescribeSecretOutput) -> Result<Listed, Fault> {
    let versions = secret.version_ids_to_stages.unwrap_or_default();
    Ok(Listed {
        arn: required(DESCRIBE, "a secret's ARN", secret.arn)?,
        name: required(DESCRIBE, "a secret's name", secret.name)?,
        description: secret.description.unwrap_or_default(),
        tags: read_tags(secret.tags),
        other_versions: other_versions(versions.values()),
        rotation: rotation(
            secret.rotation_enabled,
            secret.rotation_lambda_arn,
            secret.rotation_rules,
        ),
    })
}

fn other_versions<'a>(labels: impl Iterator<Item = &'a Vec<String>>) -> usize {
    let is = |labels: &[String], label: &str| labels.iter().any(|l| l == label);
    labels
        .filter(|labels| !is(labels, CURRENT) && (is(labels, PENDING) || is(labels, PREVIOUS)))
        .count()
}

/// With a schedule by expression, AWS computes the days; then they differ from any that are wanted
/// unless they come to the same.
fn rotation(
    enabled: Option<bool>,
    function: Option<String>,
    rules: Option<RotationRulesType>,
) -> Option<Rotation> {
    let function = function.filter(|_| enabled == Some(true))?;
    let after_days = rules.and_then(|rules| rules.automatically_after_days);
    Some(Rotation {
        function,
        after_days: after_days.unwrap_or_default(),
    })
}
