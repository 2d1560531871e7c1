//! The repository for container images.
//!
//! Recognised by its owner tags, which the create call gives. Its name is unique in account and
//! region, so a repeated create makes no second one. A crash after the create call leaves a
//! repository without lifecycle policy, which the next run adds. The API lists repositories by
//! nothing but name, so all are listed and those of a near name are looked at.

use aws_sdk_ecr::types as sdk;
use futures::future::{try_join, try_join_all};

use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, branch, if_present, just_made, of_build, required};
use crate::classes;
use crate::model::{
    Changes, Document, Fault, FaultClass, Found, Id, Owner, Query, Resolved, State, TagChange, Tags,
};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "ecr:DescribeRepositories";
const CREATE: &str = "ecr:CreateRepository";
const TAG: &str = "ecr:TagResource";
/// How many repositories one page of the listing holds at most; a hundred unless asked for more.
const REPOSITORIES_PER_PAGE: i32 = 1000;

classes! {
    /// Identifies a repository.
    RepositoryArn = "ecr-repository", "arn:aws:ecr:{region}:{account}:repository/{name}";
    /// The name of a repository.
    RepositoryName = "ecr-repository-name", "{name}";
    /// What images of a repository are called before the colon.
    RepositoryUrl = "ecr-repository-url", "{account}.dkr.ecr.{region}.amazonaws.com/{name}";
}

/// Where the images of a service that is built are kept, encrypted with a key of Amazon's.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "ecr-repository",
    outputs = EcrRepositoryOutputs,
    replacement = "create-first",
    outage = "no image can be pulled from it, so no task begins",
    holds = "its images",
    named = "name",
    find = "ecr:DescribeRepositories, ecr:ListTagsForResource, ecr:GetLifecyclePolicy",
    create = "ecr:CreateRepository, ecr:TagResource, ecr:PutLifecyclePolicy",
    update = "ecr:PutImageTagMutability, ecr:PutImageScanningConfiguration, \
              ecr:PutLifecyclePolicy, ecr:DeleteLifecyclePolicy, ecr:TagResource, \
              ecr:UntagResource",
    delete = "ecr:DeleteRepository"
)]
pub struct EcrRepository {
    /// Its name, unique in account and region: 2 to 256 lower-case letters, digits and `._-/`.
    #[attribute(replace)]
    pub name: String,
    /// Whether a tag of an image can be given to another one.
    #[attribute(update)]
    pub image_tag_mutability: ImageTagMutability,
    /// Whether images are searched for known vulnerabilities when they are pushed.
    #[attribute(update)]
    pub scan_on_push: bool,
    /// Which images expire, as JSON; absent, none do.
    #[attribute(update)]
    pub lifecycle_policy: Option<Document>,
}

/// Whether a tag of an image can be given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ImageTagMutability {
    /// It can.
    #[field("MUTABLE")]
    Mutable,
    /// It cannot.
    #[field("IMMUTABLE")]
    Immutable,
    /// It can, but for some tags; found, never wanted.
    #[field("MUTABLE_WITH_EXCLUSION")]
    MutableWithExclusion,
    /// It cannot, but for some tags; found, never wanted.
    #[field("IMMUTABLE_WITH_EXCLUSION")]
    ImmutableWithExclusion,
}

/// What a repository gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct EcrRepositoryOutputs {
    /// The repository's ARN.
    pub arn: Id<RepositoryArn>,
    /// The repository's name.
    #[output(from = "name")]
    pub name: Id<RepositoryName>,
    /// What its images are called before the colon.
    pub url: Id<RepositoryUrl>,
}

impl EcrRepository {
    /// The lifecycle policy by which only so many images are kept, those that were pushed last.
    pub fn keep_last(images: u32) -> Document {
        let selection = Document::object([
            ("tagStatus", Document::from("any")),
            ("countType", Document::from("imageCountMoreThan")),
            ("countNumber", Document::Int(images.into())),
        ]);
        let action = Document::object([("type", Document::from("expire"))]);
        let rule = Document::object([
            ("rulePriority", Document::Int(1)),
            ("selection", selection),
            ("action", action),
        ]);
        Document::object([("rules", Document::List(vec![rule]))])
    }
}

impl Lifecycle for EcrRepository {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let listed = match which {
            Query::Owned { owner, names } => near(aws, owner, names).await?,
            Query::Ids(arns) => named(aws, arns).await?,
            Query::Under(_) => Vec::new(),
        };
        let read = listed.into_iter().map(|repository| read(aws, repository));
        let mut found: Vec<Found<Self>> = try_join_all(read).await?.into_iter().flatten().collect();
        if let Query::Owned { owner, names } = which {
            found.retain(|one| owner.owns(&one.tags) || names.contains(&one.attributes.name));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<EcrRepositoryOutputs, Fault> {
        let reply = aws
            .ecr
            .create_repository()
            .repository_name(&want.name)
            .image_tag_mutability(want.image_tag_mutability.as_word().into())
            .image_scanning_configuration(scanning(want.scan_on_push))
            .encryption_configuration(encryption()?)
            .set_tags(Some(tags(CREATE, &mark.tags)?))
            .send()
            .await
            .at(CREATE)?;
        let repository = required(CREATE, "the repository", reply.repository)?;
        if want.lifecycle_policy.is_some() {
            just_made(set_lifecycle_policy(aws, want).await)?;
        }
        outputs(CREATE, &repository)
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<EcrRepositoryOutputs, Fault> {
        if changes.has("image_tag_mutability") {
            aws.ecr
                .put_image_tag_mutability()
                .repository_name(&want.name)
                .image_tag_mutability(want.image_tag_mutability.as_word().into())
                .send()
                .await
                .at("ecr:PutImageTagMutability")?;
        }
        if changes.has("scan_on_push") {
            aws.ecr
                .put_image_scanning_configuration()
                .repository_name(&want.name)
                .image_scanning_configuration(scanning(want.scan_on_push))
                .send()
                .await
                .at("ecr:PutImageScanningConfiguration")?;
        }
        if changes.has("lifecycle_policy") {
            set_lifecycle_policy(aws, want).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, change: &TagChange) -> Result<(), Fault> {
        if !change.set.is_empty() {
            aws.ecr
                .tag_resource()
                .resource_arn(&found.id)
                .set_tags(Some(tags(TAG, &change.set)?))
                .send()
                .await
                .at(TAG)?;
        }
        if !change.remove.is_empty() {
            aws.ecr
                .untag_resource()
                .resource_arn(&found.id)
                .set_tag_keys(Some(change.remove.clone()))
                .send()
                .await
                .at("ecr:UntagResource")?;
        }
        Ok(())
    }

    /// Images are deleted by the kind that made them, before; what is left was pushed by others.
    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let reply = aws
            .ecr
            .delete_repository()
            .repository_name(found.attributes.name)
            .send()
            .await;
        reply.at("ecr:DeleteRepository").map_err(|mut fault| {
            if fault.code == "RepositoryNotEmptyException" {
                fault.message.push_str(
                    "; delete the images in it, which others pushed, and destroy once more",
                );
            }
            fault
        })?;
        Ok(())
    }
}

/// The repositories that may be the stack's, or are in the way of one that is wanted.
async fn near(
    aws: &Clients,
    owner: &Owner,
    names: &[String],
) -> Result<Vec<sdk::Repository>, Fault> {
    let listed: Vec<sdk::Repository> = aws
        .ecr
        .describe_repositories()
        .max_results(REPOSITORIES_PER_PAGE)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at(LIST)?;
    let is_near = |repository: &sdk::Repository| {
        repository.repository_name.as_ref().is_some_and(|name| {
            let rest = name.strip_prefix(owner.stack.as_str());
            rest.is_some_and(|rest| rest.starts_with(['/', '-'])) || names.contains(name)
        })
    };
    Ok(listed.into_iter().filter(is_near).collect())
}

/// The repositories with these ARNs, asked for one by one, since AWS answers for none where one is
/// missing.
async fn named(aws: &Clients, arns: &[String]) -> Result<Vec<sdk::Repository>, Fault> {
    let names = arns.iter().filter_map(|arn| name_in(arn));
    let replies = try_join_all(names.map(|name| async move {
        let reply = aws
            .ecr
            .describe_repositories()
            .repository_names(name)
            .send()
            .await;
        if_present(reply.at(LIST))
    }))
    .await?;
    Ok(replies
        .into_iter()
        .flatten()
        .flat_map(|reply| reply.repositories.unwrap_or_default())
        .collect())
}

/// The name in `arn:aws:ecr:REGION:ACCOUNT:repository/NAME`, which may hold slashes.
fn name_in(arn: &str) -> Option<&str> {
    arn.split_once(":repository/").map(|(_, name)| name)
}

/// A repository with its tags and lifecycle policy, which the API gives one by one; nothing where
/// it went since it was listed.
async fn read(
    aws: &Clients,
    repository: sdk::Repository,
) -> Result<Option<Found<EcrRepository>>, Fault> {
    let outputs = outputs(LIST, &repository)?;
    let (tags, policy) = try_join(
        branch(tags_of(aws, outputs.arn.as_str())),
        branch(lifecycle_policy(aws, outputs.name.as_str())),
    )
    .await?;
    let Some(tags) = tags else { return Ok(None) };
    let mutability = repository.image_tag_mutability.as_ref().map(|m| m.as_str());
    let scanning = repository.image_scanning_configuration;
    Ok(Some(Found {
        id: outputs.arn.as_str().to_owned(),
        attributes: EcrRepository {
            name: outputs.name.as_str().to_owned(),
            image_tag_mutability: required(
                LIST,
                "a known mutability of tags",
                mutability.and_then(ImageTagMutability::from_word),
            )?,
            scan_on_push: scanning.is_some_and(|scanning| scanning.scan_on_push),
            lifecycle_policy: policy,
        },
        outputs,
        tags,
        state: State::Ready,
    }))
}

fn outputs(operation: &str, repository: &sdk::Repository) -> Result<EcrRepositoryOutputs, Fault> {
    let part = |what: &str, value: &Option<String>| required(operation, what, value.clone());
    let arn = part("a repository's ARN", &repository.repository_arn)?;
    let name = part("a repository's name", &repository.repository_name)?;
    let url = part("a repository's URI", &repository.repository_uri)?;
    Ok(EcrRepositoryOutputs {
        arn: arn.into(),
        name: name.into(),
        url: url.into(),
    })
}

async fn tags_of(aws: &Clients, arn: &str) -> Result<Option<Tags>, Fault> {
    let call = aws.ecr.list_tags_for_resource().resource_arn(arn);
    let reply = if_present(call.send().await.at("ecr:ListTagsForResource"))?;
    Ok(reply.map(|reply| {
        let tags = reply.tags.unwrap_or_default().into_iter();
        let tags = tags.map(|tag| (tag.key, tag.value));
        tags.filter(|(key, _)| !key.starts_with("aws:")).collect()
    }))
}

async fn lifecycle_policy(aws: &Clients, name: &str) -> Result<Option<Document>, Fault> {
    let operation = "ecr:GetLifecyclePolicy";
    let call = aws.ecr.get_lifecycle_policy().repository_name(name);
    let reply = if_present(call.send().await.at(operation))?;
    let Some(text) = reply.and_then(|reply| reply.lifecycle_policy_text) else {
        return Ok(None);
    };
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        let message = format!("AWS answered with a lifecycle policy that is no JSON: {error}");
        Fault::own(FaultClass::Rejected, operation, message)
    })?;
    Ok(Some(Document::from_json(&json)))
}

async fn set_lifecycle_policy(aws: &Clients, want: &Resolved<EcrRepository>) -> Result<(), Fault> {
    match &want.lifecycle_policy {
        Some(policy) => {
            let operation = "ecr:PutLifecyclePolicy";
            let json = required(operation, "a policy's text", policy.to_json())?;
            aws.ecr
                .put_lifecycle_policy()
                .repository_name(&want.name)
                .lifecycle_policy_text(json.to_string())
                .send()
                .await
                .at(operation)?;
        }
        None => {
            let call = aws
                .ecr
                .delete_lifecycle_policy()
                .repository_name(&want.name);
            if_present(call.send().await.at("ecr:DeleteLifecyclePolicy"))?;
        }
    }
    Ok(())
}

fn scanning(on_push: bool) -> sdk::ImageScanningConfiguration {
    sdk::ImageScanningConfiguration::builder()
        .scan_on_push(on_push)
        .build()
}

fn encryption() -> Result<sdk::EncryptionConfiguration, Fault> {
    sdk::EncryptionConfiguration::builder()
        .encryption_type(sdk::EncryptionType::Aes256)
        .build()
        .map_err(|error| of_build(CREATE, &error))
}

fn tags(operation: &str, tags: &Tags) -> Result<Vec<sdk::Tag>, Fault> {
    tags.iter()
        .map(|(key, value)| sdk::Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| of_build(operation, &error))
}

#[cfg(test)]
#[path = "ecr_repository_tests.rs"]
mod tests;
