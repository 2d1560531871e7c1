//! The VPC with everything in it, and who may reach whom.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{IpPermission, SecurityGroup};

use super::{STACK, ours};
use crate::observer::Observer;

/// VPC, subnets, gateways and routes; gives the VPC's id.
pub(super) async fn check(aws: &Observer) -> String {
    let vpcs = aws
        .ec2
        .describe_vpcs()
        .filters(ours())
        .send()
        .await
        .unwrap();
    let [vpc] = vpcs.vpcs() else {
        panic!("{vpcs:?}")
    };
    assert_eq!(vpc.cidr_block(), Some("10.0.0.0/16"));
    let tags: BTreeMap<_, _> = vpc
        .tags()
        .iter()
        .map(|t| (t.key().unwrap(), t.value().unwrap()))
        .collect();
    assert_eq!(tags["project"], "cdn-headers");
    assert!(tags["Name"].starts_with(STACK));
    let vpc = vpc.vpc_id().unwrap().to_owned();

    let subnets = aws
        .ec2
        .describe_subnets()
        .filters(ours())
        .send()
        .await
        .unwrap();
    let by_range: BTreeMap<_, _> = subnets
        .subnets()
        .iter()
        .map(|s| {
            (
                s.cidr_block().unwrap(),
                (s.availability_zone().unwrap(), s.subnet_id().unwrap()),
            )
        })
        .collect();
    let places: Vec<_> = by_range
        .iter()
        .map(|(range, (zone, _))| (*range, *zone))
        .collect();
    assert_eq!(
        places,
        [
            ("10.0.1.0/24", "us-east-1a"),
            ("10.0.2.0/24", "us-east-1b"),
            ("10.0.3.0/24", "us-east-1a"),
            ("10.0.4.0/24", "us-east-1b"),
        ]
    );

    let gateways = aws
        .ec2
        .describe_internet_gateways()
        .filters(ours())
        .send()
        .await
        .unwrap();
    let [gateway] = gateways.internet_gateways() else {
        panic!("{gateways:?}")
    };
    assert_eq!(gateway.attachments()[0].vpc_id(), Some(vpc.as_str()));
    let nats = aws
        .ec2
        .describe_nat_gateways()
        .filter(ours())
        .send()
        .await
        .unwrap();
    let [nat] = nats.nat_gateways() else {
        panic!("{nats:?}")
    };
    let public: BTreeSet<&str> = ["10.0.1.0/24", "10.0.2.0/24"].map(|r| by_range[r].1).into();
    assert!(public.contains(nat.subnet_id().unwrap()));

    let tables = aws
        .ec2
        .describe_route_tables()
        .filters(ours())
        .send()
        .await
        .unwrap();
    for (range, (_, subnet)) in &by_range {
        let table = tables
            .route_tables()
            .iter()
            .find(|t| {
                t.associations()
                    .iter()
                    .any(|a| a.subnet_id() == Some(subnet))
            })
            .unwrap_or_else(|| panic!("{range} has no route table"));
        let way_out = table
            .routes()
            .iter()
            .find(|r| r.destination_cidr_block() == Some("0.0.0.0/0"))
            .unwrap_or_else(|| panic!("{range} has no way out"));
        if public.contains(subnet) {
            assert_eq!(way_out.gateway_id(), gateway.internet_gateway_id());
        } else {
            assert_eq!(way_out.nat_gateway_id(), nat.nat_gateway_id());
        }
    }
    vpc
}

/// The groups of the load balancer and of the tasks.
pub(super) struct Groups {
    pub(super) balancer: String,
    pub(super) tasks: String,
}

fn only(permissions: &[IpPermission]) -> &IpPermission {
    let [permission] = permissions else {
        panic!("expected one: {permissions:?}")
    };
    permission
}

/// CloudFront to the load balancer, load balancer to the tasks, and nothing else.
pub(super) async fn check_groups(aws: &Observer, vpc: &str) -> Groups {
    let found = aws
        .ec2
        .describe_security_groups()
        .filters(ours())
        .send()
        .await
        .unwrap();
    let groups: Vec<&SecurityGroup> = found.security_groups().iter().collect();
    assert_eq!(groups.len(), 2, "{groups:?}");
    assert!(groups.iter().all(|g| g.vpc_id() == Some(vpc)));
    let lists = aws
        .ec2
        .describe_managed_prefix_lists()
        .send()
        .await
        .unwrap();
    let cloudfront = lists
        .prefix_lists()
        .iter()
        .find(|list| {
            list.prefix_list_name() == Some("com.amazonaws.global.cloudfront.origin-facing")
        })
        .and_then(|list| list.prefix_list_id());
    let named = |name: &str| {
        let group = groups.iter().find(|group| {
            let known = group.group_name().unwrap();
            known.starts_with(&format!("{STACK}-{name}-"))
        });
        *group.unwrap_or_else(|| panic!("no group {name}: {groups:?}"))
    };
    let (balancer, tasks) = (named("alb"), named("app"));
    let entry = only(balancer.ip_permissions());
    assert_eq!((entry.from_port(), entry.to_port()), (Some(80), Some(80)));
    let [admitted] = entry.prefix_list_ids() else {
        panic!("{entry:?}")
    };
    assert!(cloudfront.is_some() && admitted.prefix_list_id() == cloudfront);
    assert!(entry.ip_ranges().is_empty() && entry.ipv6_ranges().is_empty());
    assert!(entry.user_id_group_pairs().is_empty());
    let inner = only(tasks.ip_permissions());
    assert_eq!(
        (inner.from_port(), inner.to_port()),
        (Some(8000), Some(8000))
    );
    assert!(inner.ip_ranges().is_empty());
    assert_eq!(
        inner.user_id_group_pairs()[0].group_id(),
        balancer.group_id()
    );
    let out = only(balancer.ip_permissions_egress());
    assert_eq!(
        out.user_id_group_pairs()[0].group_id(),
        tasks.group_id(),
        "the load balancer reaches only tasks"
    );
    Groups {
        balancer: balancer.group_id().unwrap().to_owned(),
        tasks: tasks.group_id().unwrap().to_owned(),
    }
}
