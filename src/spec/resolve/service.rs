//! Checks of services, one by one: sizes, image, deployment, policies, and what needs a port.
//!
//! Depends on the sections of the spec. Invariant: see the parent module.

use super::permissions::permissions;
use super::variables::Variables;
use super::{fargate, references, routes, scaling};
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::{ImageReference, Nat, Placement, ServiceName};
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::{Deployment, Health, Image, Route, Service, Web};
use crate::spec::sections::StackFile;
use crate::spec::sections::service::{HealthSection, ServiceSection};

type Named<'file> = (&'file Spanned<ServiceName>, &'file ServiceSection);

pub(super) fn services(file: &StackFile, reader: &mut Reader) -> Vec<Service> {
    let entries = &file.services.value.0;
    let named: Vec<Named<'_>> = entries
        .iter()
        .map(|(name, body)| (name, &body.value))
        .collect();
    let cdn = file.cdn.given().map(|cdn| cdn.subject);
    let routes = routes::routes(&named, cdn, reader);
    named
        .iter()
        .zip(routes)
        .filter_map(|(named, route)| service(file, *named, route, reader))
        .collect()
}

/// A service; `None` where nothing can stand in for its image.
fn service(
    file: &StackFile,
    (name, section): Named<'_>,
    route: Option<Route>,
    reader: &mut Reader,
) -> Option<Service> {
    let port = section.port.given();
    super::check_service_names(file, name, port.is_some(), reader);
    let image = image(file, name, section, reader);
    let scaling = scaling::scaling(section, reader);
    check_deployment(section, reader);
    check_port(file, name, section, reader);
    check_secrets(file, section, reader);
    let command = section.command.given();
    let environment = section.environment.value.0.iter();
    let secrets = section.secrets.value.0.iter();
    let reads = section.reads.value.iter();
    Some(Service {
        name: name.value.clone(),
        image: image?,
        command: command.map(|words| words.value.iter().map(|it| it.value.clone()).collect()),
        cpu: section.cpu.value.0,
        memory: memory(name, section, reader),
        architecture: section.architecture.value,
        count: scaling::first_count(section),
        scaling,
        web: port.map(|port| Web {
            port: port.value.number(),
            route,
            health: health(&section.health.value, reader),
            grace_s: section.grace_s.value.0,
            drain_s: section.drain_s.value.0,
        }),
        environment: environment
            .map(|(name, value)| (name.value.clone(), value.value.clone()))
            .collect(),
        secrets: secrets
            .map(|(variable, secret)| (variable.value.clone(), secret.value.clone()))
            .collect(),
        reads: reads.map(|secret| secret.value.clone()).collect(),
        retention_days: section.logs.value.retention_days.value.0,
        deployment: deployment(section),
        exec: section.exec.value,
        subnets: section.subnets.value,
        permissions: permissions(&section.policies, reader),
    })
}

/// Each service has an image, or is built.
fn image(
    file: &StackFile,
    name: &Spanned<ServiceName>,
    section: &ServiceSection,
    reader: &mut Reader,
) -> Option<Image> {
    match (&section.image, &section.build) {
        (Optional::Given(image), Optional::Given(build)) => {
            let message = format!("`{}` has both an image and a build", name.value);
            reader.report(
                Diagnostic::error(build.subject, message)
                    .expected("either `image` or `build`")
                    .hint("an image that another job has built takes the place of `build` with --image")
                    .related(image.subject, "the other one"),
            );
            None
        }
        (Optional::Given(image), Optional::Absent | Optional::Broken) => {
            check_image(file, section, image, reader);
            Some(Image::Reference(image.value.clone()))
        }
        (Optional::Absent, Optional::Absent) => {
            reader.report(
                Diagnostic::error(name.span, format!("`{}` has no image", name.value))
                    .expected("either `image` or `build`")
                    .hint("for example `image: ghcr.io/example/app:1.0`, or `build: workload/app` for a directory with a Dockerfile"),
            );
            None
        }
        (_, Optional::Given(build)) => Some(Image::Build(build.value.clone())),
        (Optional::Broken, _) | (_, Optional::Broken) => None,
    }
}

/// Secrets that its tasks get or may read.
fn check_secrets(file: &StackFile, section: &ServiceSection, reader: &mut Reader) {
    let (secrets, reads) = (&section.secrets.value, &section.reads.value);
    references::check_read(file, secrets.0.iter().map(|(_, secret)| secret), reader);
    references::check_read(file, reads, reader);
    references::check_repeated("the secret", reads, reader);
    let mut variables = Variables::of(&section.environment.value);
    variables.add_secrets(secrets, reader);
    variables.add_reads(reads, reader);
}

fn deployment(section: &ServiceSection) -> Deployment {
    let deployment = &section.deployment.value;
    Deployment {
        minimum_percent: deployment.minimum_percent.value.0,
        maximum_percent: deployment.maximum_percent.value.0,
        circuit_breaker: deployment.circuit_breaker.value,
    }
}

fn check_image(
    file: &StackFile,
    section: &ServiceSection,
    image: &Spanned<ImageReference>,
    reader: &mut Reader,
) {
    if image.is_broken() {
        return;
    }
    if !image.value.is_pinned() && image.value.tag().is_none_or(|tag| tag == "latest") {
        reader.report(
            Diagnostic::warning(
                image.span,
                "this image may change without a change of the file",
            )
            .expected("a tag of its own for each version, or a digest")
            .hint("a plan cannot see that `latest` has moved"),
        );
    }
    let nat = &file.network.value.nat;
    let closed = nat.value == Nat::None && section.subnets.value == Placement::Private;
    if closed && !nat.is_broken() && !section.subnets.is_broken() && !image.value.is_ecr() {
        reader.report(
            Diagnostic::warning(image.span, "the tasks cannot reach this image's registry")
                .expected("an image in Amazon ECR, since there is no NAT gateway")
                .hint("copy the image to ECR, take `nat: single`, or put the tasks into public subnets")
                .related(nat.span, "no way out of the private subnets"),
        );
    }
}

/// What needs a port, and what a port needs.
fn check_port(
    file: &StackFile,
    name: &Spanned<ServiceName>,
    section: &ServiceSection,
    reader: &mut Reader,
) {
    if let (Optional::Given(port), Optional::Absent) = (&section.port, &file.load_balancer) {
        reader.report(
            Diagnostic::error(
                port.span,
                format!("`{}` has a port, but nothing can reach it", name.value),
            )
            .expected("a `load_balancer` in the file")
            .hint("add `load_balancer: {}`, or leave the port out for a worker"),
        );
    }
    if !section.port.is_absent() {
        return;
    }
    let needing = [
        ("route", section.route.given().map(|it| it.span)),
        (
            "health",
            section.health.is_written().then_some(section.health.span),
        ),
        (
            "grace_s",
            section.grace_s.is_written().then_some(section.grace_s.span),
        ),
        (
            "drain_s",
            section.drain_s.is_written().then_some(section.drain_s.span),
        ),
        ("requests_per_task", scaling::requests_span(section)),
    ];
    for (key, span) in needing {
        if let Some(span) = span {
            reader.report(
                Diagnostic::error(span, format!("`{key}` means nothing without a port"))
                    .expected(format!("a `port` in `{}`", name.value))
                    .hint(format!(
                        "add the port that the container listens to, or remove `{key}`"
                    )),
            );
        }
    }
}

fn health(section: &HealthSection, reader: &mut Reader) -> Health {
    let (interval, timeout) = (&section.interval_s, &section.timeout_s);
    if timeout.value.0 >= interval.value.0 && !interval.is_broken() && !timeout.is_broken() {
        let span = if timeout.is_written() {
            timeout.span
        } else {
            interval.span
        };
        let message = format!(
            "a check that takes {} s is repeated every {} s",
            timeout.value.0, interval.value.0
        );
        let problem = Diagnostic::error(span, message).expected("`timeout_s` below `interval_s`");
        reader.report(if interval.is_written() && timeout.is_written() {
            problem
                .hint("an answer that takes longer is a bad one")
                .related(interval.span, "the interval")
        } else {
            problem.hint("give both; the one that is left out has its default")
        });
    }
    Health {
        path: section.path.value.clone(),
        interval_s: section.interval_s.value.0,
        timeout_s: section.timeout_s.value.0,
        healthy: section.healthy.value.0,
        unhealthy: section.unhealthy.value.0,
        matcher: section.matcher.value.clone(),
    }
}

/// ECS rounds the least number of tasks up and the largest down; between them there must be room
/// for one to come or to go.
fn check_deployment(section: &ServiceSection, reader: &mut Reader) {
    let deployment = &section.deployment.value;
    let (minimum, maximum) = (&deployment.minimum_percent, &deployment.maximum_percent);
    let count = scaling::first_count(section);
    let unknown = section.count.is_broken() || section.scaling.is_broken();
    if minimum.is_broken() || maximum.is_broken() || unknown || count == 0 {
        return;
    }
    let least = (count * minimum.value.0).div_ceil(100);
    let most = count * maximum.value.0 / 100;
    if most > least {
        return;
    }
    let wrong = if maximum.is_written() {
        maximum.span
    } else {
        minimum.span
    };
    let message = format!(
        "a new version could never take over: at least {least} and at most {most} of {count} tasks may run"
    );
    reader.report(
        Diagnostic::error(wrong, message)
            .expected("room for one task more, or one fewer")
            .hint("raise `maximum_percent` or lower `minimum_percent`"),
    );
}

/// The memory of the file or the smallest that goes with the processor.
fn memory(name: &Spanned<ServiceName>, section: &ServiceSection, reader: &mut Reader) -> u32 {
    let cpu = &section.cpu;
    let sizes = fargate::memory_sizes(cpu.value.0);
    let smallest = sizes.first().copied().unwrap_or(512);
    let Optional::Given(memory) = &section.memory else {
        return smallest;
    };
    let chosen = memory.value.0;
    if !cpu.is_broken() && !memory.is_broken() && !sizes.contains(&chosen) {
        let message = format!(
            "Fargate has no tasks of cpu {} with memory {chosen}",
            cpu.value.0
        );
        let problem = Diagnostic::error(memory.span, message)
            .expected(format!(
                "for cpu {} a memory of {}",
                cpu.value.0,
                fargate::described(&sizes)
            ))
            .hint(fargate::hint(chosen));
        reader.report(if cpu.is_written() {
            problem.related(cpu.span, "the cpu")
        } else {
            problem.related(name.span, format!("`cpu` is left out: {}", cpu.value.0))
        });
    }
    chosen
}
