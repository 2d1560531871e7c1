//! The image of a service that is built: what the tag `current` of its repository leads to.
//!
//! Recognised by its repository. An image is pushed under a tag that its content decides, then
//! `current` is moved to it. So a crash in between leaves an image that the next run finds and does
//! not build again, and going back to earlier content only moves the tag. Where `current` leads
//! nowhere, the newest image that was pushed so stands for it, as one that nobody wants.

use std::collections::BTreeSet;

use aws_sdk_ecr::types as sdk;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::try_join_all;

use super::ecr_repository::RepositoryUrl;
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{
    Call, Clients, Plain, RegistryLogin, if_present, just_made, of_item, required, without_secrets,
};
use crate::classes;
use crate::model::{
    Changes, Content, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags,
};
use qpiac_derive::{Outputs, Resource};

const DESCRIBE: &str = "ecr:DescribeImages";
const GET: &str = "ecr:BatchGetImage";
const PUT: &str = "ecr:PutImage";
const LOGIN: &str = "ecr:GetAuthorizationToken";
const LIST: &str = "ecr:ListImages";
const DELETE: &str = "ecr:BatchDeleteImage";

/// The tag of the image that the service shall run.
const CURRENT: &str = "current";
/// Digits of a tag that content decides.
const TAG_LENGTH: usize = 16;
/// How many images one call deletes at most (BatchDeleteImage in the ECR API reference).
const DELETED_AT_ONCE: usize = 100;

classes! {
    /// A reference to a container image in a repository of the stack's.
    ContainerImageUri = "container-image", "{repository_url}:{tag}";
}

/// The image of a service, built here and pushed into the service's repository.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "container-image",
    outputs = ContainerImageOutputs,
    replacement = "delete-first",
    parent = "repository_url",
    find = "ecr:DescribeImages",
    create = "ecr:BatchGetImage, ecr:GetAuthorizationToken, ecr:BatchCheckLayerAvailability, \
              ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage",
    update = "ecr:BatchGetImage, ecr:GetAuthorizationToken, ecr:BatchCheckLayerAvailability, \
              ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage",
    delete = "ecr:ListImages, ecr:BatchDeleteImage"
)]
pub struct ContainerImage {
    /// The repository: what its images are called before the colon.
    #[attribute(replace)]
    pub repository_url: Ref<RepositoryUrl>,
    /// The digest of what it is built from, 16 hexadecimal digits; of an image that was not built
    /// by this program, its own digest.
    #[attribute(update)]
    pub tag: String,
}

/// What an image gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ContainerImageOutputs {
    /// By which the image is pulled.
    #[output(volatile)]
    pub uri: Id<ContainerImageUri>,
}

impl ContainerImage {
    /// Whether the repository with this URL has an image with this tag, so that nothing need be
    /// built.
    ///
    /// # Errors
    /// The fault of the read.
    pub async fn is_pushed(aws: &Clients, repository_url: &str, tag: &str) -> Result<bool, Fault> {
        let image = if_present(image(aws, repository_url, tag).await)?;
        Ok(image.flatten().is_some())
    }
}

impl Lifecycle for ContainerImage {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let urls: BTreeSet<&str> = match which {
            // Its repository says whose it is.
            Query::Owned { .. } => BTreeSet::new(),
            Query::Ids(uris) => uris.iter().filter_map(|uri| repository_of(uri)).collect(),
            Query::Under(repositories) => repositories.iter().map(|r| r.id.as_str()).collect(),
        };
        let reads = urls.into_iter().map(|url| current(aws, url));
        let mut found: Vec<Found<Self>> =
            try_join_all(reads).await?.into_iter().flatten().collect();
        if let Query::Ids(uris) = which {
            found.retain(|image| uris.contains(&image.id));
        }
        Ok(found)
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<ContainerImageOutputs, Fault> {
        let url = want.known(&want.repository_url);
        let image = match just_made(image(aws, url, &want.tag).await)? {
            Some(image) => image,
            None => build(aws, url, &want.tag).await?,
        };
        let reply = aws
            .ecr
            .put_image()
            .repository_name(name_in(url)?)
            .image_tag(CURRENT)
            .image_manifest(required(GET, "the manifest", image.image_manifest)?)
            .set_image_manifest_media_type(image.image_manifest_media_type)
            .send()
            .await;
        match reply.at(PUT) {
            Err(fault) if fault.code != "ImageAlreadyExistsException" => Err(fault),
            Ok(_) | Err(_) => Ok(ContainerImageOutputs {
                uri: uri(url, &want.tag).into(),
            }),
        }
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ContainerImageOutputs, Fault> {
        let mark = Mark {
            tags: found.tags,
            token: String::new(),
        };
        Self::create(aws, want, &mark).await
    }

    /// All images of the repository go, so that the repository can.
    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let name = required(DELETE, "the repository", repository_of(&found.id))?;
        let name = name_in(name)?;
        loop {
            let left = images(aws, name).await?;
            if left.is_empty() {
                return Ok(());
            }
            let mut failures = Vec::new();
            let mut is_progress = false;
            for images in left.chunks(DELETED_AT_ONCE) {
                let failed = delete(aws, name, images).await?;
                is_progress |= failed.len() < images.len();
                failures.extend(failed);
            }
            // An index goes before the images that it refers to.
            if let (false, Some(failure)) = (is_progress, failures.first()) {
                let code = failure.failure_code.as_ref().map(|code| code.as_str());
                return Err(of_item(DELETE, code, failure.failure_reason.as_deref()));
            }
        }
    }
}

/// The image that `current` leads to, if there is one.
async fn current(aws: &Clients, url: &str) -> Result<Option<Found<ContainerImage>>, Fault> {
    let reply = aws
        .ecr
        .describe_images()
        .repository_name(name_in(url)?)
        .image_ids(by_tag(CURRENT))
        .send()
        .await;
    let images = if_present(reply.at(DESCRIBE))?.and_then(|reply| reply.image_details);
    let tag = match images.into_iter().flatten().next() {
        Some(image) => {
            let digest = required(DESCRIBE, "an image's digest", image.image_digest)?;
            content_tag(aws, image.image_tags.unwrap_or_default()).unwrap_or(digest)
        }
        None => match newest(aws, url).await? {
            Some(digest) => digest,
            None => return Ok(None),
        },
    };
    let uri = uri(url, &tag);
    Ok(Some(Found {
        id: uri.clone(),
        attributes: ContainerImage {
            repository_url: Ref::known(url),
            tag,
        },
        outputs: ContainerImageOutputs { uri: uri.into() },
        tags: Tags::new(),
        state: State::Ready,
    }))
}

/// The digest of the newest image that was pushed here, as its tag tells: a run that was stopped has
/// left it, or the tag `current` has expired with the image that bore it.
async fn newest(aws: &Clients, url: &str) -> Result<Option<String>, Fault> {
    let pages = aws
        .ecr
        .describe_images()
        .repository_name(name_in(url)?)
        .into_paginator();
    let listed = pages.items().send().try_collect().await;
    let images: Vec<sdk::ImageDetail> = if_present(listed.at(DESCRIBE))?.unwrap_or_default();
    let pushed = images
        .into_iter()
        .filter(|image| image.image_tags().iter().any(|tag| is_content(tag)));
    let newest = pushed.max_by_key(|image| image.image_pushed_at.map(|at| at.secs()));
    Ok(newest.and_then(|image| image.image_digest))
}

/// Whether content decided a tag.
fn is_content(tag: &str) -> bool {
    tag.len() == TAG_LENGTH && tag.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The tag that content decided. Different contents can give one image: what is at hand counts then.
fn content_tag(aws: &Clients, tags: Vec<String>) -> Option<String> {
    let mut tags: Vec<String> = tags.into_iter().filter(|tag| is_content(tag)).collect();
    tags.sort_by_key(|tag| (aws.contents().get(tag).is_none(), tag.clone()));
    tags.into_iter().next()
}

/// The image with this tag.
async fn image(aws: &Clients, url: &str, tag: &str) -> Result<Option<sdk::Image>, Fault> {
    let reply = aws
        .ecr
        .batch_get_image()
        .repository_name(name_in(url)?)
        .image_ids(by_tag(tag))
        .send()
        .await
        .at(GET)?;
    if let Some(failure) = reply.failures.into_iter().flatten().next()
        && failure.failure_code != Some(sdk::ImageFailureCode::ImageNotFound)
    {
        let code = failure.failure_code.as_ref().map(|code| code.as_str());
        return Err(of_item(GET, code, failure.failure_reason.as_deref()));
    }
    Ok(reply.images.into_iter().flatten().next())
}

/// Builds the image with this tag, pushes it and reads it back.
async fn build(aws: &Clients, url: &str, tag: &str) -> Result<sdk::Image, Fault> {
    let refused = |class, message: String| Fault::own(class, "", message);
    let Some(Content::BuildContext(context)) = aws.contents().get(tag) else {
        let message = format!("what the image {tag} is built from is not at hand");
        return Err(refused(FaultClass::Rejected, message));
    };
    let Some(builder) = aws.builder() else {
        let message = "no program that builds container images is installed";
        return Err(refused(FaultClass::Rejected, message.to_owned()));
    };
    let login = login(aws, url).await?;
    builder
        .build_and_push(context, &uri(url, tag), &login)
        .await
        .map_err(|said| refused(FaultClass::Rejected, without_secrets(&said)))?;
    image(aws, url, tag).await?.ok_or_else(|| {
        let message = format!("the image {tag} was pushed and is not there yet");
        refused(FaultClass::NotYet, message)
    })
}

/// What the registry of a repository admits a builder with: for 12 hours, in base64, the user's name
/// and the password with a colon in between (GetAuthorizationToken in the ECR API reference).
async fn login(aws: &Clients, url: &str) -> Result<RegistryLogin, Fault> {
    let reply = aws.ecr.get_authorization_token().send().await.at(LOGIN)?;
    let mut tokens = reply.authorization_data.into_iter().flatten();
    let token = tokens.next().and_then(|data| data.authorization_token);
    let token = required(LOGIN, "a token", token)?;
    let parts = STANDARD.decode(token).ok().and_then(|bytes| {
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    });
    let (user, password) = required(LOGIN, "a token in a known form", parts)?;
    let (registry, _) = url.split_once('/').unwrap_or((url, ""));
    Ok(RegistryLogin {
        registry: registry.to_owned(),
        user,
        password: Plain::from(password),
    })
}

/// All images of a repository, by their digests.
async fn images(aws: &Clients, name: &str) -> Result<Vec<String>, Fault> {
    let listed: Vec<sdk::ImageIdentifier> = aws
        .ecr
        .list_images()
        .repository_name(name)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at(LIST)?;
    let digests: BTreeSet<String> = listed.into_iter().filter_map(|i| i.image_digest).collect();
    Ok(digests.into_iter().collect())
}

async fn delete(
    aws: &Clients,
    name: &str,
    digests: &[String],
) -> Result<Vec<sdk::ImageFailure>, Fault> {
    let ids = digests
        .iter()
        .map(|digest| sdk::ImageIdentifier::builder().image_digest(digest).build());
    let reply = aws
        .ecr
        .batch_delete_image()
        .repository_name(name)
        .set_image_ids(Some(ids.collect()))
        .send()
        .await
        .at(DELETE)?;
    Ok(reply.failures.unwrap_or_default())
}

fn by_tag(tag: &str) -> sdk::ImageIdentifier {
    sdk::ImageIdentifier::builder().image_tag(tag).build()
}

/// The reference to an image by a tag, or by its digest.
fn uri(url: &str, tag: &str) -> String {
    let between = if tag.contains(':') { '@' } else { ':' };
    format!("{url}{between}{tag}")
}

/// The repository's URL in a reference.
fn repository_of(uri: &str) -> Option<&str> {
    let name = uri.split('@').next()?;
    let colon = name.rfind(':').filter(|at| !name[*at..].contains('/'));
    Some(&name[..colon.unwrap_or(name.len())])
}

/// The repository's name in its URL, `REGISTRY/NAME`.
fn name_in(url: &str) -> Result<&str, Fault> {
    let name = url.split_once('/').map(|(_, name)| name);
    required("", "a repository's name", name)
}

#[cfg(test)]
#[path = "container_image_tests.rs"]
mod tests;
