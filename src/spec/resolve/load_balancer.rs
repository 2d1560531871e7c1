//! Checks of the load balancer: listeners, certificate, admitted ranges.
//!
//! Depends on the sections of the spec. Invariant: an HTTPS listener has a certificate of the
//! stack's region, and where there is one, no other listener forwards in clear.

use crate::spec::choice::Port;
use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::leaf::CertificateArn;
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::{AccessLogs, Action, Certificate, Listener, LoadBalancer, Protocol};
use crate::spec::sections::StackFile;
use crate::spec::sections::load_balancer::LoadBalancerSection;

/// The port of HTTP.
pub(super) const HTTP: u16 = 80;
/// The port of HTTPS.
pub(super) const HTTPS: u16 = 443;
/// Inbound rules that a security group may have, as long as AWS has not raised the quota.
const RULES_LIMIT: usize = 60;
/// Rules that CloudFront's managed prefix list counts as. Source: Amazon VPC User Guide,
/// "AWS-managed prefix lists".
const PREFIX_LIST_RULES: usize = 55;
/// The first port beside 80 and 443 that CloudFront connects to.
const EPHEMERAL: u16 = 1024;

/// The load balancer, if the file has one; `None` where nothing can stand in for what is wrong.
pub(super) fn load_balancer(file: &StackFile, reader: &mut Reader) -> Option<Option<LoadBalancer>> {
    let balancer = match &file.load_balancer {
        Optional::Absent => return Some(None),
        Optional::Broken => return None,
        Optional::Given(balancer) => balancer,
    };
    let section = &balancer.value;
    if let Optional::Given(certificate) = &section.certificate {
        check_certificate(file, certificate, reader);
    }
    let ports = ports(file, section, reader);
    check_name(file, reader);
    check_allow(section, ports.as_ref().map_or(1, Vec::len), reader);
    let idle = file
        .services
        .value
        .0
        .iter()
        .all(|(_, service)| service.value.port.is_absent());
    if idle && !file.services.is_broken() {
        reader.report(
            Diagnostic::warning(
                balancer.subject,
                "no service stands behind the load balancer",
            )
            .expected("a service with a `port`")
            .hint("it costs money also when it has nothing to do"),
        );
    }
    Some(Some(LoadBalancer {
        listeners: listeners(section, ports?),
        internal: section.internal.value,
        allow: section
            .allow
            .value
            .iter()
            .map(|range| range.value)
            .collect(),
        idle_timeout_s: section.idle_timeout_s.value.0,
        deletion_protection: section.deletion_protection.value,
        drop_invalid_headers: section.drop_invalid_headers.value,
        access_logs: section.access_logs.value.0.as_ref().map(|logs| AccessLogs {
            retention_days: logs.retention_days.value.0,
            force_destroy: logs.force_destroy.value,
        }),
    }))
}

/// AWS keeps some beginnings of names for itself.
fn check_name(file: &StackFile, reader: &mut Reader) {
    let stack = &file.stack;
    let reserved = ["internal-", "sg-"];
    let name = format!("{}-", stack.value);
    let Some(prefix) = reserved.iter().find(|prefix| name.starts_with(**prefix)) else {
        return;
    };
    if !stack.is_broken() {
        let message = format!("names on AWS must not begin with `{prefix}`");
        reader.report(
            Diagnostic::error(stack.span, message)
                .expected("a stack name with another beginning")
                .hint("the names of the load balancer and of security groups begin with it"),
        );
    }
}

/// Each range makes one rule for each port in the load balancer's security group.
fn check_allow(section: &LoadBalancerSection, ports: usize, reader: &mut Reader) {
    let allow = &section.allow;
    if allow.is_broken() {
        return;
    }
    if allow.value.is_empty() {
        let problem = Diagnostic::error(allow.span, "nobody is admitted");
        reader.report(
            problem
                .expected("at least one range")
                .hint("for example [203.0.113.0/24], or [0.0.0.0/0] for everybody"),
        );
    }
    for (place, range) in allow.value.iter().enumerate() {
        if let Some(first) = allow.value[..place]
            .iter()
            .find(|it| it.value == range.value)
        {
            reader.report(
                Diagnostic::error(
                    range.span,
                    format!("the range {} stands twice", range.value),
                )
                .expected("each range once")
                .hint("remove one of them")
                .related(first.span, "first here"),
            );
        }
    }
    let rules = allow.value.len() * ports;
    if rules > RULES_LIMIT {
        let message = format!(
            "{} ranges for {ports} ports make {rules} rules",
            allow.value.len()
        );
        reader.report(
            Diagnostic::error(allow.subject, message)
                .expected(format!(
                    "at most {RULES_LIMIT}, the limit of a security group"
                ))
                .hint("wider ranges can stand for several"),
        );
    }
}

fn check_certificate(file: &StackFile, arn: &Spanned<CertificateArn>, reader: &mut Reader) {
    let (region, account) = (arn.value.region(), arn.value.account());
    if !file.region.is_broken() && region != file.region.value.as_str() {
        reader.report(
            Diagnostic::error(arn.span, format!("the certificate is in {region}"))
                .expected(format!("a certificate of {}", file.region.value))
                .hint("request it again in the stack's region")
                .related(file.region.span, "the stack's region"),
        );
    }
    if let Optional::Given(ours) = &file.account
        && ours.value.as_str() != account
    {
        reader.report(
            Diagnostic::error(
                arn.span,
                format!("the certificate belongs to account {account}"),
            )
            .expected(format!("a certificate of account {}", ours.value))
            .hint("a load balancer can only use certificates of its own account")
            .related(ours.span, "the stack's account"),
        );
    }
}

/// The ports to listen to.
fn ports(file: &StackFile, section: &LoadBalancerSection, reader: &mut Reader) -> Option<Vec<u16>> {
    let own = section.certificate.given();
    let listen = match &section.listen {
        Optional::Broken => return None,
        Optional::Absent => {
            let ports = usual_ports(file, section);
            if let (Some(own), false) = (own, ports.contains(&HTTPS)) {
                reader.report(
                    Diagnostic::error(own.span, "the certificate is not used")
                        .expected("`origin_protocol: https` in `cdn`")
                        .hint("or leave `certificate` out: viewers see that of the CDN"),
                );
            }
            return Some(ports);
        }
        Optional::Given(listen) => listen,
    };
    if listen.value.is_empty() && !listen.is_broken() {
        let problem = Diagnostic::error(listen.span, "the load balancer listens to nothing");
        reader.report(
            problem
                .expected("at least one port")
                .hint("for example [80]"),
        );
    }
    let ports = distinct_ports(listen, reader);
    let secure = ports.iter().find(|(port, _)| *port == HTTPS);
    match (secure, own) {
        (Some((_, span)), None) if section.certificate.is_absent() && file.domain.is_absent() => {
            reader.report(
                Diagnostic::error(*span, "port 443 needs a certificate")
                    .expected("`certificate` with the ARN of an ACM certificate, or a `domain`")
                    .hint("or listen to [80] alone"),
            );
        }
        (None, Some(certificate)) if !listen.is_broken() => reader.report(
            Diagnostic::error(certificate.span, "the certificate is not used")
                .expected("443 among the ports")
                .hint("leave `listen` out to have 80 and 443")
                .related(listen.span, "the ports"),
        ),
        (Some(_) | None, Some(_) | None) => {}
    }
    if let Some(cdn) = file.cdn.given() {
        check_behind_cdn(&ports, cdn.subject, reader);
    }
    Some(ports.into_iter().map(|(port, _)| port).collect())
}

/// The ports where the file names none.
fn usual_ports(file: &StackFile, section: &LoadBalancerSection) -> Vec<u16> {
    if let Some(cdn) = file.cdn.given() {
        vec![super::cdn::usual_port(cdn.value.origin_protocol.value)]
    } else if section.certificate.is_absent() && file.domain.is_absent() {
        vec![HTTP]
    } else {
        vec![HTTP, HTTPS]
    }
}

fn distinct_ports(listen: &Spanned<Vec<Spanned<Port>>>, reader: &mut Reader) -> Vec<(u16, Span)> {
    let mut ports: Vec<(u16, Span)> = Vec::new();
    for item in &listen.value {
        let port = item.value.number();
        if let Some((_, first)) = ports.iter().find(|(other, _)| *other == port) {
            reader.report(
                Diagnostic::error(item.span, format!("the port {port} stands twice"))
                    .expected("each port once")
                    .hint("remove one of them")
                    .related(*first, "first here"),
            );
            continue;
        }
        ports.push((port, item.span));
    }
    ports
}

/// CloudFront's address ranges count as many rules, and it reaches some ports only.
fn check_behind_cdn(ports: &[(u16, Span)], cdn: Span, reader: &mut Reader) {
    for (port, span) in ports {
        if *port < EPHEMERAL && ![HTTP, HTTPS].contains(port) {
            reader.report(
                Diagnostic::error(*span, format!("CloudFront does not connect to port {port}"))
                    .expected(format!("80, 443, or a port from {EPHEMERAL} on"))
                    .hint("leave `listen` out: it follows `origin_protocol`")
                    .related(cdn, "the CDN"),
            );
        }
    }
    let [_, (port, span), ..] = ports else { return };
    let message = format!(
        "the load balancer listens to {} ports behind a CDN",
        ports.len()
    );
    reader.report(
        Diagnostic::error(*span, message)
            .expected(format!("one port: CloudFront's address ranges count as {PREFIX_LIST_RULES} rules for each, and a security group has {RULES_LIMIT}"))
            .hint(format!("remove {port}; the CDN itself answers viewers on 80 and 443"))
            .related(cdn, "the CDN"),
    );
}

fn listeners(section: &LoadBalancerSection, mut ports: Vec<u16>) -> Vec<Listener> {
    ports.sort_unstable();
    let secure = ports.contains(&HTTPS);
    let listener = |port: u16| {
        if port == HTTPS {
            let own = section.certificate.given();
            return Listener {
                port,
                protocol: Protocol::Https {
                    certificate: own.map_or(Certificate::OfDomain, |arn| {
                        Certificate::Given(arn.value.clone())
                    }),
                    tls_policy: section.tls_policy.value.clone(),
                },
                action: Action::Forward,
            };
        }
        Listener {
            port,
            protocol: Protocol::Http,
            action: if secure {
                Action::Redirect { port: HTTPS }
            } else {
                Action::Forward
            },
        }
    };
    ports.into_iter().map(listener).collect()
}
