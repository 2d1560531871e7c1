//! From sections to the spec: checks that look at more than one value, and defaults that depend on
//! other keys.
//!
//! Depends on the sections of this room. Invariant: a value whose own place is already reported
//! takes part in no further check, so one mistake is one diagnostic.

mod cdn;
mod domain;
mod fargate;
mod function;
mod geo;
mod load_balancer;
mod monitoring;
mod network;
mod permissions;
mod references;
mod routes;
mod scaling;
mod secrets;
mod service;
mod sources;
mod subnets;
mod tags;
mod variables;

pub(crate) use sources::sources;

use super::diagnostic::{Diagnostic, Span};
use super::leaf::Region;
use super::names;
use super::reader::{Reader, Spanned, nearest};
use super::resolved::Spec;
use super::sections::StackFile;

/// Regions that are open to every account, or by opt-in.
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Checks the file as a whole. The spec is sound only if the reader has no error in the end;
/// `None` where nothing can stand in for what is wrong.
pub(crate) fn stack(file: StackFile, reader: &mut Reader) -> Option<Spec> {
    region(&file.region, reader);
    let tags = tags::tags(&file.tags, reader);
    let network = network::network(&file, reader);
    let load_balancer = load_balancer::load_balancer(&file, reader);
    let cdn = cdn::cdn(
        &file,
        load_balancer.as_ref().and_then(Option::as_ref),
        reader,
    );
    let domain = domain::domain(&file, reader);
    let secrets = secrets::secrets(&file, reader);
    let services = service::services(&file, reader);
    let functions = function::functions(&file, reader);
    let monitoring = monitoring::monitoring(&file, reader);
    Some(Spec {
        account: file.account.given().map(|account| account.value.clone()),
        tags,
        network: network?,
        load_balancer: load_balancer?,
        cdn,
        domain,
        secrets,
        services,
        functions,
        monitoring,
        stack: file.stack.value,
        region: file.region.value,
    })
}

fn region(region: &Spanned<Region>, reader: &mut Reader) {
    let code = region.value.as_str();
    if region.is_broken() || REGIONS.contains(&code) {
        return;
    }
    let problem = Diagnostic::warning(
        region.span,
        format!("the region `{code}` is not known here"),
    )
    .expected("the code of an AWS region");
    reader.report(match nearest(code, REGIONS) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("if AWS has opened it lately, go on"),
    });
}

/// Reports a name that AWS would not admit.
fn check_name(
    reader: &mut Reader,
    span: Span,
    what: &str,
    name: &str,
    (suffix, limit): (usize, usize),
) {
    let length = name.chars().count() + suffix;
    if length <= limit {
        return;
    }
    let shown = if suffix > 0 {
        format!("{name}-{}", "x".repeat(suffix - 1))
    } else {
        name.to_owned()
    };
    reader.report(
        Diagnostic::error(
            span,
            format!("the name of {what} is too long for AWS: `{shown}`"),
        )
        .expected(format!("at most {limit} characters; this one has {length}"))
        .hint(format!(
            "shorten this name or the stack's by {}",
            length - limit
        )),
    );
}

/// Checks the names of what belongs to one service.
fn check_service_names(
    file: &StackFile,
    service: &Spanned<super::leaf::ServiceName>,
    web: bool,
    reader: &mut Reader,
) {
    if file.stack.is_broken() || file.region.is_broken() {
        return;
    }
    let (stack, name, region) = (&file.stack.value, &service.value, &file.region.value);
    if web {
        let group = names::target_group(stack, name);
        let limit = (names::SUFFIX_LENGTH, names::ELB_LIMIT);
        check_name(reader, service.span, "its target group", &group, limit);
    }
    let role = names::execution_role(stack, name, region);
    let limit = (0, names::ROLE_LIMIT);
    check_name(reader, service.span, "its execution role", &role, limit);
}
