//! Who talks to whom, and which security group lets that through.

use super::edge::VIEWERS;
use super::managed::{REGISTRY, SECRETS, WATCH};
use super::network::{is_at, nat_of};
use super::parts::{Part, Parts, word};
use super::services::{definition, here};
use super::sheet::Arrow;
use crate::model::{Misfit, Ref, Resource, Text};
use crate::resources::{
    ContainerImage, Direction, Distribution, EcrRepository, EcsService, EventRule, InternetGateway,
    LambdaFunctionUrl, Listener, LoadBalancer, MetricAlarm, NatGateway, OriginProtocolPolicy, Peer,
    Scheme, SecretRotation, SecurityGroupId, SecurityGroupRule, SnsTopic, Subnet, UrlAuthType,
};

/// All arrows of a stack, those of a visitor's request first.
pub(super) fn arrows(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = entry(parts)?;
    arrows.extend(to_tasks(parts)?);
    arrows.extend(to_functions(parts)?);
    arrows.extend(out(parts)?);
    arrows.extend(of_tasks(parts)?);
    arrows.extend(of_rotation(parts)?);
    arrows.extend(of_watching(parts)?);
    Ok(arrows)
}

/// From the visitors to the load balancer.
fn entry(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    let balancers = parts.all::<LoadBalancer>()?;
    let distributions = parts.all::<Distribution>()?;
    for distribution in &distributions {
        arrows.push(Arrow::request(
            VIEWERS,
            &distribution.id(),
            vec!["HTTPS".to_owned()],
        ));
        for balancer in &balancers {
            let mut label = vec![spoken(distribution)];
            label.extend(admitted(parts, balancer.is.security_groups.iter())?);
            arrows.push(Arrow::request(&distribution.id(), &balancer.id(), label));
        }
    }
    if distributions.is_empty() {
        let is_open = |one: &&Part<LoadBalancer>| one.is.scheme == Scheme::InternetFacing;
        for balancer in balancers.iter().filter(is_open) {
            let listeners = parts.all::<Listener>()?;
            let ports = listeners
                .iter()
                .map(|one| format!("{} {}", word(&one.is.protocol), one.is.port));
            let mut label = vec![ports.collect::<Vec<_>>().join(", ")];
            label.extend(admitted(parts, balancer.is.security_groups.iter())?);
            arrows.push(Arrow::request(VIEWERS, &balancer.id(), label));
        }
    }
    Ok(arrows)
}

/// `HTTP 80 with X-CDN-Auth`: how CloudFront asks the origin.
pub(super) fn spoken(distribution: &Part<Distribution>) -> String {
    let origin = &distribution.is.origin;
    let speech = match origin.protocol_policy {
        OriginProtocolPolicy::HttpOnly => format!("HTTP {}", origin.http_port),
        OriginProtocolPolicy::HttpsOnly => format!("HTTPS {}", origin.https_port),
        OriginProtocolPolicy::MatchViewer => {
            format!("HTTP {} or HTTPS {}", origin.http_port, origin.https_port)
        }
    };
    let headers: Vec<&str> = (distribution.is.origin_headers.keys())
        .map(String::as_str)
        .collect();
    if headers.is_empty() {
        speech
    } else {
        format!("{speech} with {}", headers.join(", "))
    }
}

/// What the security groups of something admit: `security group alb: tcp 80 from 0.0.0.0/0`.
pub(super) fn admitted<'a>(
    parts: &Parts,
    groups: impl Iterator<Item = &'a Ref<SecurityGroupId>>,
) -> Result<Vec<String>, Misfit> {
    let rules = parts.all::<SecurityGroupRule>()?;
    let mut lines = Vec::new();
    for group in groups {
        let target = parts.target(group);
        let of_group = rules.iter().filter(|rule| {
            rule.is.direction == Direction::Ingress
                && parts.target(&rule.is.security_group_id) == target
        });
        let name = parts.called(group);
        lines
            .extend(of_group.map(|rule| format!("security group {name}: {}", admits(parts, rule))));
    }
    lines.sort();
    Ok(lines)
}

/// `tcp 8000 from alb`.
pub(super) fn admits(parts: &Parts, rule: &Part<SecurityGroupRule>) -> String {
    let what = match (rule.is.protocol.as_str(), rule.is.ports) {
        ("-1", _) => "everything".to_owned(),
        (protocol, Some(ports)) => format!("{protocol} {ports}"),
        (protocol, None) => protocol.to_owned(),
    };
    let peer = match &rule.is.peer {
        Peer::Cidr(range) => range.to_string(),
        Peer::Ipv6(range) => range.clone(),
        Peer::SecurityGroup(group) => parts.called(group),
        Peer::ManagedPrefixList(name) => name.clone(),
        Peer::PrefixList(list) => parts.called(list),
    };
    let preposition = match rule.is.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    format!("{what} {preposition} {peer}")
}

/// From the load balancer to the tasks in every subnet.
fn to_tasks(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    for service in parts.all::<EcsService>()? {
        for balancer in parts.all::<LoadBalancer>()? {
            let ports = service.is.load_balancers.iter();
            let ports: Vec<String> = ports.map(|one| one.container_port.to_string()).collect();
            if ports.is_empty() {
                continue;
            }
            for subnet in subnets_of(parts, &service)? {
                let mut label = vec![format!("HTTP {}", ports.join(", "))];
                label.extend(admitted(parts, service.is.security_groups.iter())?);
                let to = here(&service, &subnet);
                arrows.push(Arrow::request(&balancer.id(), &to, label));
            }
        }
    }
    Ok(arrows)
}

fn subnets_of(parts: &Parts, service: &Part<EcsService>) -> Result<Vec<Part<Subnet>>, Misfit> {
    let subnets = parts.all::<Subnet>()?.into_iter();
    let is_of = |subnet: &Part<Subnet>| {
        let mut used = service.is.subnets.iter();
        used.any(|one| is_at(parts, one, subnet))
    };
    Ok(subnets.filter(is_of).collect())
}

/// From the visitors to functions that have a URL.
fn to_functions(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let urls = parts.all::<LambdaFunctionUrl>()?;
    let arrow = |url: &Part<LambdaFunctionUrl>| {
        let function = parts.target(&url.is.function)?.to_string();
        let label = match url.is.auth_type {
            UrlAuthType::Iam => "HTTPS, signed: AWS checks who it is",
            UrlAuthType::None => "HTTPS, open to everybody",
        };
        Some(Arrow::aside(VIEWERS, &function, label))
    };
    Ok(urls.iter().filter_map(arrow).collect())
}

/// From the tasks to the internet.
fn out(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    for service in parts.all::<EcsService>()? {
        for subnet in subnets_of(parts, &service)? {
            if let Some(nat) = nat_of(parts, &subnet)? {
                arrows.push(Arrow::aside(&here(&service, &subnet), &nat, "outward"));
            }
        }
    }
    for nat in parts.all::<NatGateway>()? {
        for gateway in parts.all::<InternetGateway>()? {
            arrows.push(Arrow::aside(&nat.id(), &gateway.id(), "outward"));
        }
    }
    Ok(arrows)
}

/// What tasks ask of AWS; drawn from one of a service's subnets.
fn of_tasks(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    for service in parts.all::<EcsService>()? {
        let Some(subnet) = subnets_of(parts, &service)?.pop() else {
            continue;
        };
        let from = here(&service, &subnet);
        let Some(definition) = definition(parts, &service)? else {
            continue;
        };
        let containers = &definition.is.containers;
        if containers.iter().any(|one| !one.secrets.is_empty()) {
            arrows.push(Arrow::aside(&from, SECRETS, "reads secrets"));
        }
        if containers.iter().any(|one| one.log.is_some()) {
            arrows.push(Arrow::aside(&from, WATCH, "logs, metrics"));
        }
        if containers.iter().any(|one| is_own(parts, &one.image)) {
            arrows.push(Arrow::aside(&from, REGISTRY, "image"));
        }
    }
    Ok(arrows)
}

/// Whether an image is in a registry of the stack's.
fn is_own(parts: &Parts, image: &Text) -> bool {
    let mut is_own = false;
    let kinds = [&ContainerImage::SCHEMA.kind, &EcrRepository::SCHEMA.kind];
    let value = image.to_value();
    value.each_pending(&mut |from, _| is_own |= kinds.contains(&&from.address.kind));
    let urls = parts
        .addresses()
        .filter_map(|(_, outputs)| outputs.get("url"));
    let known = image.known().unwrap_or_default();
    is_own
        || urls
            .map(|url| known.strip_prefix(url.as_str()))
            .any(|rest| rest.is_some_and(|rest| rest.starts_with([':', '@'])))
}

/// How secrets get new values.
fn of_rotation(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    for rotation in parts.all::<SecretRotation>()? {
        if let Some(function) = parts.target(&rotation.is.function) {
            let label = format!("new values every {} days", rotation.is.days);
            let arrow = Arrow::aside(&function.to_string(), SECRETS, &label);
            if !arrows.contains(&arrow) {
                arrows.push(arrow);
            }
        }
    }
    for rule in parts.all::<EventRule>()? {
        for target in &rule.is.targets {
            if let Some(function) = parts.target(&target.function) {
                arrows.push(Arrow::aside(
                    &rule.id(),
                    &function.to_string(),
                    "by the clock",
                ));
            }
        }
    }
    Ok(arrows)
}

/// Logs and alarms.
fn of_watching(parts: &Parts) -> Result<Vec<Arrow>, Misfit> {
    let mut arrows = Vec::new();
    for balancer in parts.all::<LoadBalancer>()? {
        if let Some(logs) = &balancer.is.access_logs
            && let Some(bucket) = parts.target(&logs.bucket)
        {
            let (from, to) = (balancer.id(), bucket.to_string());
            arrows.push(Arrow::aside(&from, &to, "access logs"));
        }
    }
    let alarms = parts.all::<MetricAlarm>()?;
    for topic in parts.all::<SnsTopic>()? {
        let tells = |alarm: &Part<MetricAlarm>| {
            let mut actions = alarm.is.alarm_actions.iter();
            actions.any(|one| parts.target(one).as_ref() == Some(&topic.address))
        };
        if alarms.iter().any(tells) {
            arrows.push(Arrow::aside(WATCH, &topic.id(), "alarms"));
        }
    }
    Ok(arrows)
}
