//! Checks of the CDN: what it stands in front of, how it reaches it, its header and behaviours.
//!
//! Depends on the sections of the spec. Invariant: behind a CDN the load balancer is on the
//! internet, has one listener, and admits nobody else.

use super::geo::geo;
use super::load_balancer::{HTTP, HTTPS};
use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::leaf::{HeaderName, OriginProtocol, PathPattern};
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::{Auth, Behavior, Cdn, LoadBalancer, Origin, Waf};
use crate::spec::sections::StackFile;
use crate::spec::sections::cdn::{BehaviorSection, CdnSection};
use crate::spec::sections::load_balancer::LoadBalancerSection;

/// Header fields that CloudFront does not add to requests. Source: Amazon CloudFront Developer
/// Guide, "Add custom headers to origin requests".
const REFUSED: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];
/// Beginnings of such fields.
const REFUSED_PREFIXES: &[&str] = &["x-amz-", "x-edge-"];
/// Fields of viewers that would be overwritten.
const NEEDED: &[&str] = &["accept", "authorization", "content-type", "user-agent"];
/// Beginning of fields that the load balancer writes itself.
const FORWARDED_PREFIX: &str = "x-forwarded-";

/// The port on which a protocol is spoken, if the load balancer says nothing else.
pub(super) fn usual_port(protocol: OriginProtocol) -> u16 {
    match protocol {
        OriginProtocol::Http => HTTP,
        OriginProtocol::Https => HTTPS,
    }
}

/// The CDN, if the file has one; its load balancer has been resolved before.
pub(super) fn cdn(
    file: &StackFile,
    balancer: Option<&LoadBalancer>,
    reader: &mut Reader,
) -> Option<Cdn> {
    let cdn = file.cdn.given()?;
    let section = &cdn.value;
    let listener = balancer.and_then(|balancer| balancer.listeners.first());
    let port = listener.map_or_else(
        || usual_port(section.origin_protocol.value),
        |listener| listener.port,
    );
    check_place(file, cdn, reader);
    check_origin(file, cdn, port, reader);
    check_header(&section.auth.value.header, reader);
    check_order(&section.behaviors.value.0, reader);
    let behaviors = section.behaviors.value.0.iter();
    Some(Cdn {
        price_class: section.price_class.value,
        auth: Auth {
            header: section.auth.value.header.value.clone(),
            secret: section.auth.value.secret.value.clone(),
        },
        origin: Origin {
            protocol: section.origin_protocol.value,
            port,
            name: section.origin_name.given().map(|name| name.value.clone()),
        },
        function: section.function.given().map(|path| path.value.clone()),
        default: behavior(&section.default.value),
        behaviors: behaviors
            .map(|(path, body)| (path.value.clone(), behavior(&body.value)))
            .collect(),
        geo: geo(&section.geo, reader),
        security_headers: section.security_headers.value,
        waf: section.waf.value.0.as_ref().map(|waf| Waf {
            rate_limit: waf.rate_limit.value.0,
        }),
    })
}

/// Answers that are kept for no time are not kept.
fn behavior(section: &BehaviorSection) -> Behavior {
    Behavior {
        cache_s: section.cache.value.0.filter(|seconds| *seconds > 0),
    }
}

/// What the CDN stands in front of must be there, on the internet, and open to nobody else.
fn check_place(file: &StackFile, cdn: &Spanned<CdnSection>, reader: &mut Reader) {
    if !file.region.is_broken() && file.region.value.partition() != "aws" {
        let message = format!("there is no CloudFront beside {}", file.region.value);
        reader.report(
            Diagnostic::error(cdn.subject, message)
                .expected("a region outside China and GovCloud")
                .hint("leave `cdn` out")
                .related(file.region.span, "the stack's region"),
        );
    }
    let balancer = match &file.load_balancer {
        Optional::Broken => return,
        Optional::Absent => {
            reader.report(
                Diagnostic::error(cdn.subject, "there is nothing behind the CDN")
                    .expected("a `load_balancer` in the file")
                    .hint("add `load_balancer: {}`"),
            );
            return;
        }
        Optional::Given(balancer) => &balancer.value,
    };
    if balancer.internal.value && !balancer.internal.is_broken() {
        reader.report(
            Diagnostic::error(
                balancer.internal.span,
                "CloudFront cannot reach an internal load balancer",
            )
            .expected("`internal: false` behind a `cdn`")
            .hint("nobody but CloudFront is admitted, also where the load balancer has a public address")
            .related(cdn.subject, "the CDN"),
        );
    }
    if balancer.allow.is_written() {
        reader.report(
            Diagnostic::error(
                balancer.allow.subject,
                "`allow` means nothing behind a CDN",
            )
            .expected("either `allow` or `cdn`")
            .hint("the load balancer then admits CloudFront's address ranges alone; `cdn.geo` and `cdn.waf` decide about viewers")
            .related(cdn.subject, "the CDN"),
        );
    }
}

/// CloudFront and the load balancer must speak the same, and over HTTPS the certificate must bear
/// the name that CloudFront asks for.
fn check_origin(file: &StackFile, cdn: &Spanned<CdnSection>, port: u16, reader: &mut Reader) {
    let section = &cdn.value;
    let protocol = &section.origin_protocol;
    if protocol.is_broken() {
        return;
    }
    let place = if protocol.is_written() {
        protocol.span
    } else {
        cdn.subject
    };
    let balancer = file.load_balancer.given().map(|balancer| &balancer.value);
    if let Some(name) = section.origin_name.given() {
        let own = balancer.is_none_or(|balancer| !balancer.certificate.is_absent());
        if protocol.value == OriginProtocol::Http || !own {
            reader.report(
                Diagnostic::error(
                    name.span,
                    "`origin_name` means nothing without a certificate of your own",
                )
                .expected("`origin_protocol: https`, and a `certificate` in `load_balancer`")
                .hint("leave it out: CloudFront then finds the load balancer by its own name"),
            );
        }
    }
    match protocol.value {
        OriginProtocol::Http if port == HTTPS => reader.report(
            Diagnostic::error(place, "the load balancer speaks HTTPS, and CloudFront does not")
                .expected("`origin_protocol: https`")
                .hint("or let the load balancer listen to [80]"),
        ),
        OriginProtocol::Http => reader.report(
            Diagnostic::warning(
                place,
                "the header that proves where a request comes from crosses in clear",
            )
            .expected("`origin_protocol: https`")
            .hint(if file.domain.is_absent() {
                "it needs a certificate at the load balancer: with a `domain` it gets one; one of your own needs `certificate` there and `origin_name` here"
            } else {
                "write that into `cdn`: the load balancer gets a certificate for the `domain`"
            }),
        ),
        OriginProtocol::Https => {
            if let Some(balancer) = balancer {
                check_secure_origin(file, section, balancer, (place, port), reader);
            }
        }
    }
}

fn check_secure_origin(
    file: &StackFile,
    section: &CdnSection,
    balancer: &LoadBalancerSection,
    (place, port): (Span, u16),
    reader: &mut Reader,
) {
    let certificate = !balancer.certificate.is_absent();
    let domain = !file.domain.is_absent();
    if port != HTTPS && !balancer.listen.is_broken() {
        reader.report(
            Diagnostic::error(
                place,
                "CloudFront is to speak HTTPS, and the load balancer does not",
            )
            .expected("443 as the load balancer's port")
            .hint("leave `listen` out: it follows `origin_protocol`"),
        );
    } else if !certificate && !domain {
        // Where 443 is in the list, the list is what is wrong.
        if balancer.listen.is_absent() {
            reader.report(
                Diagnostic::error(place, "HTTPS to the load balancer needs a certificate there")
                    .expected("a `domain`, whose certificate it then has")
                    .hint("or `certificate` in `load_balancer` for a name of yours, and that name as `origin_name`"),
            );
        }
    } else if certificate && !domain && section.origin_name.is_absent() {
        reader.report(
            Diagnostic::error(place, "no certificate bears the load balancer's own name")
                .expected("`origin_name`: a name that the certificate bears, and that leads to the load balancer")
                .hint("or give the stack a `domain` instead of the certificate"),
        );
    }
}

/// The header field must be one that CloudFront adds, and that nobody else needs.
fn check_header(header: &Spanned<HeaderName>, reader: &mut Reader) {
    if header.is_broken() {
        return;
    }
    let folded = header.value.as_str().to_ascii_lowercase();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| folded.starts_with(prefix));
    let message = if REFUSED.contains(&folded.as_str()) || starts(REFUSED_PREFIXES) {
        format!("CloudFront does not add `{}` to requests", header.value)
    } else if NEEDED.contains(&folded.as_str()) || starts(&[FORWARDED_PREFIX]) {
        format!(
            "the secret would overwrite `{}` of the request",
            header.value
        )
    } else {
        return;
    };
    reader.report(
        Diagnostic::error(header.span, message)
            .expected("a name that nobody else uses")
            .hint("for example X-CDN-Auth"),
    );
}

/// A pattern behind one that matches all its paths is never asked.
fn check_order(
    behaviors: &[(Spanned<PathPattern>, Spanned<BehaviorSection>)],
    reader: &mut Reader,
) {
    for (at, (path, _)) in behaviors.iter().enumerate() {
        let earlier = behaviors[..at]
            .iter()
            .find(|(first, _)| covers(first.value.as_str(), path.value.as_str()));
        if let Some((first, _)) = earlier {
            let message = format!(
                "`{}` is never asked: `{}` comes first",
                path.value, first.value
            );
            reader.report(
                Diagnostic::warning(path.span, message)
                    .expected("narrow patterns before wide ones")
                    .hint("move it up, or remove it")
                    .related(first.span, "this one matches all its paths"),
            );
        }
    }
}

/// Whether `wide` matches every path that `narrow` matches.
fn covers(wide: &str, narrow: &str) -> bool {
    let narrow = narrow.as_bytes();
    let fits = |sign: u8, other: u8| sign == other || (sign == b'?' && other != b'*');
    // For each place in `narrow`: whether what is left of `wide` covers what is left there.
    let mut covered = vec![false; narrow.len()];
    covered.push(true);
    for sign in wide.bytes().rev() {
        let mut longer = vec![false; narrow.len() + 1];
        for place in (0..=narrow.len()).rev() {
            let next = narrow.get(place);
            longer[place] = if sign == b'*' {
                covered[place] || (next.is_some() && longer[place + 1])
            } else {
                next.is_some_and(|other| fits(sign, *other) && covered[place + 1])
            };
        }
        covered = longer;
    }
    covered[0]
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wide_pattern_covers_a_narrow_one() {
        for (wide, narrow, expected) in [
            ("/api/*", "/api/*", true),
            ("/api/*", "/api/v2/*", true),
            ("/api/*", "/api/", true),
            ("/api/*", "/api", false),
            ("/*", "/a?c", true),
            ("/a?c", "/abc", true),
            ("/a?c", "/a*c", false),
            ("/a?c", "/a?c", true),
            ("/abc", "/a?c", false),
            ("/*.png", "/img/*.png", true),
            ("/*.png", "/img/*", false),
            ("/*a*b", "/xaxb", true),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} over {narrow}");
        }
    }
}
