//! Who can reach what: addresses of tasks, and the rules of security groups.
//!
//! May depend on the rest of `verify`. Invariant: a rule that nobody wants fails a check, also where
//! all wanted ones are there.

use std::collections::BTreeSet;

use super::asking::Trial;
use super::check::{Check, Outcome};
use super::security::check;
use super::stage::Stage;
use crate::model::{Class, Ref};
use crate::resources::{Direction, Peer, SecurityGroupId, SecurityGroupRule};
use crate::spec::leaf::Placement;
use crate::spec::resolved::Service;

/// The prefix list of the addresses from which CloudFront asks origins (Amazon CloudFront Developer
/// Guide, "Restrict access to Application Load Balancers").
const CLOUDFRONT: &str = "com.amazonaws.global.cloudfront.origin-facing";

pub(super) fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let stage = trial.stage;
    let mut checks = vec![balancer(stage)];
    for service in &stage.spec.services {
        checks.push(service_group(stage, service));
        checks.push(addresses(trial, service));
    }
    checks
}

/// What the load balancer's security groups let in.
fn balancer(stage: &Stage<'_>) -> Check {
    let name = "load balancer's security group";
    let Some(wanted) = &stage.spec.load_balancer else {
        let none = Outcome::not_applicable("the stack has no load balancer");
        return check(name, "as in stack.yaml", none);
    };
    let peers = if stage.spec.cdn.is_some() {
        vec![Peer::ManagedPrefixList(CLOUDFRONT.to_owned())]
    } else {
        wanted.allow.iter().copied().map(Peer::Cidr).collect()
    };
    let ports = wanted.listeners.iter().map(|listener| listener.port);
    let rules = ports.flat_map(|port| peers.iter().map(move |peer| (port, peer.clone())));
    let rules = rules.map(|(port, peer)| admitted(stage, "tcp", &port.to_string(), &peer));
    let expected: BTreeSet<String> = rules.collect();
    let outcome = match &stage.balancer {
        Some(found) => judge(stage, &found.attributes.security_groups, &expected),
        None => Outcome::unknown("the stack has no load balancer"),
    };
    check(name, list(&expected), outcome)
}

/// What a service's security groups let in.
fn service_group(stage: &Stage<'_>, service: &Service) -> Check {
    let name = format!("security group of {}", service.name);
    let of_balancer = stage.balancer.as_ref();
    let groups = of_balancer.map(|found| &found.attributes.security_groups);
    let expected: BTreeSet<String> = match (&service.web, groups) {
        (None, _) => BTreeSet::new(),
        (Some(web), Some(groups)) => groups
            .iter()
            .filter(|group| is_ours(stage, group))
            .map(|group| Peer::SecurityGroup(group.clone()))
            .map(|peer| admitted(stage, "tcp", &web.port.to_string(), &peer))
            .collect(),
        (Some(_), None) => {
            let why = Outcome::unknown("the stack has no load balancer");
            return check(&name, "the load balancer alone", why);
        }
    };
    let outcome = match stage.services.get(service.name.as_str()) {
        Some(found) => judge(stage, &found.attributes.security_groups, &expected),
        None => Outcome::unknown("the service is not there"),
    };
    check(&name, list(&expected), outcome)
}

/// Whether these groups let in what is expected, and nothing else.
fn judge(
    stage: &Stage<'_>,
    groups: &BTreeSet<Ref<SecurityGroupId>>,
    expected: &BTreeSet<String>,
) -> Outcome {
    if groups.is_empty() {
        return Outcome::unknown("it has no security group");
    }
    let is_foreign = |group: &&Ref<SecurityGroupId>| !is_ours(stage, group);
    let foreign: Vec<&str> = groups
        .iter()
        .filter(is_foreign)
        .filter_map(Ref::id)
        .collect();
    if !foreign.is_empty() {
        return Outcome::Failed(format!("also by {}", foreign.join(", ")));
    }
    let rules = stage.group_rules.iter().map(|rule| &rule.attributes);
    let live: BTreeSet<String> = rules
        .filter(|rule| rule.direction == Direction::Ingress)
        .filter(|rule| groups.contains(&rule.security_group_id))
        .map(|rule| described(stage, rule))
        .collect();
    Outcome::of(live == *expected, list(&live))
}

/// Whether a security group is the stack's, so that its rules are known.
fn is_ours(stage: &Stage<'_>, group: &Ref<SecurityGroupId>) -> bool {
    let id = group.id().unwrap_or_default();
    stage.names.owner_of(SecurityGroupId::CLASS, id).is_some()
}

fn described(stage: &Stage<'_>, rule: &SecurityGroupRule) -> String {
    let ports = rule
        .ports
        .map_or_else(|| "all ports".to_owned(), |ports| ports.to_string());
    admitted(stage, &rule.protocol, &ports, &rule.peer)
}

/// `tcp 8000 from security-group/alb`.
fn admitted(stage: &Stage<'_>, protocol: &str, ports: &str, peer: &Peer) -> String {
    let protocol = if protocol == "-1" { "all" } else { protocol };
    let from = match peer {
        Peer::Cidr(range) => range.to_string(),
        Peer::Ipv6(range) => range.clone(),
        Peer::SecurityGroup(group) => stage.name_of(group),
        Peer::ManagedPrefixList(name) if name == CLOUDFRONT => "CloudFront".to_owned(),
        Peer::ManagedPrefixList(name) => name.clone(),
        Peer::PrefixList(list) => list.id().unwrap_or_default().to_owned(),
    };
    format!("{protocol} {ports} from {from}")
}

fn list(rules: &BTreeSet<String>) -> String {
    if rules.is_empty() {
        return "nothing is let in".to_owned();
    }
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    rules.join(", ")
}

/// That nobody outside reaches a service's tasks.
fn addresses(trial: &Trial<'_>, service: &Service) -> Check {
    let name = format!("addresses of {}'s tasks", service.name);
    let outcome = match (
        &service.subnets,
        trial.facts.tasks.get(service.name.as_str()),
    ) {
        (Placement::Public, _) => {
            Outcome::not_applicable("stack.yaml puts them into public subnets")
        }
        (Placement::Private, None) => Outcome::unknown("the service is not there"),
        (Placement::Private, Some(Err(fault))) => Outcome::unknown(fault),
        (Placement::Private, Some(Ok(tasks))) if tasks.is_empty() && service.count == 0 => {
            Outcome::not_applicable("stack.yaml asks for no tasks")
        }
        (Placement::Private, Some(Ok(tasks))) => {
            let bare = tasks.iter().filter(|task| task.interfaces.is_empty());
            let interfaces = tasks.iter().flat_map(|task| &task.interfaces);
            let public: Vec<&str> = interfaces.filter_map(|one| one.public.as_deref()).collect();
            match (tasks.len(), bare.count(), public.as_slice()) {
                (0, _, _) => Outcome::Failed("no task runs".to_owned()),
                (_, _, [_, ..]) => Outcome::Failed(format!("public: {}", public.join(", "))),
                (all, 0, []) => Outcome::Passed(format!("none public, {all} tasks")),
                (all, bare, []) => {
                    Outcome::unknown(format!("{bare} of {all} tasks show no network interface"))
                }
            }
        }
    };
    check(&name, "none public", outcome)
}
