//! Traps of images.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::json;

use super::*;
use crate::aws::ImageBuilder;
use crate::aws::scripted::{Answer, Scripted, json_error, json_reply};
use crate::model::{Attributes, BuildContext, Contents, Owner};

const URL: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/app";
const TAG: &str = "0123456789abcdef";

/// A builder that always ends so.
struct Ends(Result<(), &'static str>);

impl ImageBuilder for Ends {
    fn build_and_push<'a>(
        &'a self,
        _context: &'a BuildContext,
        _reference: &'a str,
        login: &'a RegistryLogin,
    ) -> BoxFuture<'a, Result<(), String>> {
        assert_eq!(login.password.expose(), "pass:word");
        Box::pin(std::future::ready(self.0.map_err(str::to_owned)))
    }
}

fn clients(cloud: &Scripted, builder: Option<Ends>) -> Clients {
    let mut contents = Contents::default();
    let context = BuildContext {
        directory: PathBuf::from("app"),
        platform: "linux/amd64".to_owned(),
    };
    contents.add(TAG, Content::BuildContext(context));
    let owner = Owner::new("shop", "us-east-1");
    let aws = cloud.clients().working_for(owner, Arc::new(contents));
    match builder {
        Some(builder) => aws.with_builder(Arc::new(builder)),
        None => aws,
    }
}

fn want() -> ContainerImage {
    ContainerImage {
        repository_url: Ref::known(URL),
        tag: TAG.to_owned(),
    }
}

async fn create(aws: &Clients) -> Result<ContainerImageOutputs, Fault> {
    let want = Resolved::new(&want().values()).expect("all is known");
    let mark = Mark {
        tags: Tags::new(),
        token: String::new(),
    };
    ContainerImage::create(aws, &want, &mark).await
}

fn found() -> Found<ContainerImage> {
    let uri = format!("{URL}:{TAG}");
    Found {
        id: uri.clone(),
        attributes: want(),
        outputs: ContainerImageOutputs { uri: uri.into() },
        tags: Tags::new(),
        state: State::Ready,
    }
}

fn there() -> Answer {
    json_reply(&json!({ "images": [{ "imageManifest": "{}" }], "failures": [] }))
}

fn failed(code: &str) -> Answer {
    json_reply(&json!({
        "images": [],
        "failures": [{ "failureCode": code, "failureReason": "AWS's words" }],
    }))
}

fn token() -> Answer {
    let token = STANDARD.encode("AWS:pass:word");
    json_reply(&json!({ "authorizationData": [{ "authorizationToken": token }] }))
}

fn verbs(cloud: &Scripted) -> Vec<String> {
    let operations = cloud.operations().into_iter();
    operations
        .map(|name| name.rsplit('.').next().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn image_already_exists_means_that_current_is_there_already() {
    let exists = json_error(400, "ImageAlreadyExistsException", "already exists");
    let cloud = Scripted::new([there(), exists]);
    let outputs = create(&clients(&cloud, None)).await.expect("an image");
    assert_eq!(outputs.uri.as_str(), format!("{URL}:{TAG}"));
    assert_eq!(verbs(&cloud), ["BatchGetImage", "PutImage"]);
}

#[tokio::test]
async fn a_repository_that_is_not_visible_yet_is_asked_again() {
    let missing = json_error(400, "RepositoryNotFoundException", "does not exist");
    let cloud = Scripted::new([missing]);
    let fault = create(&clients(&cloud, None)).await.expect_err("not yet");
    assert_eq!(fault.class, FaultClass::NotYet, "{fault}");
}

#[tokio::test]
async fn an_image_that_cannot_be_read_is_not_built_again() {
    let cloud = Scripted::new([failed("ImageInaccessible")]);
    let fault = create(&clients(&cloud, Some(Ends(Ok(()))))).await;
    let fault = fault.expect_err("a failure");
    assert_eq!(fault.code, "ImageInaccessible");
    assert_eq!(verbs(&cloud), ["BatchGetImage"]);
}

#[tokio::test]
async fn what_a_builder_says_is_told_and_nothing_is_repeated() {
    let cloud = Scripted::new([failed("ImageNotFound"), token()]);
    let fault = create(&clients(&cloud, Some(Ends(Err("`docker build` failed"))))).await;
    let fault = fault.expect_err("a failure");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert_eq!(fault.to_string(), "`docker build` failed");

    let cloud = Scripted::new([failed("ImageNotFound")]);
    let fault = create(&clients(&cloud, None))
        .await
        .expect_err("nobody builds");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("builds container images"), "{fault}");
}

#[tokio::test]
async fn a_pushed_image_that_is_not_listed_yet_is_looked_for_again() {
    let cloud = Scripted::new([failed("ImageNotFound"), token(), failed("ImageNotFound")]);
    let fault = create(&clients(&cloud, Some(Ends(Ok(()))))).await;
    assert_eq!(fault.expect_err("not yet").class, FaultClass::NotYet);
}

#[tokio::test]
async fn image_referenced_by_manifest_list_goes_after_the_list() {
    let [index, part] = ["sha256:1", "sha256:2"];
    let list = |digests: &[&str]| {
        let ids: Vec<_> = digests
            .iter()
            .map(|d| json!({ "imageDigest": d }))
            .collect();
        json_reply(&json!({ "imageIds": ids }))
    };
    let cloud = Scripted::new([
        list(&[index, part]),
        failed("ImageReferencedByManifestList"),
        list(&[part]),
        json_reply(&json!({ "imageIds": [], "failures": [] })),
        list(&[]),
    ]);
    let aws = clients(&cloud, None);
    ContainerImage::delete(&aws, found()).await.expect("an end");
    let deleted: Vec<String> = cloud
        .asked()
        .into_iter()
        .filter(|asked| asked.operation.ends_with("BatchDeleteImage"))
        .map(|asked| asked.body)
        .collect();
    assert_eq!(deleted.len(), 2);
    assert!(deleted[0].contains(index) && deleted[0].contains(part));
    assert!(deleted[1].contains(part) && !deleted[1].contains(index));

    // Without any progress there is no end: AWS's words are told.
    let cloud = Scripted::new([list(&[part]), failed("ImageReferencedByManifestList")]);
    let fault = ContainerImage::delete(&clients(&cloud, None), found()).await;
    let fault = fault.expect_err("no end");
    assert_eq!(fault.code, "ImageReferencedByManifestList");
    assert_eq!(fault.message, "AWS's words");
}

#[test]
fn references_are_taken_apart() {
    for (uri, url) in [
        ("host/shop/app:current", "host/shop/app"),
        ("host:5000/shop/app:current", "host:5000/shop/app"),
        ("host:5000/shop/app", "host:5000/shop/app"),
        ("host/shop/app@sha256:12", "host/shop/app"),
    ] {
        assert_eq!(repository_of(uri), Some(url), "{uri}");
    }
    assert_eq!(name_in("host:5000/shop/app").expect("a name"), "shop/app");
    name_in("host").expect_err("no name");
}

#[tokio::test]
async fn an_image_without_the_tag_current_is_one_that_nobody_wants() {
    let gone = || json_error(400, "ImageNotFoundException", "the image does not exist");
    let image = |digest: &str, tag: &str, at: u32| json!({ "imageDigest": digest, "imageTags": [tag], "imagePushedAt": at });
    let pushed = json_reply(&json!({ "imageDetails": [
        image("sha256:1", TAG, 1), image("sha256:3", TAG, 3), image("sha256:2", TAG, 2),
        image("sha256:4", "latest", 4),
    ] }));
    let cloud = Scripted::new([gone(), pushed]);
    let found = current(&clients(&cloud, None), URL).await;
    let found = found.expect("two replies").expect("an image");
    assert_eq!(found.attributes.tag, "sha256:3");
    assert_ne!(found.attributes.values(), want().values());

    let foreign = json_reply(&json!({ "imageDetails": [image("sha256:4", "latest", 4)] }));
    let cloud = Scripted::new([gone(), foreign]);
    let found = current(&clients(&cloud, None), URL).await;
    assert!(found.expect("two replies").is_none());
}
