//! The default stack, applied, looked at and destroyed: every fact of the reference system for the
//! network and web tier.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, IpPermission, SecurityGroup};

use crate::observer::Observer;
use crate::program::{DEFAULT_STACK, Program};

const STACK: &str = "qp-iac-cdn-headers";

#[tokio::test(flavor = "multi_thread")]
async fn the_default_stack_is_what_the_architecture_says() {
    let program = Program::with(DEFAULT_STACK).await;
    let observer = Observer::of(&program.bed);
    let default_vpc = default_network(&observer).await;

    program.apply().await;

    let vpc = network(&observer).await;
    let groups = groups(&observer, &vpc).await;
    let target_group = balancing(&observer, &vpc, &groups).await;
    containers(&observer, &target_group, &groups).await;
    roles_and_logs(&observer).await;

    program.assert_in_sync().await;
    program.destroy().await;
    assert_eq!(observer.left_of(STACK).await, Vec::<String>::new());
    assert_eq!(
        default_network(&observer).await,
        default_vpc,
        "the default VPC was touched"
    );
}

/// All that the account had before, in words.
async fn default_network(observer: &Observer) -> String {
    let default = || Filter::builder().name("is-default").values("true").build();
    let vpcs = observer
        .ec2
        .describe_vpcs()
        .filters(default())
        .send()
        .await
        .unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap().to_owned();
    let inside = || Filter::builder().name("vpc-id").values(&vpc).build();
    let subnets = observer
        .ec2
        .describe_subnets()
        .filters(inside())
        .send()
        .await
        .unwrap();
    let groups = observer
        .ec2
        .describe_security_groups()
        .filters(inside())
        .send()
        .await
        .unwrap();
    let tables = observer
        .ec2
        .describe_route_tables()
        .filters(inside())
        .send()
        .await
        .unwrap();
    format!(
        "{:#?}{:#?}{:#?}{:#?}",
        vpcs.vpcs(),
        subnets.subnets(),
        groups.security_groups(),
        tables.route_tables()
    )
}

fn ours() -> Filter {
    Filter::builder()
        .name("tag:qpiac:stack")
        .values(format!("{STACK}@us-east-1"))
        .build()
}

/// VPC, subnets, gateways and routes; gives the VPC's id.
async fn network(observer: &Observer) -> String {
    let vpcs = observer
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

    let subnets = observer
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

    let gateways = observer
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
    let nats = observer
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

    let tables = observer
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
struct Groups {
    balancer: String,
    tasks: String,
}

fn only(permissions: &[IpPermission]) -> &IpPermission {
    let [permission] = permissions else {
        panic!("expected one: {permissions:?}")
    };
    permission
}

/// Internet to the load balancer, load balancer to the tasks, and nothing else.
async fn groups(observer: &Observer, vpc: &str) -> Groups {
    let found = observer
        .ec2
        .describe_security_groups()
        .filters(ours())
        .send()
        .await
        .unwrap();
    let groups: Vec<&SecurityGroup> = found.security_groups().iter().collect();
    assert_eq!(groups.len(), 2, "{groups:?}");
    assert!(groups.iter().all(|g| g.vpc_id() == Some(vpc)));
    let from_internet = |g: &&&SecurityGroup| {
        g.ip_permissions().iter().any(|p| {
            p.ip_ranges()
                .iter()
                .any(|r| r.cidr_ip() == Some("0.0.0.0/0"))
        })
    };
    let balancer = groups
        .iter()
        .find(from_internet)
        .expect("a group for the load balancer");
    let tasks = groups
        .iter()
        .find(|g| !from_internet(g))
        .expect("a group for the tasks");
    let entry = only(balancer.ip_permissions());
    assert_eq!((entry.from_port(), entry.to_port()), (Some(80), Some(80)));
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

/// Load balancer, listener and target group; gives the target group's ARN.
async fn balancing(observer: &Observer, vpc: &str, groups: &Groups) -> String {
    let found = observer
        .elbv2
        .describe_load_balancers()
        .send()
        .await
        .unwrap();
    let [balancer] = found.load_balancers() else {
        panic!("{found:?}")
    };
    assert_eq!(balancer.scheme().unwrap().as_str(), "internet-facing");
    assert_eq!(
        balancer.security_groups(),
        std::slice::from_ref(&groups.balancer)
    );
    assert_eq!(balancer.availability_zones().len(), 2);
    assert!(balancer.load_balancer_name().unwrap().starts_with(STACK));
    let arn = balancer.load_balancer_arn().unwrap();

    let found = observer
        .elbv2
        .describe_target_groups()
        .send()
        .await
        .unwrap();
    let [target_group] = found.target_groups() else {
        panic!("{found:?}")
    };
    assert_eq!(target_group.port(), Some(8000));
    assert_eq!(target_group.vpc_id(), Some(vpc));
    assert_eq!(target_group.health_check_path(), Some("/health"));
    assert_eq!(target_group.target_type().unwrap().as_str(), "ip");
    let target_group = target_group.target_group_arn().unwrap().to_owned();

    let found = observer
        .elbv2
        .describe_listeners()
        .load_balancer_arn(arn)
        .send()
        .await
        .unwrap();
    let [listener] = found.listeners() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (listener.port(), listener.protocol().unwrap().as_str()),
        (Some(80), "HTTP")
    );
    let action = &listener.default_actions()[0];
    assert_eq!(action.r#type().unwrap().as_str(), "forward");
    assert_eq!(action.target_group_arn(), Some(target_group.as_str()));
    target_group
}

/// Cluster, service and task definition.
async fn containers(observer: &Observer, target_group: &str, groups: &Groups) {
    let clusters = observer.ecs.list_clusters().send().await.unwrap();
    let [cluster] = clusters.cluster_arns() else {
        panic!("{clusters:?}")
    };
    assert!(cluster.ends_with(&format!("{STACK}-cluster")));
    let services = observer
        .ecs
        .list_services()
        .cluster(cluster)
        .send()
        .await
        .unwrap();
    let described = observer
        .ecs
        .describe_services()
        .cluster(cluster)
        .set_services(Some(services.service_arns().to_vec()))
        .send()
        .await
        .unwrap();
    let [service] = described.services() else {
        panic!("{described:?}")
    };
    assert_eq!(service.desired_count(), 2);
    assert_eq!(service.running_count(), 2);
    assert_eq!(service.launch_type().unwrap().as_str(), "FARGATE");
    let [balancer] = service.load_balancers() else {
        panic!("{service:?}")
    };
    assert_eq!(balancer.target_group_arn(), Some(target_group));
    assert_eq!(balancer.container_port(), Some(8000));
    let vpc = service
        .network_configuration()
        .unwrap()
        .awsvpc_configuration()
        .unwrap();
    assert_eq!(vpc.assign_public_ip().unwrap().as_str(), "DISABLED");
    assert_eq!(vpc.security_groups(), std::slice::from_ref(&groups.tasks));
    let private = observer
        .ec2
        .describe_subnets()
        .set_subnet_ids(Some(vpc.subnets().to_vec()))
        .send()
        .await
        .unwrap();
    let ranges: BTreeSet<_> = private
        .subnets()
        .iter()
        .filter_map(|s| s.cidr_block())
        .collect();
    assert_eq!(ranges, BTreeSet::from(["10.0.3.0/24", "10.0.4.0/24"]));
    let breaker = service
        .deployment_configuration()
        .unwrap()
        .deployment_circuit_breaker()
        .unwrap();
    assert!(breaker.enable() && breaker.rollback());

    let definition = observer
        .ecs
        .describe_task_definition()
        .task_definition(service.task_definition().unwrap())
        .send()
        .await
        .unwrap();
    let definition = definition.task_definition().unwrap();
    assert_eq!(
        (definition.cpu(), definition.memory()),
        (Some("256"), Some("512"))
    );
    let [container] = definition.container_definitions() else {
        panic!("{definition:?}")
    };
    assert_eq!(container.image(), Some("ghcr.io/example/app:1.0"));
    assert_eq!(container.port_mappings()[0].container_port(), Some(8000));
    assert_eq!(container.environment()[0].name(), Some("ENVIRONMENT"));
    assert_eq!(
        container.log_configuration().unwrap().log_driver().as_str(),
        "awslogs"
    );
    assert!(definition.execution_role_arn().is_some() && definition.task_role_arn().is_some());
}

async fn roles_and_logs(observer: &Observer) {
    let groups = observer.logs.describe_log_groups().send().await.unwrap();
    let [group] = groups.log_groups() else {
        panic!("{groups:?}")
    };
    assert!(group.log_group_name().unwrap().starts_with("/ecs/"));
    assert_eq!(group.retention_in_days(), Some(30));
    let roles = observer.iam.list_roles().send().await.unwrap();
    let ours: Vec<_> = roles
        .roles()
        .iter()
        .filter(|r| r.role_name().starts_with(STACK))
        .collect();
    assert_eq!(ours.len(), 2, "an execution role and a task role: {ours:?}");
}
