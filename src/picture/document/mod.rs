//! The architecture of a stack as a document, as people keep it by hand.
//!
//! Invariant: nothing in it depends on when it is written, so that it changes only when the stack
//! does.

mod components;
mod html;
mod markdown;

use super::arrows::{admits, spoken};
use super::edge::geography;
use super::network::{is_public, nat_of};
use super::parts::{Part, Parts, Source, word};
use super::sheet::Picture;
use crate::model::{Address, Misfit, OutputValues};
use crate::resources::{
    Action, Condition, Direction, Distribution, EcsService, EventRule, Listener, ListenerRule,
    LoadBalancer, Scheme, Secret, SecretRotation, SecretUsage, SecurityGroupRule, Subnet,
    TargetGroup, WebAcl,
};

/// The document, in whatever form it is written.
#[derive(Debug)]
pub struct Document {
    title: String,
    note: String,
    picture: Picture,
    sections: Vec<Section>,
}

/// A part of the document.
#[derive(Debug)]
struct Section {
    title: &'static str,
    body: Body,
}

/// What stands in a part. In each text, what is between backquotes is code, and a new line breaks the
/// line; everything else is plain.
#[derive(Debug)]
enum Body {
    Table {
        head: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
    List {
        is_numbered: bool,
        items: Vec<String>,
    },
}

impl Body {
    fn is_empty(&self) -> bool {
        match self {
            Self::Table { rows, .. } => rows.is_empty(),
            Self::List { items, .. } => items.is_empty(),
        }
    }
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Plain(&'t str),
    Code(&'t str),
}

/// A name or an identifier as code.
fn code(text: &str) -> String {
    format!("`{}`", free(text))
}

/// A text from elsewhere, which must not begin or end what is code.
fn free(text: &str) -> String {
    text.replace('`', "'")
}

/// The pieces of a text, in their order.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let parts = text.split('`').enumerate();
    parts
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| match at % 2 {
            0 => Piece::Plain(part),
            _ => Piece::Code(part),
        })
}

impl Document {
    /// The document of a stack.
    ///
    /// # Errors
    /// [`Misfit`] where a resource is not what its kind says.
    pub fn of(parts: &Parts) -> Result<Self, Misfit> {
        let source = match parts.source() {
            Source::File => "stack.yaml; nothing of it was looked up in AWS",
            Source::Aws => "what is in AWS",
            Source::Sandbox => "a sandbox; nothing in it is real",
        };
        let table = |title, head: &[&'static str], rows| Section {
            title,
            body: Body::Table {
                head: head.to_vec(),
                rows,
            },
        };
        let list = |title, is_numbered, items| Section {
            title,
            body: Body::List { is_numbered, items },
        };
        let subnets = [
            "Subnet",
            "Range",
            "Zone",
            "Reached from the internet",
            "To the internet",
            "In AWS",
        ];
        let mut sections = vec![
            table(
                "Components",
                &["Component", "What it is", "In AWS"],
                components::rows(parts)?,
            ),
            table("Subnets", &subnets, network(parts)?),
            table(
                "What the security groups let through",
                &["Group", "Rule"],
                security_groups(parts)?,
            ),
            list("Flows", true, flows(parts)?),
            list("Layers of security", false, security(parts)?),
            table("All resources", &["Address", "In AWS"], resources(parts)),
        ];
        sections.retain(|section| !section.body.is_empty());
        Ok(Self {
            title: format!("Architecture of {}", parts.owner().stack),
            note: format!(
                "Written by `qpiac document` from {source}. To bring it up to date, run that again."
            ),
            picture: Picture::of(parts)?,
            sections,
        })
    }
}

fn network(parts: &Parts) -> Result<Vec<Vec<String>>, Misfit> {
    let mut rows = Vec::new();
    for subnet in &parts.all::<Subnet>()? {
        let is_open = is_public(parts, subnet)?;
        let outward = match (is_open, nat_of(parts, subnet)?) {
            (true, _) => "internet gateway".to_owned(),
            (false, Some(nat)) => nat,
            (false, None) => "no way".to_owned(),
        };
        rows.push(vec![
            subnet.name().to_owned(),
            subnet.is.cidr_block.to_string(),
            subnet.is.availability_zone.clone(),
            if is_open { "yes" } else { "no" }.to_owned(),
            outward,
            subnet.output("id").unwrap_or_default().to_owned(),
        ]);
    }
    Ok(rows)
}

fn security_groups(parts: &Parts) -> Result<Vec<Vec<String>>, Misfit> {
    let rules = parts.all::<SecurityGroupRule>()?;
    let row = |rule: &Part<SecurityGroupRule>| {
        let way = match rule.is.direction {
            Direction::Ingress => "in",
            Direction::Egress => "out",
        };
        vec![
            parts.called(&rule.is.security_group_id),
            format!("{way}: {}", admits(parts, rule)),
        ]
    };
    Ok(rules.iter().map(row).collect())
}

fn flows(parts: &Parts) -> Result<Vec<String>, Misfit> {
    let mut flows = Vec::new();
    let has_cdn = parts.first::<Distribution>()?;
    let edge = if has_cdn.is_some() {
        "CloudFront -> "
    } else {
        ""
    };
    if let Some(balancer) = parts.first::<LoadBalancer>()? {
        let (who, whose) = match (balancer.is.scheme, &has_cdn) {
            (Scheme::Internal, None) => ("whoever is in the VPC", "A request"),
            (Scheme::Internal | Scheme::InternetFacing, _) => ("visitor", "A visitor's request"),
        };
        flows.push(format!(
            "{whose}: {who} -> {edge}load balancer -> task, and the answer back."
        ));
    }
    if let Some(distribution) = &has_cdn
        && distribution
            .is
            .default_cache_behavior
            .viewer_request_function
            .is_some()
    {
        flows.push(format!(
            "Before CloudFront asks its cache or the load balancer, the edge function looks at the \
             request. CloudFront asks the load balancer by {}.",
            spoken(distribution)
        ));
    }
    for group in parts.all::<TargetGroup>()? {
        let check = &group.is.health_check;
        flows.push(format!(
            "Health: the load balancer asks every task of {} for `{}` each {} s; {} is well.",
            group.name(),
            free(&check.path),
            check.interval_s,
            check.matcher
        ));
    }
    for rotation in parts.all::<SecretRotation>()? {
        flows.push(format!(
            "Rotation: every {} days Secrets Manager calls {}, which gives {} a new value{}.",
            rotation.is.days,
            parts.called(&rotation.is.function),
            parts.called(&rotation.is.secret),
            taken_up(parts, &rotation)?
        ));
    }
    for rule in parts.all::<EventRule>()? {
        flows.push(format!(
            "{}: {}.",
            free(&rule.is.schedule_expression),
            free(&rule.is.description)
        ));
    }
    Ok(flows)
}

/// Who takes up a new value of a secret.
fn taken_up(parts: &Parts, rotation: &Part<SecretRotation>) -> Result<&'static str, Misfit> {
    let target = parts.target(&rotation.is.secret);
    let secrets = parts.all::<Secret>()?;
    let secret = secrets
        .iter()
        .find(|one| Some(&one.address) == target.as_ref());
    Ok(match secret.map(|secret| secret.is.usage) {
        Some(SecretUsage::OriginHeader) => ", which CloudFront and the load balancer take up",
        Some(SecretUsage::Application) => ", which the services that have it take up",
        None => "",
    })
}

fn security(parts: &Parts) -> Result<Vec<String>, Misfit> {
    let mut layers = Vec::new();
    for distribution in parts.all::<Distribution>()? {
        let viewer = &distribution
            .is
            .default_cache_behavior
            .viewer_protocol_policy;
        layers.push(format!("Edge: visitors' HTTP: {}.", word(viewer)));
        let acls = parts.all::<WebAcl>()?;
        layers.extend(acls.iter().map(|acl| {
            let rules: Vec<&str> = acl.is.rules.iter().map(|rule| rule.name.as_str()).collect();
            format!("Edge: the web ACL {} ({}).", acl.is.name, rules.join(", "))
        }));
        layers.extend(
            geography(&distribution.is.geo_restriction).map(|words| format!("Edge: {words}.")),
        );
    }
    layers.extend(gate(parts)?);
    for rule in parts.all::<SecurityGroupRule>()? {
        if rule.is.direction == Direction::Ingress {
            let group = parts.called(&rule.is.security_group_id);
            layers.push(format!("Network: {group} admits {}.", admits(parts, &rule)));
        }
    }
    for service in parts.all::<EcsService>()? {
        if !service.is.assign_public_ip {
            layers.push(format!("Tasks of {}: no public address.", service.name()));
        }
    }
    for rotation in parts.all::<SecretRotation>()? {
        layers.push(format!(
            "Secrets: {} is made by qpiac, kept in Secrets Manager, and new every {} days.",
            parts.called(&rotation.is.secret),
            rotation.is.days
        ));
    }
    Ok(layers)
}

/// What the load balancer asks of a request: a header with a secret value, and nothing is let through
/// without it.
fn gate(parts: &Parts) -> Result<Option<String>, Misfit> {
    let listeners = parts.all::<Listener>()?;
    let actions = listeners.iter().map(|listener| &listener.is.default_action);
    let refused: Option<Vec<u16>> = actions
        .filter(|action| !matches!(action, Action::RedirectToHttps(_)))
        .map(|action| match action {
            Action::FixedResponse(answer) => Some(answer.status_code),
            Action::Forward(_) | Action::RedirectToHttps(_) | Action::Other(_) => None,
        })
        .collect();
    let rules = parts.all::<ListenerRule>()?;
    let header = |rule: &Part<ListenerRule>| {
        let mut conditions = rule.is.conditions.iter();
        conditions.find_map(|condition| match condition {
            Condition::HttpHeader(header) => Some(header.name.clone()),
            Condition::PathPattern(_) | Condition::HostHeader(_) | Condition::Other(_) => None,
        })
    };
    let asked: Option<Vec<String>> = rules.iter().map(header).collect();
    Ok(match (refused.as_deref(), asked.as_deref()) {
        (Some([status, ..]), Some([name, ..])) => Some(format!(
            "Load balancer: it answers {status} to whatever lacks the secret value in {name}, so \
             nobody goes around CloudFront."
        )),
        (_, _) => None,
    })
}

fn resources(parts: &Parts) -> Vec<Vec<String>> {
    let row = |(address, outputs): (&Address, &OutputValues)| {
        let known = ["id", "arn", "name"]
            .iter()
            .find_map(|name| outputs.get(*name))
            .or_else(|| outputs.values().next());
        let known = known.map_or_else(String::new, |id| code(id));
        vec![free(&address.to_string()), known]
    };
    parts.addresses().map(row).collect()
}
