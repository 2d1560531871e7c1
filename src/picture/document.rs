//! The architecture of a stack as a document, as people keep it by hand.
//!
//! Invariant: nothing in it depends on when it is written, so that it changes only when the stack
//! does.

use std::fmt::Write as _;

use super::arrows::{admits, spoken};
use super::edge::{behaviors, geography};
use super::mermaid::mermaid;
use super::network::{is_public, nat_of};
use super::parts::{Part, Parts, Source, word};
use super::services::{count, definition};
use super::sheet::Picture;
use crate::model::Misfit;
use crate::resources::{
    Action, Condition, Direction, Distribution, EcsCluster, EcsService, ElasticIp, EventRule,
    InternetGateway, LambdaFunction, Listener, ListenerRule, LoadBalancer, LogGroup, MetricAlarm,
    NatGateway, Scheme, Secret, SecretRotation, SecretUsage, SecurityGroup, SecurityGroupRule,
    Subnet, TargetGroup, Vpc, WebAcl,
};

/// A row of the table of components: which, what it is, and what AWS calls it.
type Row = (&'static str, Vec<String>, Vec<String>);

/// The document, in Markdown.
///
/// # Errors
/// [`Misfit`] where a resource is not what its kind says.
pub fn document(parts: &Parts) -> Result<String, Misfit> {
    let owner = parts.owner();
    let mut out = format!("# Architecture of {}\n\n", owner.stack);
    let source = match parts.source() {
        Source::File => "stack.yaml; nothing of it was looked up in AWS",
        Source::Aws => "what is in AWS",
        Source::Sandbox => "a sandbox; nothing in it is real",
    };
    let _ = writeln!(
        out,
        "Written by `qpiac document` from {source}. To bring it up to date, run that again.\n\n\
         ## Picture\n\n```mermaid\n{}```",
        mermaid(&Picture::of(parts)?)
    );
    components(parts, &mut out)?;
    network(parts, &mut out)?;
    security_groups(parts, &mut out)?;
    flows(parts, &mut out)?;
    security(parts, &mut out)?;
    resources(parts, &mut out);
    Ok(out)
}

fn components(parts: &Parts, out: &mut String) -> Result<(), Misfit> {
    out.push_str("\n## Components\n\n| Component | What it is | In AWS |\n|---|---|---|\n");
    let rows = [
        names(parts)?,
        vpc(parts)?,
        balancer(parts)?,
        containers(parts)?,
        cdn(parts)?,
        secrets(parts)?,
        functions(parts)?,
        watching(parts)?,
        groups(parts)?,
    ];
    for (component, what, ids) in rows {
        if !what.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
            let _ = writeln!(
                out,
                "| {component} | {} | {} |",
                cell(&what.join("; ")),
                cell(&ids.join("<br>"))
            );
        }
    }
    Ok(())
}

/// The outputs of these resources by which AWS and people know them.
fn ids<R>(parts: &[Part<R>], outputs: &[&str]) -> Vec<String> {
    let of_part = |part: &Part<R>| {
        let known = outputs.iter().filter_map(|output| part.output(output));
        known.map(str::to_owned).collect::<Vec<_>>()
    };
    parts.iter().flat_map(of_part).collect()
}

fn names(parts: &Parts) -> Result<Row, Misfit> {
    let owner = parts.owner();
    let mut zones: Vec<String> = parts
        .all::<Subnet>()?
        .into_iter()
        .map(|subnet| subnet.is.availability_zone)
        .collect();
    zones.sort();
    zones.dedup();
    let mut what = vec![
        format!("names begin with `{}-`", owner.stack),
        format!("region {}", owner.region),
    ];
    if !zones.is_empty() {
        what.push(format!("zones {}", zones.join(", ")));
    }
    Ok(("Names", what, vec![owner.to_string()]))
}

fn vpc(parts: &Parts) -> Result<Row, Misfit> {
    let vpcs = parts.all::<Vpc>()?;
    let nats = parts.all::<NatGateway>()?;
    let gateways = parts.all::<InternetGateway>()?;
    let mut what: Vec<String> = vpcs
        .iter()
        .map(|one| one.is.cidr_block.to_string())
        .collect();
    let (mut public, mut private) = (Vec::new(), Vec::new());
    for subnet in parts.all::<Subnet>()? {
        let range = subnet.is.cidr_block.to_string();
        if is_public(parts, &subnet)? {
            public.push(range);
        } else {
            private.push(range);
        }
    }
    for (kind, ranges) in [("public", public), ("private", private)] {
        if !ranges.is_empty() {
            what.push(format!("{kind} {}", ranges.join(", ")));
        }
    }
    what.extend(gateways.iter().map(|_| "internet gateway".to_owned()));
    let nat =
        |nat: &Part<NatGateway>| format!("NAT gateway in {}", parts.called(&nat.is.subnet_id));
    what.extend(nats.iter().map(nat));
    let mut known = ids(&vpcs, &["id"]);
    known.extend(ids(&gateways, &["id"]));
    known.extend(ids(&nats, &["id"]));
    known.extend(ids(&parts.all::<ElasticIp>()?, &["public_ip"]));
    Ok(("VPC", what, known))
}

fn balancer(parts: &Parts) -> Result<Row, Misfit> {
    let balancers = parts.all::<LoadBalancer>()?;
    let listeners = parts.all::<Listener>()?;
    let groups = parts.all::<TargetGroup>()?;
    let mut what = Vec::new();
    for one in &balancers {
        let subnets = parts.all_called(&one.is.subnets);
        let scheme = word(&one.is.scheme);
        what.push(format!("{scheme}, in {}", subnets.join(", ")));
        if let Some(logs) = &one.is.access_logs {
            what.push(format!("access logs in {}", parts.called(&logs.bucket)));
        }
    }
    what.extend(
        listeners
            .iter()
            .map(|one| format!("{} {}", word(&one.is.protocol), one.is.port)),
    );
    what.extend(groups.iter().map(|one| {
        let check = &one.is.health_check;
        format!(
            "target group {} on port {}, health check `{}`",
            one.name(),
            one.is.port,
            check.path
        )
    }));
    Ok(("Load balancer", what, ids(&balancers, &["arn", "dns_name"])))
}

fn containers(parts: &Parts) -> Result<Row, Misfit> {
    let clusters = parts.all::<EcsCluster>()?;
    let services = parts.all::<EcsService>()?;
    let mut what: Vec<String> = clusters
        .iter()
        .map(|one| format!("cluster `{}`", one.is.name))
        .collect();
    for service in &services {
        let mut words = format!("service `{}`, {}", service.is.name, count(parts, service)?);
        if let Some(definition) = definition(parts, service)? {
            let is = &definition.is;
            let ports = is.containers.iter().flat_map(|one| &one.ports);
            let ports: Vec<String> = ports.map(u16::to_string).collect();
            let _ = write!(
                words,
                ", task definition `{}` (CPU {}, memory {} MB, port {})",
                is.family,
                is.cpu,
                is.memory,
                ports.join(", ")
            );
        }
        what.push(words);
    }
    let mut known = ids(&clusters, &["arn"]);
    known.extend(ids(&services, &["arn"]));
    Ok(("ECS Fargate", what, known))
}

fn cdn(parts: &Parts) -> Result<Row, Misfit> {
    let distributions = parts.all::<Distribution>()?;
    let mut what = Vec::new();
    for one in &distributions {
        what.push(word(&one.is.price_class));
        let viewer = &one.is.default_cache_behavior.viewer_protocol_policy;
        what.push(format!("visitors' HTTP: {}", word(viewer)));
        let paths = behaviors(parts, &one.is)?.into_iter();
        what.extend(paths.map(|(path, kept)| format!("`{path}`: {kept}")));
        if one
            .is
            .default_cache_behavior
            .viewer_request_function
            .is_some()
        {
            what.push("an edge function checks requests".to_owned());
        }
        what.push(format!("to the load balancer: {}", spoken(one)));
        what.push(
            geography(&one.is.geo_restriction).unwrap_or("no country is shut out".to_owned()),
        );
    }
    Ok((
        "CloudFront",
        what,
        ids(&distributions, &["id", "domain_name"]),
    ))
}

fn secrets(parts: &Parts) -> Result<Row, Misfit> {
    let secrets = parts.all::<Secret>()?;
    let rotations = parts.all::<SecretRotation>()?;
    let mut what: Vec<String> = secrets
        .iter()
        .map(|one| format!("`{}`", one.is.name))
        .collect();
    what.extend(rotations.iter().map(|one| {
        let secret = parts.called(&one.is.secret);
        format!("{secret} gets a new value every {} days", one.is.days)
    }));
    Ok(("Secrets Manager", what, ids(&secrets, &["arn"])))
}

fn functions(parts: &Parts) -> Result<Row, Misfit> {
    let functions = parts.all::<LambdaFunction>()?;
    let what = functions
        .iter()
        .map(|one| format!("{}: {}", one.name(), one.is.runtime))
        .collect();
    Ok(("Lambda", what, ids(&functions, &["arn"])))
}

fn watching(parts: &Parts) -> Result<Row, Misfit> {
    let groups = parts.all::<LogGroup>()?;
    let alarms = parts.all::<MetricAlarm>()?;
    let mut what: Vec<String> = groups
        .iter()
        .map(|one| format!("logs `{}`", one.is.name))
        .collect();
    what.extend(alarms.iter().map(|one| format!("alarm {}", one.name())));
    let boards = parts.all::<crate::resources::Dashboard>()?;
    what.extend(
        boards
            .iter()
            .map(|one| format!("dashboard `{}`", one.is.name)),
    );
    let mut known = ids(&groups, &["arn"]);
    known.extend(ids(&boards, &["arn"]));
    Ok(("CloudWatch", what, known))
}

fn groups(parts: &Parts) -> Result<Row, Misfit> {
    let groups = parts.all::<SecurityGroup>()?;
    let rules = parts.all::<SecurityGroupRule>()?;
    let what = rules
        .iter()
        .filter(|rule| rule.is.direction == Direction::Ingress)
        .map(|rule| {
            let group = parts.called(&rule.is.security_group_id);
            format!("{group}: {}", admits(parts, rule))
        })
        .collect();
    Ok(("Security groups", what, ids(&groups, &["id"])))
}

fn network(parts: &Parts, out: &mut String) -> Result<(), Misfit> {
    let subnets = parts.all::<Subnet>()?;
    if subnets.is_empty() {
        return Ok(());
    }
    out.push_str(
        "\n## Subnets\n\n| Subnet | Range | Zone | Reached from the internet | To the internet | In AWS |\n\
         |---|---|---|---|---|---|\n",
    );
    for subnet in &subnets {
        let is_open = is_public(parts, subnet)?;
        let outward = match (is_open, nat_of(parts, subnet)?) {
            (true, _) => "internet gateway".to_owned(),
            (false, Some(nat)) => nat,
            (false, None) => "no way".to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {outward} | {} |",
            subnet.name(),
            subnet.is.cidr_block,
            subnet.is.availability_zone,
            if is_open { "yes" } else { "no" },
            subnet.output("id").unwrap_or_default()
        );
    }
    Ok(())
}

fn security_groups(parts: &Parts, out: &mut String) -> Result<(), Misfit> {
    let rules = parts.all::<SecurityGroupRule>()?;
    if rules.is_empty() {
        return Ok(());
    }
    out.push_str("\n## What the security groups let through\n\n| Group | Rule |\n|---|---|\n");
    for rule in &rules {
        let group = parts.called(&rule.is.security_group_id);
        let way = match rule.is.direction {
            Direction::Ingress => "in",
            Direction::Egress => "out",
        };
        let _ = writeln!(out, "| {group} | {way}: {} |", cell(&admits(parts, rule)));
    }
    Ok(())
}

fn flows(parts: &Parts, out: &mut String) -> Result<(), Misfit> {
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
            check.path,
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
            rule.is.schedule_expression, rule.is.description
        ));
    }
    list("Flows", "1.", &flows, out);
    Ok(())
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

fn security(parts: &Parts, out: &mut String) -> Result<(), Misfit> {
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
    list("Layers of security", "-", &layers, out);
    Ok(())
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

fn list(title: &str, bullet: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {title}\n");
    for line in lines {
        let _ = writeln!(out, "{bullet} {line}");
    }
}

fn resources(parts: &Parts, out: &mut String) {
    out.push_str("\n## All resources\n\n| Address | In AWS |\n|---|---|\n");
    for (address, outputs) in parts.addresses() {
        let known = ["id", "arn", "name"]
            .iter()
            .find_map(|name| outputs.get(*name))
            .or_else(|| outputs.values().next());
        let known = known.map_or_else(String::new, |id| format!("`{id}`"));
        let _ = writeln!(out, "| {address} | {} |", cell(&known));
    }
}

/// Text that does not break a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
