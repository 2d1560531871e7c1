//! The network. Interfaces are not told: each belongs to what uses it, and goes with it.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Route, SecurityGroupRule, Tag};

use super::Census;
use crate::observer::Observer;

/// The reply to a listing.
macro_rules! all {
    ($aws:ident.$call:ident) => {
        $aws.ec2.$call().send().await.expect("a reply")
    };
}

pub(super) async fn list(aws: &Observer, census: &mut Census) {
    for vpc in all!(aws.describe_vpcs).vpcs() {
        let label = format!("{} {:?}", address(vpc.tags()), vpc.cidr_block());
        census.add("vpc", vpc.vpc_id(), &label, vpc);
    }
    for subnet in all!(aws.describe_subnets).subnets() {
        let place = (subnet.cidr_block(), subnet.availability_zone());
        let label = format!("{} {place:?}", address(subnet.tags()));
        census.add("subnet", subnet.subnet_id(), &label, subnet);
    }
    for gateway in all!(aws.describe_internet_gateways).internet_gateways() {
        let attachments = gateway.attachments().len();
        let label = format!("{} {attachments}", address(gateway.tags()));
        let id = gateway.internet_gateway_id();
        census.add("internet-gateway", id, &label, gateway);
    }
    for table in all!(aws.describe_route_tables).route_tables() {
        let mut routes: Vec<String> = table.routes().iter().map(route).collect();
        routes.sort();
        let associations = table.associations().len();
        let label = format!("{} {routes:?} {associations}", address(table.tags()));
        census.add("route-table", table.route_table_id(), &label, table);
    }
    for ip in all!(aws.describe_addresses).addresses() {
        let is_used = ip.association_id().is_some();
        let label = format!("{} {is_used}", address(ip.tags()));
        census.add("address", ip.allocation_id(), &label, ip);
    }
    for nat in all!(aws.describe_nat_gateways).nat_gateways() {
        let state = nat.state().map(|state| state.as_str());
        if state != Some("deleted") {
            let label = format!("{} {state:?}", address(nat.tags()));
            census.add("nat-gateway", nat.nat_gateway_id(), &label, nat);
        }
    }
    for endpoint in all!(aws.describe_vpc_endpoints).vpc_endpoints() {
        let label = format!("{} {:?}", address(endpoint.tags()), endpoint.service_name());
        census.add("endpoint", endpoint.vpc_endpoint_id(), &label, endpoint);
    }
    groups(aws, census).await;
}

async fn groups(aws: &Observer, census: &mut Census) {
    let mut names = BTreeMap::new();
    for group in all!(aws.describe_security_groups).security_groups() {
        let name = group.group_name().unwrap_or_default();
        names.insert(
            group.group_id().unwrap_or_default().to_owned(),
            name.to_owned(),
        );
        census.add("security-group", group.group_id(), name, group);
    }
    for rule in all!(aws.describe_security_group_rules).security_group_rules() {
        let label = rule_label(rule, &names);
        let id = rule.security_group_rule_id();
        census.add("security-group-rule", id, &label, rule);
    }
}

fn rule_label(rule: &SecurityGroupRule, names: &BTreeMap<String, String>) -> String {
    let group = names.get(rule.group_id().unwrap_or_default());
    let other = rule.referenced_group_info();
    let other = other.and_then(|other| names.get(other.group_id().unwrap_or_default()));
    let ports = (rule.ip_protocol(), rule.from_port(), rule.to_port());
    let is_list = rule.prefix_list_id().is_some();
    let peer = (rule.cidr_ipv4(), is_list, other);
    let is_egress = rule.is_egress() == Some(true);
    format!("{group:?} {is_egress} {ports:?} {peer:?}")
}

fn route(route: &Route) -> String {
    let destination = (
        route.destination_cidr_block(),
        route.destination_prefix_list_id().is_some(),
    );
    let gateway = match route.gateway_id() {
        _ if route.nat_gateway_id().is_some() => "NAT gateway",
        Some("local") => "local",
        Some(_) => "gateway",
        None => "nothing",
    };
    format!("{destination:?} {gateway}")
}

/// The address that the program has marked it with.
fn address(tags: &[Tag]) -> &str {
    let mut tags = tags.iter();
    let tag = tags.find(|tag| tag.key() == Some("qpiac:address"));
    tag.and_then(Tag::value).unwrap_or_default()
}
