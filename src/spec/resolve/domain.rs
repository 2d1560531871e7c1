//! Checks of the domain.
//!
//! Depends on the sections of the spec. Invariant: the name lies in the zone, and the load balancer
//! has one certificate.

use crate::spec::diagnostic::Diagnostic;
use crate::spec::leaf::HostedZone;
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::Domain;
use crate::spec::sections::StackFile;
use crate::spec::sections::cdn::DomainSection;

/// Most characters in the first name of a certificate. Source: ACM API reference,
/// `RequestCertificate`.
const NAME_LIMIT: usize = 64;

/// The domain, if the file has one.
pub(super) fn domain(file: &StackFile, reader: &mut Reader) -> Option<Domain> {
    let domain = file.domain.given()?;
    check_name(&domain.value, reader);
    check_target(file, domain, reader);
    Some(Domain {
        name: domain.value.name.value.clone(),
        zone: domain.value.zone.value.clone(),
    })
}

fn check_name(section: &DomainSection, reader: &mut Reader) {
    let (name, zone) = (&section.name, &section.zone);
    if name.is_broken() {
        return;
    }
    let length = name.value.as_str().len();
    if length > NAME_LIMIT {
        reader.report(
            Diagnostic::error(name.span, "this name is too long for a certificate")
                .expected(format!(
                    "at most {NAME_LIMIT} characters; this one has {length}"
                ))
                .hint("choose a shorter name"),
        );
    }
    if zone.is_broken() {
        return;
    }
    if let HostedZone::Name(of) = &zone.value
        && !name.value.is_within(of)
    {
        reader.report(
            Diagnostic::error(
                zone.span,
                format!("`{}` is not in the zone `{of}`", name.value),
            )
            .expected("the zone that holds the name")
            .hint(match name.value.as_str().split_once('.') {
                Some((_, parent)) if parent.contains('.') => format!("for example {parent}"),
                Some(_) | None => format!("for example {}", name.value),
            })
            .related(name.span, "the name"),
        );
    }
}

fn check_target(file: &StackFile, domain: &Spanned<DomainSection>, reader: &mut Reader) {
    if file.cdn.is_absent() && file.load_balancer.is_absent() {
        reader.report(
            Diagnostic::error(domain.subject, "the name would lead nowhere")
                .expected("a `load_balancer`, alone or with a `cdn`")
                .hint("add `load_balancer: {}`, or remove the domain"),
        );
    }
    let balancer = file.load_balancer.given();
    let certificate = balancer.map(|balancer| &balancer.value.certificate);
    if let Some(Optional::Given(certificate)) = certificate {
        reader.report(
            Diagnostic::error(certificate.span, "the load balancer has two certificates")
                .expected("either `certificate` or a `domain`")
                .hint("remove this one: the certificate of the domain takes its place")
                .related(domain.subject, "this makes one"),
        );
    }
}
