//! The load balancer: its security group, listeners, rules and the services' target groups.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: what no rule wants goes to the default
//! service, and where there is none, is answered with 404; behind a CDN, what did not come through it
//! is answered with 403.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::suffixed;
use super::network::Network;
use super::secrets::Secrets;
use super::service::Groups;
use crate::model::{Graph, Ref};
use crate::resources::{
    AccessLogs, Action, CertificateArn, Condition, Direction, FixedResponse, HealthCheck,
    HealthCheckProtocol, HttpHeader, IpAddressType, Listener, ListenerArn, ListenerProtocol,
    ListenerRule, LoadBalancer, LoadBalancerOutputsRefs, Peer, Ports, RedirectToHttps, Scheme,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, TargetGroup, TargetGroupOutputsRefs,
};
use crate::spec::{Spec, names, resolved};

/// The prefix list of the addresses from which CloudFront asks origins.
///
/// Source: Amazon CloudFront Developer Guide, "Restrict access to Application Load Balancers".
const CLOUDFRONT_ADDRESSES: &str = "com.amazonaws.global.cloudfront.origin-facing";

/// The load balancer with what stands behind it.
#[derive(Default)]
pub(super) struct Balancing {
    pub(super) load_balancer: Option<LoadBalancerOutputsRefs>,
    pub(super) listeners: Vec<Ref<ListenerArn>>,
    /// The target groups of the services that have one, by the service's name.
    pub(super) targets: Targets,
}

type Targets = BTreeMap<String, TargetGroupOutputsRefs>;

/// What the load balancer needs of other parts of the stack.
pub(super) struct Needs<'a> {
    pub(super) network: &'a Network,
    pub(super) groups: &'a Groups,
    pub(super) secrets: &'a Secrets,
    /// The certificate of the stack's domain.
    pub(super) certificate: Option<&'a Ref<CertificateArn>>,
    /// Where it writes a line for each request.
    pub(super) logs: Option<AccessLogs>,
}

/// The load balancer's security group, with the ports that anyone may open connections to.
pub(super) fn add_group(
    graph: &mut Graph,
    spec: &Spec,
    network: &Network,
) -> Option<Ref<SecurityGroupId>> {
    let balancer = spec.load_balancer.as_ref()?;
    let description = format!("Load balancer of {}", spec.stack);
    let group = graph
        .add(
            "alb",
            &SecurityGroup {
                name: suffixed(&format!("{}-alb", spec.stack), &[&description]),
                description,
                vpc_id: network.vpc.clone(),
            },
        )
        .id;
    let peers = if spec.cdn.is_some() {
        vec![Peer::ManagedPrefixList(CLOUDFRONT_ADDRESSES.to_owned())]
    } else {
        balancer.allow.iter().copied().map(Peer::Cidr).collect()
    };
    for listener in &balancer.listeners {
        for peer in &peers {
            add_rule(
                graph,
                &group,
                Direction::Ingress,
                listener.port,
                peer.clone(),
            );
        }
    }
    Some(group)
}

/// A rule for one TCP port.
pub(super) fn add_rule(
    graph: &mut Graph,
    group: &Ref<SecurityGroupId>,
    direction: Direction,
    port: u16,
    peer: Peer,
) {
    graph.add_child(&SecurityGroupRule {
        security_group_id: group.clone(),
        direction,
        protocol: "tcp".to_owned(),
        ports: Some(Ports {
            from: i32::from(port),
            to: i32::from(port),
        }),
        peer,
        description: None,
    });
}

pub(super) fn add(graph: &mut Graph, spec: &Spec, needs: Needs<'_>) -> Balancing {
    let (Some(balancer), Some(group)) = (&spec.load_balancer, &needs.groups.balancer) else {
        return Balancing::default();
    };
    let subnets = if balancer.internal {
        &needs.network.private
    } else {
        &needs.network.public
    };
    let load_balancer = graph.add(
        "main",
        &LoadBalancer {
            name: names::load_balancer(&spec.stack),
            scheme: if balancer.internal {
                Scheme::Internal
            } else {
                Scheme::InternetFacing
            },
            vpc_id: needs.network.vpc.clone(),
            subnets: subnets.iter().cloned().collect(),
            security_groups: BTreeSet::from([group.clone()]),
            ip_address_type: IpAddressType::Ipv4,
            idle_timeout_s: balancer.idle_timeout_s,
            drop_invalid_header_fields: balancer.drop_invalid_headers,
            http2: true,
            deletion_protection: balancer.deletion_protection,
            access_logs: needs.logs,
            hosted_zone: spec.domain.as_ref().map(|domain| domain.zone.to_string()),
        },
    );
    let targets = target_groups(graph, spec, needs.network);
    let header = cdn_header(spec, needs.secrets);
    let mut listeners = Vec::new();
    for listener in &balancer.listeners {
        let (protocol, certificate_arn, ssl_policy) = protocol(listener, needs.certificate);
        let added = graph.add_child(&Listener {
            load_balancer_arn: load_balancer.arn.clone(),
            port: listener.port,
            protocol,
            certificate_arn,
            ssl_policy,
            default_action: default_action(spec, listener, &targets),
        });
        if let resolved::Action::Forward = listener.action {
            add_rules(graph, spec, &added.arn, &targets, header.as_ref());
        }
        listeners.push(added.arn);
    }
    Balancing {
        load_balancer: Some(load_balancer),
        listeners,
        targets,
    }
}

/// What a listener speaks, with certificate and policy.
fn protocol(
    listener: &resolved::Listener,
    of_domain: Option<&Ref<CertificateArn>>,
) -> (
    ListenerProtocol,
    Option<Ref<CertificateArn>>,
    Option<String>,
) {
    match &listener.protocol {
        resolved::Protocol::Http => (ListenerProtocol::Http, None, None),
        resolved::Protocol::Https {
            certificate,
            tls_policy,
        } => {
            let certificate = match certificate {
                resolved::Certificate::Given(arn) => Some(Ref::known(arn.to_string())),
                resolved::Certificate::OfDomain => of_domain.cloned(),
            };
            let policy = Some(tls_policy.to_string());
            (ListenerProtocol::Https, certificate, policy)
        }
    }
}

/// The condition that only CloudFront meets, where the load balancer stands behind it.
fn cdn_header(spec: &Spec, secrets: &Secrets) -> Option<Condition> {
    let auth = &spec.cdn.as_ref()?.auth;
    let secret = secrets.get(&auth.secret)?;
    Some(Condition::HttpHeader(HttpHeader {
        name: auth.header.to_string(),
        values: BTreeSet::from([secret.value.clone()]),
    }))
}

fn target_groups(graph: &mut Graph, spec: &Spec, network: &Network) -> Targets {
    let mut targets = Targets::new();
    for service in &spec.services {
        let Some(web) = &service.web else { continue };
        let stem = names::target_group(&spec.stack, &service.name);
        // A target group has its VPC and port for good.
        let parts = [&*web.port.to_string(), &*spec.network.cidr.to_string()];
        let health = &web.health;
        let added = graph.add(
            service.name.to_string(),
            &TargetGroup {
                name: suffixed(&stem, &parts),
                vpc_id: network.vpc.clone(),
                port: web.port,
                health_check: HealthCheck {
                    protocol: HealthCheckProtocol::Http,
                    port: None,
                    path: health.path.to_string(),
                    interval_s: health.interval_s,
                    timeout_s: health.timeout_s,
                    healthy_threshold: health.healthy,
                    unhealthy_threshold: health.unhealthy,
                    matcher: health.matcher.to_string(),
                },
                deregistration_delay_s: web.drain_s,
            },
        );
        targets.insert(service.name.to_string(), added);
    }
    targets
}

/// The service that gets what no route wants.
fn default_service(spec: &Spec) -> Option<&resolved::Service> {
    let takes_rest = |web: &resolved::Web| web.route.is_none();
    let mut services = spec.services.iter();
    services.find(|service| service.web.as_ref().is_some_and(takes_rest))
}

fn default_action(spec: &Spec, listener: &resolved::Listener, targets: &Targets) -> Action {
    if let resolved::Action::Redirect { port } = listener.action {
        return Action::RedirectToHttps(RedirectToHttps { port });
    }
    if spec.cdn.is_some() {
        return Action::FixedResponse(FixedResponse {
            status_code: 403,
            message_body: "Forbidden".to_owned(),
        });
    }
    match default_service(spec).and_then(|service| targets.get(service.name.as_str())) {
        Some(target) => Action::Forward(target.arn.clone()),
        None => Action::FixedResponse(not_found()),
    }
}

fn not_found() -> FixedResponse {
    FixedResponse {
        status_code: 404,
        message_body: "Not Found".to_owned(),
    }
}

fn add_rules(
    graph: &mut Graph,
    spec: &Spec,
    listener: &Ref<ListenerArn>,
    targets: &Targets,
    header: Option<&Condition>,
) {
    for service in &spec.services {
        let route = service.web.as_ref().and_then(|web| web.route.as_ref());
        let (Some(route), Some(target)) = (route, targets.get(service.name.as_str())) else {
            continue;
        };
        let mut conditions: BTreeSet<Condition> = header.cloned().into_iter().collect();
        if !route.paths.is_empty() {
            let paths = route.paths.iter().map(ToString::to_string).collect();
            conditions.insert(Condition::PathPattern(paths));
        }
        if !route.hosts.is_empty() {
            let hosts = route.hosts.iter().map(ToString::to_string).collect();
            conditions.insert(Condition::HostHeader(hosts));
        }
        graph.add_child(&ListenerRule {
            listener_arn: listener.clone(),
            priority: route.priority,
            conditions,
            action: Action::Forward(target.arn.clone()),
        });
    }
    if let Some(header) = header {
        let default = default_service(spec).and_then(|service| targets.get(service.name.as_str()));
        graph.add_child(&ListenerRule {
            listener_arn: listener.clone(),
            priority: resolved::LAST_PRIORITY,
            conditions: BTreeSet::from([header.clone()]),
            action: match default {
                Some(target) => Action::Forward(target.arn.clone()),
                None => Action::FixedResponse(not_found()),
            },
        });
    }
}
