//! What tasks in private subnets need where there is no way to the internet: the AWS services that
//! start them, inside the network.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: the endpoints' security group admits
//! the services' tasks alone, and those of all of them: where there is an endpoint, its service is
//! reached through it from everywhere in the network, also from public subnets.
//!
//! Source: Amazon ECS Developer Guide, "Amazon ECS interface VPC endpoints".

use std::collections::BTreeSet;

use super::balancing::add_rule;
use super::naming::suffixed;
use super::network::Network;
use super::service::Groups;
use crate::model::{Graph, Ref};
use crate::resources::{
    Direction, EndpointType, Peer, SecurityGroup, SecurityGroupId, VpcEndpoint,
};
use crate::spec::Spec;
use crate::spec::leaf::{Nat, Placement};

/// Services that answer at network interfaces.
const INTERFACES: [(&str, &str); 4] = [
    ("ecr-api", "ecr.api"),
    ("ecr-dkr", "ecr.dkr"),
    ("logs", "logs"),
    ("secretsmanager", "secretsmanager"),
];
/// What ECS Exec needs beside them.
const EXEC: (&str, &str) = ("ssmmessages", "ssmmessages");
/// The port of HTTPS.
const HTTPS_PORT: u16 = 443;

pub(super) fn add(graph: &mut Graph, spec: &Spec, network: &Network, groups: &Groups) {
    let services = spec.services.iter();
    let mut private = services.filter(|service| service.subnets == Placement::Private);
    if spec.network.nat != Nat::None || private.clone().next().is_none() {
        return;
    }
    let group = add_group(graph, spec, network);
    for tasks in groups.services.values() {
        let peer = Peer::SecurityGroup(tasks.clone());
        add_rule(graph, &group, Direction::Ingress, HTTPS_PORT, peer);
    }
    let exec = private.any(|service| service.exec).then_some(EXEC);
    for (name, service) in INTERFACES.into_iter().chain(exec) {
        graph.add(
            name,
            &VpcEndpoint {
                vpc_id: network.vpc.clone(),
                service_name: service_name(spec, service),
                endpoint_type: EndpointType::Interface,
                private_dns_enabled: true,
                subnet_ids: network.private.iter().cloned().collect(),
                security_group_ids: BTreeSet::from([group.clone()]),
                route_table_ids: BTreeSet::new(),
            },
        );
    }
    // Image layers lie in S3.
    graph.add(
        "s3",
        &VpcEndpoint {
            vpc_id: network.vpc.clone(),
            service_name: service_name(spec, "s3"),
            endpoint_type: EndpointType::Gateway,
            private_dns_enabled: false,
            subnet_ids: BTreeSet::new(),
            security_group_ids: BTreeSet::new(),
            route_table_ids: network.private_tables.iter().cloned().collect(),
        },
    );
}

fn service_name(spec: &Spec, service: &str) -> String {
    let prefix = match spec.region.partition() {
        "aws-cn" => "cn.com.amazonaws",
        _ => "com.amazonaws",
    };
    format!("{prefix}.{}.{service}", spec.region)
}

fn add_group(graph: &mut Graph, spec: &Spec, network: &Network) -> Ref<SecurityGroupId> {
    let description = format!("Endpoints of {}", spec.stack);
    graph
        .add(
            "endpoints",
            &SecurityGroup {
                name: suffixed(&format!("{}-endpoints", spec.stack), &[&description]),
                description,
                vpc_id: network.vpc.clone(),
            },
        )
        .id
}

#[cfg(test)]
mod tests {
    use crate::spec;
    use crate::stack::{Digests, Inputs, graph};

    /// The rules that admit to the endpoints, and the endpoints.
    fn made(exec: bool) -> Vec<String> {
        let text = format!(
            "stack: shop\nregion: us-east-1\nnetwork: {{ nat: none }}\nservices:\n  \
             app: {{ image: a, exec: {exec} }}\n  edge: {{ image: b, subnets: public }}\n"
        );
        let read = spec::read("stack.yaml", text);
        let spec = read.unwrap_or_else(|problems| panic!("{problems:?}")).spec;
        let graph = graph(&spec, &Inputs::anywhere(Digests::default()));
        let addresses = graph.nodes().map(|(address, _)| address.to_string());
        let is_asked = |address: &String| {
            address.starts_with("vpc-endpoint/")
                || address.starts_with("security-group-rule/endpoints.ingress")
        };
        addresses.filter(is_asked).collect()
    }

    #[test]
    fn endpoints_admit_tasks_of_public_subnets_too_since_names_lead_there_from_everywhere() {
        let made = made(false);
        for service in ["app", "edge"] {
            let rule = format!("security-group-rule/endpoints.ingress-tcp-443-{service}");
            assert!(made.contains(&rule), "{made:?}");
        }
    }

    #[test]
    fn commands_in_tasks_need_an_endpoint_of_their_own() {
        let address = "vpc-endpoint/ssmmessages".to_owned();
        assert!(made(true).contains(&address));
        assert!(!made(false).contains(&address));
    }
}
