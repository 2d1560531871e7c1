//! VPC, subnets, ways to the internet and route tables.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: every zone has a route table of its
//! own for its private subnet, whatever the number of NAT gateways, so that changing it moves
//! routes only.

use crate::model::{Cidr, Graph, Ref};
use crate::resources::{
    ElasticIp, InternetGateway, InternetGatewayId, NatGateway, NatGatewayId, Route,
    RouteDestination, RouteTable, RouteTableAssociation, RouteTableId, RouteTarget, Subnet,
    SubnetId, Vpc, VpcId,
};
use crate::spec::Spec;
use crate::spec::leaf::Nat;
use crate::spec::resolved::Zone;

/// What stands in the network.
pub(super) struct Network {
    pub(super) vpc: Ref<VpcId>,
    /// Where the load balancer stands, one a zone.
    pub(super) public: Vec<Ref<SubnetId>>,
    /// Where tasks stand, one a zone.
    pub(super) private: Vec<Ref<SubnetId>>,
    /// The route tables of the private subnets.
    pub(super) private_tables: Vec<Ref<RouteTableId>>,
}

pub(super) fn add(graph: &mut Graph, spec: &Spec) -> Network {
    let vpc = graph
        .add(
            "main",
            &Vpc {
                cidr_block: spec.network.cidr,
                enable_dns_support: true,
                enable_dns_hostnames: true,
            },
        )
        .id;
    let gateway = graph
        .add(
            "main",
            &InternetGateway {
                vpc_id: Some(vpc.clone()),
            },
        )
        .id;
    let zones = &spec.network.zones;
    let public: Vec<_> = zones
        .iter()
        .map(|zone| subnet(graph, &vpc, zone, true))
        .collect();
    let private: Vec<_> = zones
        .iter()
        .map(|zone| subnet(graph, &vpc, zone, false))
        .collect();
    add_public_routes(graph, &vpc, &gateway, &public);
    let gateways = nat_gateways(graph, spec, &public);
    let private_tables = zones
        .iter()
        .zip(&private)
        .enumerate()
        .map(|(at, (zone, subnet))| {
            let way_out = gateways.get(at).or(gateways.first());
            add_private_routes(graph, &vpc, zone, subnet, way_out)
        })
        .collect();
    Network {
        vpc,
        public,
        private,
        private_tables,
    }
}

fn subnet(graph: &mut Graph, vpc: &Ref<VpcId>, zone: &Zone, is_public: bool) -> Ref<SubnetId> {
    let (side, range) = if is_public {
        ("public", zone.public)
    } else {
        ("private", zone.private)
    };
    let subnet = Subnet {
        vpc_id: vpc.clone(),
        cidr_block: range,
        availability_zone: zone.name.to_string(),
        map_public_ip_on_launch: false,
    };
    graph.add(format!("{side}-{}", zone.letter), &subnet).id
}

fn add_public_routes(
    graph: &mut Graph,
    vpc: &Ref<VpcId>,
    gateway: &Ref<InternetGatewayId>,
    public: &[Ref<SubnetId>],
) {
    let table = graph
        .add(
            "public",
            &RouteTable {
                vpc_id: vpc.clone(),
            },
        )
        .id;
    graph.add_child(&Route {
        route_table_id: table.clone(),
        destination: RouteDestination::Ipv4(Cidr::ANYWHERE),
        target: RouteTarget::InternetGateway(gateway.clone()),
    });
    for subnet in public {
        graph.add_child(&RouteTableAssociation {
            subnet_id: subnet.clone(),
            route_table_id: table.clone(),
        });
    }
}

/// The NAT gateways: none, one for all, or one a zone.
fn nat_gateways(
    graph: &mut Graph,
    spec: &Spec,
    public: &[Ref<SubnetId>],
) -> Vec<Ref<NatGatewayId>> {
    let count = match spec.network.nat {
        Nat::None => 0,
        Nat::Single => 1,
        Nat::PerZone => public.len(),
    };
    spec.network
        .zones
        .iter()
        .zip(public)
        .take(count)
        .map(|(zone, subnet)| {
            let letter = zone.letter;
            let address = graph.add(format!("nat-{letter}"), &ElasticIp {});
            let gateway = NatGateway {
                subnet_id: subnet.clone(),
                allocation_id: address.allocation_id,
            };
            graph.add(letter.to_string(), &gateway).id
        })
        .collect()
}

fn add_private_routes(
    graph: &mut Graph,
    vpc: &Ref<VpcId>,
    zone: &Zone,
    subnet: &Ref<SubnetId>,
    way_out: Option<&Ref<NatGatewayId>>,
) -> Ref<RouteTableId> {
    let name = format!("private-{}", zone.letter);
    let table = graph
        .add(
            name,
            &RouteTable {
                vpc_id: vpc.clone(),
            },
        )
        .id;
    if let Some(gateway) = way_out {
        graph.add_child(&Route {
            route_table_id: table.clone(),
            destination: RouteDestination::Ipv4(Cidr::ANYWHERE),
            target: RouteTarget::NatGateway(gateway.clone()),
        });
    }
    graph.add_child(&RouteTableAssociation {
        subnet_id: subnet.clone(),
        route_table_id: table.clone(),
    });
    table
}
