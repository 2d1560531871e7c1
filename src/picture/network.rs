//! The VPC with its zones, subnets and gateways.

use std::collections::BTreeMap;

use super::parts::{Part, Parts, word};
use super::services;
use super::sheet::{Figure, Role};
use crate::model::{Misfit, Ref};
use crate::resources::{
    ElasticIp, InternetGateway, Listener, LoadBalancer, NatGateway, Route, RouteTableAssociation,
    RouteTarget, Subnet, SubnetId, Vpc, VpcEndpoint,
};

/// The VPC with all inside.
pub(super) fn vpc(parts: &Parts) -> Result<Option<Figure>, Misfit> {
    let Some(vpc) = parts.first::<Vpc>()? else {
        return Ok(None);
    };
    let lines = vpc.output("id").map(str::to_owned).into_iter().collect();
    let title = format!("VPC {}", vpc.is.cidr_block);
    let figure = Figure::new(Role::Network, vpc.id(), title, lines);
    let mut front = gateways(parts)?;
    front.extend(balancers(parts)?);
    let rows = vec![front, zones(parts)?, endpoints(parts)?];
    Ok(Some(figure.with(rows)))
}

fn gateways(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let gateways = parts.all::<InternetGateway>()?.into_iter();
    let figure = |gateway: Part<InternetGateway>| {
        let lines = gateway.output("id").map(str::to_owned);
        let lines = lines.into_iter().collect();
        Figure::new(Role::Gateway, gateway.id(), "Internet gateway", lines)
    };
    Ok(gateways.map(figure).collect())
}

fn balancers(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let listeners = parts.all::<Listener>()?;
    let mut figures = Vec::new();
    for balancer in parts.all::<LoadBalancer>()? {
        let mut lines = vec![balancer.is.name.clone()];
        lines.extend(balancer.output("dns_name").map(str::to_owned));
        let ports: Vec<String> = listeners
            .iter()
            .map(|listener| format!("{} {}", word(&listener.is.protocol), listener.is.port))
            .collect();
        let names = parts.all_called(&balancer.is.subnets);
        let scheme = word(&balancer.is.scheme);
        lines.push(format!("{scheme}, {}", ports.join(", ")));
        lines.push(format!("in {}", names.join(", ")));
        let title = "Application load balancer";
        figures.push(Figure::new(Role::Gateway, balancer.id(), title, lines).wide());
    }
    Ok(figures)
}

/// One column for each availability zone.
fn zones(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let mut zones: BTreeMap<String, [Vec<Figure>; 2]> = BTreeMap::new();
    for subnet in parts.all::<Subnet>()? {
        let is_public = is_public(parts, &subnet)?;
        let rows = zones
            .entry(subnet.is.availability_zone.clone())
            .or_default();
        rows[usize::from(!is_public)].push(figure(parts, &subnet, is_public)?);
    }
    let zone = |(name, rows): (String, [Vec<Figure>; 2])| {
        let id = format!("zone/{name}");
        Figure::new(Role::Zone, id, name, Vec::new()).with(rows.into())
    };
    Ok(zones.into_iter().map(zone).collect())
}

fn figure(parts: &Parts, subnet: &Part<Subnet>, is_public: bool) -> Result<Figure, Misfit> {
    let (role, what) = if is_public {
        (Role::PublicSubnet, "Public subnet")
    } else {
        (Role::PrivateSubnet, "Private subnet")
    };
    let mut lines = vec![subnet.is.cidr_block.to_string()];
    lines.extend(subnet.output("id").map(str::to_owned));
    let inside = vec![nats(parts, subnet)?, services::tasks(parts, subnet)?];
    Ok(Figure::new(role, subnet.id(), what, lines).with(inside))
}

/// Whether the internet reaches what is in a subnet: its table has a route to an internet gateway.
pub(super) fn is_public(parts: &Parts, subnet: &Part<Subnet>) -> Result<bool, Misfit> {
    let targets = route_targets(parts, subnet)?;
    let is_open = |target: &RouteTarget| matches!(target, RouteTarget::InternetGateway(_));
    Ok(targets.iter().any(is_open))
}

/// The NAT gateways by which a subnet reaches the internet.
pub(super) fn nat_of(parts: &Parts, subnet: &Part<Subnet>) -> Result<Option<String>, Misfit> {
    let targets = route_targets(parts, subnet)?;
    Ok(targets.iter().find_map(|target| match target {
        RouteTarget::NatGateway(nat) => Some(parts.target(nat)?.to_string()),
        RouteTarget::InternetGateway(_) | RouteTarget::Other(_) => None,
    }))
}

fn route_targets(parts: &Parts, subnet: &Part<Subnet>) -> Result<Vec<RouteTarget>, Misfit> {
    let associations = parts.all::<RouteTableAssociation>()?;
    let tables: Vec<_> = associations
        .iter()
        .filter(|one| is_at(parts, &one.is.subnet_id, subnet))
        .filter_map(|one| parts.target(&one.is.route_table_id))
        .collect();
    let routes = parts.all::<Route>()?.into_iter();
    let of_subnet = |route: &Part<Route>| {
        let table = parts.target(&route.is.route_table_id);
        table.is_some_and(|table| tables.contains(&table))
    };
    Ok(routes
        .filter(of_subnet)
        .map(|route| route.is.target)
        .collect())
}

/// Whether a reference leads to this subnet.
pub(super) fn is_at(parts: &Parts, reference: &Ref<SubnetId>, subnet: &Part<Subnet>) -> bool {
    parts.target(reference).as_ref() == Some(&subnet.address)
}

fn nats(parts: &Parts, subnet: &Part<Subnet>) -> Result<Vec<Figure>, Misfit> {
    let addresses = parts.all::<ElasticIp>()?;
    let here = parts.all::<NatGateway>()?.into_iter();
    let here = here.filter(|nat| is_at(parts, &nat.is.subnet_id, subnet));
    let figure = |nat: Part<NatGateway>| {
        let target = parts.target(&nat.is.allocation_id);
        let address = addresses
            .iter()
            .find(|one| Some(&one.address) == target.as_ref());
        let ip = address.and_then(|address| address.output("public_ip"));
        let lines = [nat.output("id"), ip];
        let lines = lines.into_iter().flatten().map(str::to_owned).collect();
        Figure::new(Role::Gateway, nat.id(), "NAT gateway", lines)
    };
    Ok(here.map(figure).collect())
}

fn endpoints(parts: &Parts) -> Result<Vec<Figure>, Misfit> {
    let endpoints = parts.all::<VpcEndpoint>()?.into_iter();
    let figure = |endpoint: Part<VpcEndpoint>| {
        let lines = vec![
            endpoint.is.service_name.clone(),
            word(&endpoint.is.endpoint_type),
        ];
        Figure::new(Role::Gateway, endpoint.id(), "VPC endpoint", lines)
    };
    Ok(endpoints.map(figure).collect())
}
