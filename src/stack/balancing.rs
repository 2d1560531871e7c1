//! The load balancer: its security group, listeners, rules and the services' target groups.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: what no rule wants goes to the default
//! service, and where there is none, is answered with 404.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::suffixed;
use super::network::Network;
use super::service::Groups;
use crate::model::{Graph, Ref};
use crate::resources::{
    Action, Condition, Direction, FixedResponse, HealthCheck, HealthCheckProtocol, IpAddressType,
    Listener, ListenerArn, ListenerProtocol, ListenerRule, LoadBalancer, Peer, Ports,
    RedirectToHttps, Scheme, SecurityGroup, SecurityGroupId, SecurityGroupRule, TargetGroup,
    TargetGroupArn,
};
use crate::spec::{Spec, names, resolved};

/// The target groups of the services that have one, by the service's name.
pub(super) type Balancing = BTreeMap<String, Ref<TargetGroupArn>>;

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
    for listener in &balancer.listeners {
        for range in &balancer.allow {
            add_rule(
                graph,
                &group,
                Direction::Ingress,
                listener.port,
                Peer::Cidr(*range),
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

pub(super) fn add(graph: &mut Graph, spec: &Spec, network: &Network, groups: &Groups) -> Balancing {
    let (Some(balancer), Some(group)) = (&spec.load_balancer, &groups.balancer) else {
        return Balancing::new();
    };
    let subnets = if balancer.internal {
        &network.private
    } else {
        &network.public
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
            vpc_id: network.vpc.clone(),
            subnets: subnets.iter().cloned().collect(),
            security_groups: BTreeSet::from([group.clone()]),
            ip_address_type: IpAddressType::Ipv4,
            idle_timeout_s: balancer.idle_timeout_s,
            drop_invalid_header_fields: balancer.drop_invalid_headers,
            http2: true,
            deletion_protection: balancer.deletion_protection,
        },
    );
    let targets = target_groups(graph, spec, network);
    for listener in &balancer.listeners {
        let (protocol, certificate_arn, ssl_policy) = protocol(listener);
        let added = graph.add_child(&Listener {
            load_balancer_arn: load_balancer.arn.clone(),
            port: listener.port,
            protocol,
            certificate_arn,
            ssl_policy,
            default_action: default_action(spec, listener, &targets),
        });
        if let resolved::Action::Forward = listener.action {
            add_rules(graph, spec, &added.arn, &targets);
        }
    }
    targets
}

/// What a listener speaks, with certificate and policy.
fn protocol(listener: &resolved::Listener) -> (ListenerProtocol, Option<String>, Option<String>) {
    match &listener.protocol {
        resolved::Protocol::Http => (ListenerProtocol::Http, None, None),
        resolved::Protocol::Https {
            certificate,
            tls_policy,
        } => (
            ListenerProtocol::Https,
            Some(certificate.to_string()),
            Some(tls_policy.to_string()),
        ),
    }
}

fn target_groups(graph: &mut Graph, spec: &Spec, network: &Network) -> Balancing {
    let mut targets = Balancing::new();
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
        targets.insert(service.name.to_string(), added.arn);
    }
    targets
}

fn default_action(spec: &Spec, listener: &resolved::Listener, targets: &Balancing) -> Action {
    if let resolved::Action::Redirect { port } = listener.action {
        return Action::RedirectToHttps(RedirectToHttps { port });
    }
    let default = spec
        .services
        .iter()
        .find(|service| service.web.as_ref().is_some_and(|web| web.route.is_none()));
    match default.and_then(|service| targets.get(service.name.as_str())) {
        Some(target) => Action::Forward(target.clone()),
        None => Action::FixedResponse(FixedResponse {
            status_code: 404,
            message_body: "Not Found".to_owned(),
        }),
    }
}

fn add_rules(graph: &mut Graph, spec: &Spec, listener: &Ref<ListenerArn>, targets: &Balancing) {
    for service in &spec.services {
        let route = service.web.as_ref().and_then(|web| web.route.as_ref());
        let (Some(route), Some(target)) = (route, targets.get(service.name.as_str())) else {
            continue;
        };
        let mut conditions = BTreeSet::new();
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
            action: Action::Forward(target.clone()),
        });
    }
}
