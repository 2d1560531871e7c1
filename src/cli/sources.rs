//! What a stack file names beside itself: code to pack, images to build, and what stands in for
//! these.
//!
//! May depend on `spec`, `package`, `stack`, `plan`, `render`, `aws` and `resources`. Invariant: nothing is changed in
//! AWS where an image must be built and nothing here can build it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::Misuse;
use super::arguments::{File, Substitute};
use super::cloud::Cloud;
use super::terminal::Terminal;
use crate::aws::Clients;
use crate::model::{Contents, Resource, Value, Values};
use crate::package::{self, BUILDERS, Builder};
use crate::plan::{Action, Plan};
use crate::render::message;
use crate::resources::ContainerImage;
use crate::spec::diagnostic::Diagnostics;
use crate::spec::leaf::ImageReference;
use crate::spec::reader::nearest;
use crate::spec::resolved::{Image, Service};
use crate::spec::text::Text;
use crate::spec::{Reading, Spec};
use crate::stack::Digests;

/// What the variables begin with that name an image, before the name of the service.
const VARIABLE: &str = "QPIAC_IMAGE_";

/// Digests of what a stack file names, and what they stand for; nothing is built for them. Or what
/// is wrong, with the file's warnings.
pub(super) fn gather(file: &File, reading: &Reading) -> Result<(Digests, Contents), Diagnostics> {
    let gathered = package::gather(&reading.spec, &reading.sources, directory(file));
    gathered.map_err(|mut problems| {
        problems.extend(reading.warnings.iter().cloned());
        reading.problems(problems)
    })
}

/// Runs the build commands of the functions; what they say is shown.
pub(super) async fn build_functions(
    file: &File,
    reading: &Reading,
    terminal: &Terminal,
) -> Result<(), Diagnostics> {
    let tell = |line: &str| terminal.line(line);
    package::build_functions(&reading.spec, &reading.sources, directory(file), &tell)
        .await
        .map_err(|problem| reading.problems(vec![problem]))
}

/// The directory that the paths in a stack file begin at.
fn directory(file: &File) -> &Path {
    file.file.parent().unwrap_or(Path::new(""))
}

/// Puts the images that the command line and the environment name in the place of the file's own.
///
/// # Errors
/// There is no such service, it is named twice, or the image is no reference.
pub(super) fn substitute(
    spec: &mut Spec,
    given: &[Substitute],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), Misuse> {
    for (at, one) in given.iter().enumerate() {
        if given[..at].iter().any(|other| other.service == one.service) {
            let name = &one.service;
            return Err(Misuse(format!("--image names the service `{name}` twice")));
        }
        if spec.services.iter().all(|s| s.name.as_str() != one.service) {
            return Err(unknown(spec, &one.service));
        }
    }
    for service in &mut spec.services {
        let argument = given
            .iter()
            .find(|one| one.service == service.name.as_str());
        let name = variable_of(service.name.as_str());
        let found = match argument {
            Some(one) => Some(("--image".to_owned(), one.image.clone())),
            None => variable(&name)
                .filter(|image| !image.is_empty())
                .map(|image| (name, image)),
        };
        if let Some((source, image)) = found {
            replace(service, &source, &image)?;
        }
    }
    Ok(())
}

fn replace(service: &mut Service, source: &str, image: &str) -> Result<(), Misuse> {
    let reference = ImageReference::admit(image).map_err(|hint| {
        let hint = hint.unwrap_or_else(|| format!("expected {}", ImageReference::SHAPE.expected));
        Misuse(format!(
            "{source} names `{image}` for the service `{}`, which is not a container image\nhint: {hint}",
            service.name
        ))
    })?;
    service.image = match &service.image {
        Image::Reference(_) => Image::Reference(reference),
        Image::Build(_) | Image::BuiltElsewhere(_) => Image::BuiltElsewhere(reference),
    };
    Ok(())
}

fn unknown(spec: &Spec, name: &str) -> Misuse {
    let hint = likely(spec, name, str::to_owned);
    Misuse(format!(
        "--image names the service `{name}`, which the stack does not have\nhint: {hint}"
    ))
}

/// Which service may have been meant, as `said` says it.
fn likely(spec: &Spec, name: &str, said: impl Fn(&str) -> String) -> String {
    let names: Vec<&str> = spec.services.iter().map(|s| s.name.as_str()).collect();
    match nearest(name, &names) {
        Some(near) => format!("did you mean `{}`?", said(near)),
        None if names.is_empty() => "the stack has no service".to_owned(),
        None => {
            let all: Vec<String> = names.into_iter().map(said).collect();
            format!("the stack has {}", all.join(", "))
        }
    }
}

/// Warnings of variables among these that name an image for a service which the stack does not have:
/// they may be meant for another stack.
pub(super) fn strangers(spec: &Spec, variables: impl Iterator<Item = String>) -> Vec<String> {
    let is_known = |variable: &str| {
        let mut services = spec.services.iter();
        services.any(|service| variable_of(service.name.as_str()) == variable)
    };
    let mut strangers: Vec<String> = variables
        .filter(|variable| variable.starts_with(VARIABLE) && !is_known(variable))
        .collect();
    strangers.sort();
    let told = strangers.iter().map(|variable| {
        let what = message::warning(format!("{variable} names an image for no service here"));
        let hint = message::hint(likely(spec, &variable[VARIABLE.len()..], variable_of));
        format!("{what}\n{hint}")
    });
    told.collect()
}

/// The variable that names an image for a service: `QPIAC_IMAGE_NIGHT_JOBS` for `night-jobs`.
fn variable_of(service: &str) -> String {
    let name = service.to_ascii_uppercase().replace('-', "_");
    format!("{VARIABLE}{name}")
}

/// The clients with the builder of this machine, if there is one.
pub(super) fn with_builder(clients: Clients) -> Clients {
    match Builder::installed() {
        Some(builder) => clients.with_builder(Arc::new(builder)),
        None => clients,
    }
}

/// A plan builds images, and nothing here can.
#[derive(Debug, thiserror::Error)]
#[error("{what}\nhint: {hint}")]
pub(super) struct NoBuilder {
    /// Which images, and what is missing.
    pub(super) what: String,
    /// The ways out.
    pub(super) hint: String,
}

/// Whether a builder is lacking to carry out a plan. Images that are in their repository already
/// need none.
pub(super) async fn lacking(plan: &Plan, cloud: &Cloud) -> anyhow::Result<Option<NoBuilder>> {
    let clients = match cloud {
        Cloud::Aws(aws) if aws.clients().builder().is_none() => aws.clients(),
        Cloud::Aws(_) | Cloud::Sandbox(_) => return Ok(None),
    };
    let mut services = Vec::new();
    for step in &plan.steps {
        let want = match &step.action {
            Action::Create { want, .. } | Action::Update { want, .. } => want,
            Action::Delete { .. } => continue,
        };
        if step.address.kind == ContainerImage::SCHEMA.kind && !is_pushed(clients, want).await? {
            services.push(step.address.name.to_string());
        }
    }
    Ok((!services.is_empty()).then(|| explain(&services)))
}

async fn is_pushed(clients: &Clients, want: &Values) -> anyhow::Result<bool> {
    match (want.get("repository_url"), want.get("tag")) {
        (Some(Value::Id { id, .. }), Some(Value::Text(tag))) => {
            ContainerImage::is_pushed(clients, id, tag)
                .await
                .context("cannot see whether the image is there already")
        }
        // The repository is not there yet.
        _ => Ok(false),
    }
}

fn explain(services: &[String]) -> NoBuilder {
    let arguments: Vec<String> = services
        .iter()
        .map(|service| format!("--image {service}=REF"))
        .collect();
    let variables: Vec<String> = services
        .iter()
        .map(|service| format!("{}=REF", variable_of(service)))
        .collect();
    NoBuilder {
        what: format!(
            "the image of {} must be built, and no program that builds container images is \
             installed ({})",
            services.join(" and of "),
            BUILDERS.join(", ")
        ),
        hint: format!(
            "install one of these, or name an image that was built elsewhere: {} (or set {})",
            arguments.join(" "),
            variables.join(" ")
        ),
    }
}
