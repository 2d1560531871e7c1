//! Services: security groups, logs, roles, task definitions, and the services themselves in one
//! cluster.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a service's security group admits the
//! load balancer on the service's port, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use super::balancing::{self, Balancing, add_rule};
use super::images;
use super::inputs::Inputs;
use super::naming::suffixed;
use super::network::Network;
use super::roles;
use super::secrets::Secrets;
use crate::model::{Cidr, Graph, Ref, Text};
use crate::resources::{
    Architecture, Container, ContainerInsights, ContainerLog, Direction, EcsCluster,
    EcsClusterOutputsRefs, EcsService, EcsServiceOutputsRefs, LogGroup, LogGroupName, Peer,
    SecretArn, SecurityGroup, SecurityGroupId, SecurityGroupRule, ServiceTarget, TargetGroupArn,
    TaskDefinition, TaskDefinitionArn,
};
use crate::spec::leaf::Placement;
use crate::spec::resolved::Service;
use crate::spec::{self, Spec, names};

/// The security groups of a stack.
pub(super) struct Groups {
    /// The load balancer's.
    pub(super) balancer: Option<Ref<SecurityGroupId>>,
    /// The services', by name.
    pub(super) services: BTreeMap<String, Ref<SecurityGroupId>>,
}

/// All groups, with rules from internet to load balancer to tasks.
pub(super) fn add_groups(graph: &mut Graph, spec: &Spec, network: &Network) -> Groups {
    let balancer = balancing::add_group(graph, spec, network);
    let mut services = BTreeMap::new();
    for service in &spec.services {
        let group = add_group(graph, spec, network, service);
        if let (Some(web), Some(balancer)) = (&service.web, &balancer) {
            let source = Peer::SecurityGroup(balancer.clone());
            add_rule(graph, &group, Direction::Ingress, web.port, source);
            let target = Peer::SecurityGroup(group.clone());
            add_rule(graph, balancer, Direction::Egress, web.port, target);
        }
        services.insert(service.name.to_string(), group);
    }
    Groups { balancer, services }
}

fn add_group(
    graph: &mut Graph,
    spec: &Spec,
    network: &Network,
    service: &Service,
) -> Ref<SecurityGroupId> {
    let description = format!("Tasks of {}/{}", spec.stack, service.name);
    let group = graph
        .add(
            service.name.to_string(),
            &SecurityGroup {
                name: suffixed(&format!("{}-{}", spec.stack, service.name), &[&description]),
                description,
                vpc_id: network.vpc.clone(),
            },
        )
        .id;
    graph.add_child(&SecurityGroupRule {
        security_group_id: group.clone(),
        direction: Direction::Egress,
        protocol: "-1".to_owned(),
        ports: None,
        peer: Peer::Cidr(Cidr::ANYWHERE),
        description: None,
    });
    group
}

/// What services are made of beside the network.
pub(super) struct Parts<'a> {
    pub(super) network: &'a Network,
    pub(super) groups: &'a Groups,
    pub(super) balancing: &'a Balancing,
    pub(super) secrets: &'a Secrets,
}

/// The services by name, in their cluster.
#[derive(Default)]
pub(super) struct Services {
    pub(super) cluster: Option<EcsClusterOutputsRefs>,
    pub(super) by_name: BTreeMap<String, Deployed>,
}

/// A service with its log.
pub(super) struct Deployed {
    pub(super) service: EcsServiceOutputsRefs,
    pub(super) log_group: Ref<LogGroupName>,
}

pub(super) fn add(graph: &mut Graph, spec: &Spec, inputs: &Inputs, parts: &Parts<'_>) -> Services {
    if spec.services.is_empty() {
        return Services::default();
    }
    let cluster = graph.add(
        "main",
        &EcsCluster {
            name: names::cluster(&spec.stack),
            container_insights: ContainerInsights::Disabled,
        },
    );
    let mut by_name = BTreeMap::new();
    for service in &spec.services {
        let Some(group) = parts.groups.services.get(service.name.as_str()) else {
            continue;
        };
        let (definition, log_group) = add_task_definition(graph, spec, inputs, parts, service);
        let target = parts.balancing.targets.get(service.name.as_str());
        let (subnets, is_public) = match service.subnets {
            Placement::Private => (&parts.network.private, false),
            Placement::Public => (&parts.network.public, true),
        };
        let resource = EcsService {
            cluster: cluster.arn.clone(),
            name: names::service(&spec.stack, &service.name),
            task_definition: definition,
            desired_count: service.scaling.is_none().then_some(service.count),
            initial_count: service.scaling.is_some().then_some(service.count),
            subnets: subnets.iter().cloned().collect(),
            security_groups: BTreeSet::from([group.clone()]),
            assign_public_ip: is_public,
            load_balancers: targets(service, target.map(|target| &target.arn)),
            health_check_grace_period_s: service.web.as_ref().map(|web| web.grace_s),
            deployment_minimum_healthy_percent: service.deployment.minimum_percent,
            deployment_maximum_percent: service.deployment.maximum_percent,
            deployment_circuit_breaker: service.deployment.circuit_breaker,
            enable_execute_command: service.exec,
            // AWS has no room for it where no task may be started before one is stopped.
            availability_zone_rebalancing: service.deployment.maximum_percent > 100,
        };
        let deployed = Deployed {
            service: graph.add(service.name.to_string(), &resource),
            log_group,
        };
        by_name.insert(service.name.to_string(), deployed);
    }
    Services {
        cluster: Some(cluster),
        by_name,
    }
}

fn targets(service: &Service, group: Option<&Ref<TargetGroupArn>>) -> BTreeSet<ServiceTarget> {
    let target = service
        .web
        .as_ref()
        .zip(group)
        .map(|(web, group)| ServiceTarget {
            target_group_arn: group.clone(),
            container_name: service.name.to_string(),
            container_port: web.port,
        });
    target.into_iter().collect()
}

/// Log group, roles and task definition of a service.
fn add_task_definition(
    graph: &mut Graph,
    spec: &Spec,
    inputs: &Inputs,
    parts: &Parts<'_>,
    service: &Service,
) -> (Ref<TaskDefinitionArn>, Ref<LogGroupName>) {
    let logs = graph.add(
        service.name.to_string(),
        &LogGroup {
            name: names::log_group(&spec.stack, &service.name),
            retention_in_days: Some(service.retention_days),
        },
    );
    let image = images::add(graph, spec, inputs, service);
    let roles = roles::add(
        graph,
        spec,
        service,
        &logs.arn,
        &image.pulled,
        parts.secrets,
    );
    let container = Container {
        name: service.name.to_string(),
        image: image.reference,
        command: service
            .command
            .as_ref()
            .map(|words| words.iter().map(|word| word.as_str().to_owned()).collect()),
        essential: true,
        ports: service.web.iter().map(|web| web.port).collect(),
        environment: environment(service, parts.secrets),
        secrets: injected(service, parts.secrets),
        log: Some(ContainerLog {
            group: logs.name.clone(),
            region: spec.region.to_string(),
            stream_prefix: "ecs".to_owned(),
        }),
    };
    let definition = TaskDefinition {
        family: names::task_family(&spec.stack, &service.name),
        cpu: service.cpu,
        memory: service.memory,
        cpu_architecture: match service.architecture {
            spec::leaf::Architecture::X86 => Architecture::X86,
            spec::leaf::Architecture::Arm => Architecture::Arm,
        },
        execution_role_arn: roles.execution,
        task_role_arn: roles.task,
        containers: BTreeSet::from([container]),
    };
    let definition = graph.add(service.name.to_string(), &definition).arn;
    (definition, logs.name)
}

/// The user's variables, and where to read the secrets that tasks read themselves.
fn environment(service: &Service, secrets: &Secrets) -> BTreeMap<String, Text> {
    let given = service
        .environment
        .iter()
        .map(|(name, value)| (name.to_string(), Text::from(value.as_str())));
    let read = secrets.arns(&service.reads).into_iter();
    given
        .chain(read.map(|(name, arn)| (names::secret_variable(name), Text::from(arn))))
        .collect()
}

/// Variables that ECS fills from secrets when a task starts.
fn injected(service: &Service, secrets: &Secrets) -> BTreeMap<String, Ref<SecretArn>> {
    let pairs = service.secrets.iter();
    pairs
        .filter_map(|(variable, secret)| {
            let arn = secrets.get(secret)?.arn.clone();
            Some((variable.to_string(), arn))
        })
        .collect()
}
