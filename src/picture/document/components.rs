//! What a stack consists of, one row for each component as people speak of it.
//!
//! Invariant: a component that the stack has not has no row.

use std::fmt::Write as _;

use super::super::arrows::{admits, spoken};
use super::super::edge::{behaviors, geography};
use super::super::network::is_public;
use super::super::parts::{Part, Parts, word};
use super::super::services::{count, definition};
use super::code;
use crate::model::Misfit;
use crate::resources::{
    Dashboard, Direction, Distribution, EcsCluster, EcsService, ElasticIp, InternetGateway,
    LambdaFunction, Listener, LoadBalancer, LogGroup, MetricAlarm, NatGateway, Secret,
    SecretRotation, SecurityGroup, SecurityGroupRule, Subnet, TargetGroup, Vpc,
};

/// A component: which, what it is, and what AWS calls it.
type Row = (&'static str, Vec<String>, Vec<String>);

/// The rows of the table.
pub(super) fn rows(parts: &Parts) -> Result<Vec<Vec<String>>, Misfit> {
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
    let rows = rows.into_iter().filter(|(_, what, _)| !what.is_empty());
    Ok(rows
        .map(|(component, what, ids)| {
            let ids: Vec<String> = ids.iter().map(|id| code(id)).collect();
            vec![component.to_owned(), what.join("; "), ids.join("\n")]
        })
        .collect())
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
            "target group {} on port {}, health check {}",
            one.name(),
            one.is.port,
            code(&check.path)
        )
    }));
    Ok(("Load balancer", what, ids(&balancers, &["arn", "dns_name"])))
}

fn containers(parts: &Parts) -> Result<Row, Misfit> {
    let clusters = parts.all::<EcsCluster>()?;
    let services = parts.all::<EcsService>()?;
    let mut what: Vec<String> = clusters
        .iter()
        .map(|one| format!("cluster {}", code(&one.is.name)))
        .collect();
    for service in &services {
        let mut words = format!(
            "service {}, {}",
            code(&service.is.name),
            count(parts, service)?
        );
        if let Some(definition) = definition(parts, service)? {
            let is = &definition.is;
            let ports = is.containers.iter().flat_map(|one| &one.ports);
            let ports: Vec<String> = ports.map(u16::to_string).collect();
            let ports = match ports.as_slice() {
                [] => String::new(),
                ports => format!(", port {}", ports.join(", ")),
            };
            let _ = write!(
                words,
                ", task definition {} (CPU {}, memory {} MB{ports})",
                code(&is.family),
                is.cpu,
                is.memory
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
        what.extend(paths.map(|(path, kept)| format!("{}: {kept}", code(&path))));
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
    let mut what: Vec<String> = secrets.iter().map(|one| code(&one.is.name)).collect();
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
        .map(|one| format!("logs {}", code(&one.is.name)))
        .collect();
    what.extend(alarms.iter().map(|one| format!("alarm {}", one.name())));
    let boards = parts.all::<Dashboard>()?;
    what.extend(
        boards
            .iter()
            .map(|one| format!("dashboard {}", code(&one.is.name))),
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
