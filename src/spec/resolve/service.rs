//! Checks of services, one by one: sizes, image, deployment, policies, and what needs a port.
//!
//! Depends on the sections of the spec. Invariant: see the parent module.

use super::{fargate, routes};
use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::{Nat, Placement, PolicyArn, ServiceName};
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::{Deployment, Health, Permissions, Route, Service, Statement, Web};
use crate::spec::sections::StackFile;
use crate::spec::sections::service::{HealthSection, Policy, ServiceSection, StatementSection};

/// Managed policies that IAM admits on one role.
const MANAGED_LIMIT: usize = 10;

type Named<'file> = (&'file Spanned<ServiceName>, &'file ServiceSection);

pub(super) fn services(file: &StackFile, reader: &mut Reader) -> Vec<Service> {
    let entries = &file.services.value.0;
    let named: Vec<Named<'_>> = entries
        .iter()
        .map(|(name, body)| (name, &body.value))
        .collect();
    let routes = routes::routes(&named, reader);
    named
        .iter()
        .zip(routes)
        .map(|(named, route)| service(file, *named, route, reader))
        .collect()
}

fn service(
    file: &StackFile,
    (name, section): Named<'_>,
    route: Option<Route>,
    reader: &mut Reader,
) -> Service {
    let port = section.port.given();
    super::check_service_names(file, name, port.is_some(), reader);
    check_image(file, section, reader);
    check_deployment(section, reader);
    check_port(file, name, section, reader);
    let command = section.command.given();
    let environment = section.environment.value.0.iter();
    Service {
        name: name.value.clone(),
        image: section.image.value.clone(),
        command: command.map(|words| words.value.iter().map(|it| it.value.clone()).collect()),
        cpu: section.cpu.value.0,
        memory: memory(name, section, reader),
        architecture: section.architecture.value,
        count: section.count.value.0,
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
        retention_days: section.logs.value.retention_days.value.0,
        deployment: deployment(section),
        exec: section.exec.value,
        subnets: section.subnets.value,
        permissions: permissions(section, reader),
    }
}

fn deployment(section: &ServiceSection) -> Deployment {
    let deployment = &section.deployment.value;
    Deployment {
        minimum_percent: deployment.minimum_percent.value.0,
        maximum_percent: deployment.maximum_percent.value.0,
        circuit_breaker: deployment.circuit_breaker.value,
    }
}

fn check_image(file: &StackFile, section: &ServiceSection, reader: &mut Reader) {
    let image = &section.image;
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
    let count = section.count.value.0;
    if minimum.is_broken() || maximum.is_broken() || section.count.is_broken() || count == 0 {
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

fn permissions(section: &ServiceSection, reader: &mut Reader) -> Permissions {
    let mut managed: Vec<&Spanned<Policy>> = Vec::new();
    let mut permissions = Permissions::default();
    for policy in &section.policies.value {
        match &policy.value {
            Policy::Managed(arn) => {
                check_managed(policy, arn, &managed, reader);
                managed.push(policy);
                permissions.managed.push(arn.clone());
            }
            Policy::Statement(body) => {
                check_statement(policy, body, reader);
                permissions.statements.push(Statement {
                    actions: body
                        .actions
                        .value
                        .0
                        .iter()
                        .map(|it| it.value.clone())
                        .collect(),
                    resources: body
                        .resources
                        .value
                        .0
                        .iter()
                        .map(|it| it.value.clone())
                        .collect(),
                });
            }
        }
    }
    permissions
}

fn check_managed(
    policy: &Spanned<Policy>,
    arn: &PolicyArn,
    before: &[&Spanned<Policy>],
    reader: &mut Reader,
) {
    let same = before
        .iter()
        .find(|it| matches!(&it.value, Policy::Managed(other) if other == arn));
    if let Some(first) = same {
        reader.report(
            Diagnostic::error(policy.span, "this policy stands twice")
                .expected("each policy once")
                .hint("remove one of them")
                .related(first.span, "first here"),
        );
    } else if before.len() == MANAGED_LIMIT {
        reader.report(
            Diagnostic::error(policy.span, "too many managed policies")
                .expected(format!("at most {MANAGED_LIMIT}, the limit of a role"))
                .hint("write what the tasks need as statements: { actions: ..., resources: ... }"),
        );
    }
}

fn check_statement(policy: &Spanned<Policy>, body: &StatementSection, reader: &mut Reader) {
    let every_action = body
        .actions
        .value
        .0
        .iter()
        .find(|it| it.value.as_str() == "*");
    let every_resource = body
        .resources
        .value
        .0
        .iter()
        .any(|it| it.value.as_str() == "*");
    if let (Some(action), true, false) = (every_action, every_resource, policy.is_broken()) {
        reader.report(
            Diagnostic::warning(action.span, "the tasks may do everything in the account")
                .expected("the actions and resources that they need")
                .hint("for example { actions: s3:GetObject, resources: \"arn:aws:s3:::shop-images/*\" }"),
        );
    }
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
