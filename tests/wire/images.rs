//! Images that are built: pushed once, found again, moved back and forth, deleted.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use futures::future::BoxFuture;
use qpiac::aws::{Clients, ImageBuilder, RegistryLogin};
use qpiac::engine::Provider;
use qpiac::model::{
    Attributes, BuildContext, Change, Content, Contents, Fault, FaultClass, OutputValues, Owner,
    Parent, Query, Record, Ref, Resource, TagChange, Tags, Work,
};
use qpiac::resources::{Aws, ContainerImage, EcrRepository, ImageTagMutability};
use testbed::Testbed;

use crate::program::{Program, Ran, short};

const OLD: &str = "0123456789abcdef";
const NEW: &str = "fedcba9876543210";
/// Another content of the same image.
const SAME: &str = "1111111111111111";

fn config(bed: &Testbed) -> SdkConfig {
    let credentials = Credentials::new("AKIATESTBED000000000", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(testbed::REGION))
        .endpoint_url(bed.endpoint())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .build()
}

/// Pushes a manifest that follows from the directory.
struct Fake {
    ecr: aws_sdk_ecr::Client,
    seen: Mutex<Vec<(String, RegistryLogin)>>,
}

impl Fake {
    async fn push(&self, context: &BuildContext, reference: &str) -> Result<(), String> {
        let (_, path) = reference.split_once('/').ok_or("no registry")?;
        let (name, tag) = path.rsplit_once(':').ok_or("no tag")?;
        let reply = self
            .ecr
            .put_image()
            .repository_name(name)
            .image_tag(tag)
            .image_manifest(manifest(context))
            .send()
            .await;
        match reply.map_err(|error| error.into_service_error()) {
            Ok(_) => Ok(()),
            Err(error) if error.is_image_already_exists_exception() => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn manifest(context: &BuildContext) -> String {
    let digest = format!("sha256:{:0>64}", context.directory.display());
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 7023,
            "digest": digest,
        },
        "layers": [],
    })
    .to_string()
}

impl ImageBuilder for Fake {
    fn build_and_push<'a>(
        &'a self,
        context: &'a BuildContext,
        reference: &'a str,
        login: &'a RegistryLogin,
    ) -> BoxFuture<'a, Result<(), String>> {
        let seen = (reference.to_owned(), login.clone());
        self.seen.lock().expect("no panic").push(seen);
        Box::pin(self.push(context, reference))
    }
}

/// Directories by tag.
fn contents(tags: &[(&str, &str)]) -> Arc<Contents> {
    let mut contents = Contents::default();
    for (tag, directory) in tags {
        let context = BuildContext {
            directory: PathBuf::from(directory),
            platform: "linux/amd64".to_owned(),
        };
        contents.add(*tag, Content::BuildContext(context));
    }
    Arc::new(contents)
}

/// A repository, and what is known of it.
struct Lab {
    bed: Testbed,
    aws: Aws,
    fake: Arc<Fake>,
    owner: Owner,
    repository: OutputValues,
}

impl Lab {
    async fn new() -> Self {
        let bed = Testbed::start().await.expect("a test bed");
        let config = config(&bed);
        let owner = Owner::new("shop", testbed::REGION);
        let fake = Arc::new(Fake {
            ecr: aws_sdk_ecr::Client::new(&config),
            seen: Mutex::default(),
        });
        let contents = contents(&[(OLD, "1"), (NEW, "2"), (SAME, "2")]);
        let builder: Arc<dyn ImageBuilder> = Arc::clone(&fake) as _;
        let clients = Clients::from_config(&config)
            .expect("a region")
            .working_for(owner.clone(), contents)
            .with_builder(builder);
        let mut lab = Self {
            bed,
            aws: Aws::new(clients),
            fake,
            owner,
            repository: OutputValues::new(),
        };
        let repository = EcrRepository {
            name: "shop/app".to_owned(),
            image_tag_mutability: ImageTagMutability::Mutable,
            scan_on_push: false,
            lifecycle_policy: None,
        };
        lab.repository = lab.create(&repository).await.expect("a repository");
        lab
    }

    /// The same with other contents.
    fn with(mut self, contents: &[(&str, &str)]) -> Self {
        let clients = self.aws.clients().clone();
        let owner = self.owner.clone();
        self.aws = Aws::new(clients.working_for(owner, self::contents(contents)));
        self
    }

    fn url(&self) -> &str {
        &self.repository["url"]
    }

    fn image(&self, tag: &str) -> ContainerImage {
        ContainerImage {
            repository_url: Ref::known(self.url()),
            tag: tag.to_owned(),
        }
    }

    async fn create<R: Resource>(&self, want: &R) -> Result<OutputValues, Fault> {
        let work = Work::Create {
            kind: R::SCHEMA.kind.clone(),
            want: want.values(),
            mark: Tags::new(),
            token: "0".repeat(32),
        };
        self.aws.perform(work).await
    }

    async fn update(&self, tag: &str) -> Result<OutputValues, Fault> {
        let found = self.found().await.expect("an image");
        let want = self.image(tag).values();
        let changes = vec![Change {
            attribute: "tag".into(),
            from: found.values["tag"].clone(),
            to: want["tag"].clone(),
        }];
        let tags = TagChange::default();
        let work = Work::Update {
            want,
            found,
            changes,
            tags,
        };
        self.aws.perform(work).await
    }

    /// The image as the stack's reading finds it.
    async fn found(&self) -> Option<Record> {
        let parent = Parent {
            id: self.url().to_owned(),
            owner: self.owner.clone(),
        };
        let kind = &ContainerImage::SCHEMA.kind;
        let under = Query::Under(vec![parent]);
        let mut found = self.aws.find(kind, under).await.expect("a reading");
        assert!(found.len() < 2, "{found:?}");
        let record = found.pop()?;
        let ids = Query::Ids(vec![record.id.clone(), "host/shop/none:current".to_owned()]);
        let again = self.aws.find(kind, ids).await.expect("a reading");
        assert_eq!(again, std::slice::from_ref(&record));
        Some(record)
    }

    /// That the image is this one, and how often one was built so far.
    async fn expect(&self, outputs: &OutputValues, tag: &str, built: usize) {
        let found = self.found().await.expect("an image");
        assert_eq!(found.values, self.image(tag).values());
        assert_eq!(&found.outputs, outputs);
        assert_eq!(outputs["uri"], format!("{}:{tag}", self.url()));
        assert_eq!(found.id, outputs["uri"]);
        assert_eq!(
            self.fake.seen.lock().expect("no panic").len(),
            built,
            "{tag}"
        );
    }
}

#[tokio::test]
async fn an_image_is_built_once_and_then_only_moved() {
    let lab = Lab::new().await;
    assert!(lab.found().await.is_none());
    let outputs = lab.create(&lab.image(OLD)).await.expect("an image");
    lab.expect(&outputs, OLD, 1).await;
    let (reference, login) = lab.fake.seen.lock().expect("no panic")[0].clone();
    assert_eq!(reference, format!("{}:{OLD}", lab.url()));
    assert_eq!(Some(login.registry.as_str()), lab.url().split('/').next());
    assert_eq!(login.user, "AWS");
    assert!(!login.password.expose().is_empty());

    let outputs = lab.update(NEW).await.expect("an image");
    lab.expect(&outputs, NEW, 2).await;
    // The old one is still there: nothing is built to go back.
    lab.bed.clear_journal();
    let outputs = lab.update(OLD).await.expect("an image");
    lab.expect(&outputs, OLD, 2).await;
    assert_eq!(lab.bed.count_of("ecr:GetAuthorizationToken"), 0);
    assert_eq!(lab.bed.count_of("ecr:PutImage"), 1);
    // A create that is repeated after its reply was lost.
    let outputs = lab.create(&lab.image(OLD)).await.expect("an image");
    lab.expect(&outputs, OLD, 2).await;

    let found = lab.found().await.expect("an image");
    let delete = Work::Delete { found };
    lab.aws.perform(delete).await.expect("an end");
    assert!(lab.found().await.is_none());
    let left = lab.fake.ecr.list_images().repository_name("shop/app");
    let left = left.send().await.expect("a list");
    assert_eq!(left.image_ids().len(), 0, "{left:?}");
}

#[tokio::test]
async fn two_contents_of_one_image_are_told_apart_by_what_is_at_hand() {
    let mut lab = Lab::new().await;
    lab.create(&lab.image(SAME)).await.expect("an image");
    let outputs = lab.update(NEW).await.expect("an image");
    assert_eq!(outputs["uri"], format!("{}:{NEW}", lab.url()));
    // The image has both tags now.
    for tag in [SAME, NEW] {
        lab = lab.with(&[(tag, "2")]);
        let found = lab.found().await.expect("an image");
        assert_eq!(found.values, lab.image(tag).values());
    }
}

#[tokio::test]
async fn an_image_that_somebody_else_made_current_is_found_by_its_digest() {
    let lab = Lab::new().await;
    let context = BuildContext {
        directory: PathBuf::from("3"),
        platform: String::new(),
    };
    let put = lab.fake.ecr.put_image().repository_name("shop/app");
    let put = put.image_tag("current").image_manifest(manifest(&context));
    let image = put.send().await.expect("an image").image;
    let digest = image.and_then(|image| image.image_id);
    let digest = digest.and_then(|id| id.image_digest).expect("a digest");
    let found = lab.found().await.expect("an image");
    assert_eq!(found.values, lab.image(&digest).values());
    assert_eq!(found.outputs["uri"], format!("{}@{digest}", lab.url()));
    let outputs = lab.update(OLD).await.expect("an image");
    lab.expect(&outputs, OLD, 1).await;
}

#[tokio::test]
async fn what_cannot_be_built_is_said_and_not_repeated() {
    let lab = Lab::new().await;
    let fault = lab.create(&lab.image("2222222222222222")).await;
    let fault = fault.expect_err("unknown content");
    assert_eq!(fault.class, FaultClass::Rejected);
    assert!(fault.message.contains("is not at hand"), "{fault}");
    assert!(lab.found().await.is_none());
}

const STACK: &str = "stack: shop
region: us-east-1
load_balancer: {}
services:
  app:
    build: app
    port: 8000
";

/// Does what Docker does, as far as anybody here sees it.
const DOCKER: &str = r#"
import json, os, sys, urllib.request
folder = os.path.dirname(os.path.abspath(__file__))
verb = sys.argv[1]
if verb == "login":
    assert sys.stdin.read()
elif verb == "build":
    with open(sys.argv[-1] + "/main.py") as source:
        with open(folder + "/built", "w") as built:
            built.write(source.read())
elif verb == "push":
    name, tag = sys.argv[2].split("/", 1)[1].rsplit(":", 1)
    with open(folder + "/built") as built:
        docker = "application/vnd.docker.distribution.manifest.v2+json"
        config = {"digest": built.read().strip(), "size": 1, "mediaType": docker}
        manifest = {"schemaVersion": 2, "mediaType": docker, "config": config, "layers": []}
    body = {"repositoryName": name, "imageTag": tag, "imageManifest": json.dumps(manifest)}
    headers = {
        "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.PutImage",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIATESTBED000000000/20260101/"
        "us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0",
    }
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"], json.dumps(body).encode(), headers
    )
    urllib.request.urlopen(request)
with open(folder + "/log", "a") as log:
    log.write(verb + "\n")
"#;

/// A stack with an image to build, and Docker's double.
async fn program() -> Program {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::with(STACK).await;
    std::fs::create_dir_all(program.path("app")).expect("a folder");
    std::fs::create_dir_all(program.path("bin")).expect("a folder");
    program.write_as("app/Dockerfile", "FROM scratch\n");
    program.write_as("app/main.py", "one\n");
    let docker = program.write_as("bin/docker", &format!("#!/usr/bin/env python3{DOCKER}"));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(docker, mode).expect("a program");
    program
}

/// Runs the program, with Docker's double or without any builder.
async fn run(program: &Program, arguments: &[&str], has_docker: bool) -> Ran {
    let own = std::env::var("PATH").expect("a path");
    let path = format!("{}:{own}", program.path("bin").display());
    let mut command = program.command(arguments);
    command.env("PATH", if has_docker { path.as_str() } else { "" });
    command.output().await.expect("the program runs").into()
}

fn log(program: &Program) -> String {
    std::fs::read_to_string(program.path("bin/log")).unwrap_or_default()
}

const APPLY: &[&str] = &["apply", "--yes"];
const PLAN: &[&str] = &["plan", "--format", "json"];

#[tokio::test]
async fn without_a_builder_nothing_is_changed_and_both_ways_out_are_named() {
    let program = program().await;
    let planned = run(&program, PLAN, false).await.exits(0);
    let words = "the image of app must be built, and no program that builds container images is \
                 installed (docker, podman, buildah, finch)";
    assert!(
        planned.err.contains(&format!("warning: {words}")),
        "{}",
        planned.err
    );
    program.bed.clear_journal();
    let applied = run(&program, APPLY, false).await.exits(1);
    assert!(
        applied.err.contains(&format!("error: {words}")),
        "{}",
        applied.err
    );
    let hint = "hint: install one of these, or name an image that was built elsewhere: \
                --image app=REF (or set QPIAC_IMAGE_APP=REF)";
    assert!(applied.err.contains(hint), "{}", applied.err);
    assert_eq!(program.bed.mutating().len(), 0);

    let image = &["--image", "app=ghcr.io/example/app:1.0"][..];
    run(&program, &[APPLY, image].concat(), false)
        .await
        .exits(0);
    let planned = run(&program, &[PLAN, image].concat(), false).await.exits(0);
    assert_eq!(
        planned.json()["steps"].as_array().map(Vec::len),
        Some(0),
        "{}",
        planned.out
    );
}

#[tokio::test]
async fn an_image_is_built_where_its_content_is_new() {
    let program = program().await;
    run(&program, APPLY, true).await.exits(0);
    assert_eq!(log(&program), "login\nbuild\npush\n");
    program.assert_in_sync().await;

    program.write_as("app/main.py", "two\n");
    run(&program, APPLY, true).await.exits(0);
    assert_eq!(log(&program), "login\nbuild\npush\n".repeat(2));
    program.assert_in_sync().await;

    // What was pushed once is never built again, so no builder is needed.
    program.write_as("app/main.py", "one\n");
    let planned = run(&program, PLAN, false).await.exits(0);
    assert!(!planned.err.contains("warning"), "{}", planned.err);
    assert_eq!(
        short(&planned.json()).lines().next(),
        Some("update container-image/app: tag")
    );
    run(&program, APPLY, false).await.exits(0);
    program.assert_in_sync().await;
    program.destroy().await;
}

#[tokio::test]
async fn a_saved_plan_is_refused_when_somebody_moved_the_image() {
    let program = program().await;
    run(&program, APPLY, true).await.exits(0);
    program.write_as("app/main.py", "two\n");
    let saving = ["plan", "--out", "saved.plan"];
    run(&program, &saving, true).await.exits(0);

    let context = BuildContext {
        directory: PathBuf::from("3"),
        platform: String::new(),
    };
    let images = aws_sdk_ecr::Client::new(&config(&program.bed));
    let put = images.put_image().repository_name("shop/app");
    let put = put.image_tag("current").image_manifest(manifest(&context));
    put.send().await.expect("an image");
    program.bed.clear_journal();
    let refused = run(&program, &["apply", "saved.plan", "--yes"], true).await;
    let refused = refused.exits(1);
    for words in [
        "AWS is not what it was",
        "  - container-image/app is there now",
        "nothing was changed",
    ] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    assert_eq!(program.bed.mutating().len(), 0);
    assert_eq!(log(&program), "login\nbuild\npush\n");
}

#[tokio::test]
async fn an_image_from_elsewhere_deletes_nothing() {
    let program = program().await;
    run(&program, APPLY, true).await.exits(0);
    let images = aws_sdk_ecr::Client::new(&config(&program.bed));
    let tags = async || {
        let listed = images
            .list_images()
            .repository_name("shop/app")
            .send()
            .await;
        let mut tags: Vec<String> = listed
            .expect("a list")
            .image_ids()
            .iter()
            .filter_map(|image| image.image_tag().map(str::to_owned))
            .collect();
        tags.sort();
        tags
    };
    let before = tags().await;
    assert_eq!(before.len(), 2, "{before:?}");
    let image = &["--image", "app=ghcr.io/example/app:1.0"][..];
    run(&program, &[APPLY, image].concat(), false)
        .await
        .exits(0);
    assert_eq!(tags().await, before);
    // Without it the image that was built before is in its place again, and nothing is built.
    run(&program, APPLY, false).await.exits(0);
    assert_eq!(tags().await, before);
    program.assert_in_sync().await;
}

#[tokio::test]
async fn what_a_builder_says_when_it_fails_is_shown_and_the_next_run_goes_on() {
    let program = program().await;
    let docker = program.path("bin/docker");
    let whole = std::fs::read_to_string(&docker).expect("a program");
    std::fs::write(&docker, "#!/bin/sh\necho no space left on device; exit 1\n")
        .expect("a program");
    let failed = run(&program, APPLY, true).await.exits(1);
    for words in [
        "container-image/app",
        "  `docker login` failed: it ended with exit status: 1\n",
        "\n    no space left on device\n",
    ] {
        assert!(failed.err.contains(words), "{words}: {}", failed.err);
    }
    std::fs::write(&docker, whole).expect("a program");
    run(&program, APPLY, true).await.exits(0);
    program.assert_in_sync().await;
}
