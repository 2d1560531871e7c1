//! The ECS task definition.
//!
//! Recognised by its owner tags, which the create call gives. A revision never changes: every
//! difference makes a new one, and older revisions at the same address are superseded. A repeated
//! create makes one revision more, which the next plan clears away.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::operation::describe_task_definition::DescribeTaskDefinitionOutput;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, KeyValuePair, LogConfiguration, LogDriver,
    NetworkMode, OsFamily, PortMapping, RuntimePlatform, Secret, TaskDefinitionFamilyStatus,
    TaskDefinitionField, TaskDefinitionStatus, TransportProtocol,
};
use futures::future::try_join_all;

use super::iam_role::IamRoleArn;
use super::lifecycle::{Lifecycle, Mark};
use super::log_group::LogGroupName;
use super::secret::SecretArn;
use crate::aws::{Call, Clients, ecs, if_present, of_build, required};
use crate::classes;
use crate::model::{Fault, Found, Id, Owner, Query, Ref, Resolved, State, TagChange, Tags, Text};
use qpiac_derive::{Field, Outputs, Resource};

classes! {
    /// Identifies a revision of a task definition.
    TaskDefinitionArn = "task-definition", "arn:aws:ecs:{region}:{account}:task-definition/{family}:########";
}

/// What a task consists of.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "task-definition",
    outputs = TaskDefinitionOutputs,
    replacement = "create-first",
    find = "ecs:ListTaskDefinitionFamilies, ecs:ListTaskDefinitions, ecs:DescribeTaskDefinition",
    create = "ecs:RegisterTaskDefinition, ecs:TagResource, iam:PassRole",
    update = "ecs:TagResource, ecs:UntagResource",
    delete = "ecs:DeregisterTaskDefinition"
)]
pub struct TaskDefinition {
    /// The name that its revisions share; at most 255 characters.
    #[attribute(replace)]
    pub family: String,
    /// CPU units of a task; 1024 are one core.
    #[attribute(replace)]
    pub cpu: u32,
    /// Memory of a task, in MiB.
    #[attribute(replace)]
    pub memory: u32,
    /// The processors that its images are for.
    #[attribute(replace)]
    pub cpu_architecture: Architecture,
    /// The role with which ECS starts tasks.
    #[attribute(replace, loose)]
    pub execution_role_arn: Ref<IamRoleArn>,
    /// The role that tasks have.
    #[attribute(replace, loose)]
    pub task_role_arn: Ref<IamRoleArn>,
    /// The containers of a task.
    #[attribute(replace, loose, mentions)]
    pub containers: BTreeSet<Container>,
}

/// A family of processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum Architecture {
    /// Intel and AMD.
    #[field("X86_64")]
    X86,
    /// AWS Graviton.
    #[field("ARM64")]
    Arm,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Text,
    /// What is run instead of the image's command; absent, that command.
    pub command: Option<Vec<String>>,
    /// Whether the task stops when it stops.
    pub essential: bool,
    /// The TCP ports that it listens to.
    pub ports: BTreeSet<u16>,
    /// Its environment.
    pub environment: BTreeMap<String, Text>,
    /// Environment that ECS fills from secrets when a task starts.
    pub secrets: BTreeMap<String, Ref<SecretArn>>,
    /// Where its output goes.
    pub log: Option<ContainerLog>,
}

/// A log group for a container's output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct ContainerLog {
    /// The log group's name.
    pub group: Ref<LogGroupName>,
    /// Its region.
    pub region: String,
    /// What the names of its streams begin with.
    pub stream_prefix: String,
}

/// What a task definition gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct TaskDefinitionOutputs {
    /// The revision's ARN.
    pub arn: Id<TaskDefinitionArn>,
}

impl Lifecycle for TaskDefinition {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let arns = match which {
            Query::Owned { owner, .. } => active_revisions(aws, owner).await?,
            Query::Ids(arns) => arns.clone(),
            Query::Under(_) => Vec::new(),
        };
        let described = try_join_all(arns.iter().map(|arn| describe(aws, arn))).await?;
        described
            .into_iter()
            .flatten()
            // Before it is read: what is not ours may be of any form.
            .filter(|reply| match which {
                Query::Owned { owner, .. } => owner.owns(&ecs::read_tags(reply.tags.clone())),
                Query::Ids(_) | Query::Under(_) => true,
            })
            .map(read)
            .collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<TaskDefinitionOutputs, Fault> {
        let containers = want
            .containers
            .iter()
            .map(|container| definition(want, container));
        let reply = aws
            .ecs
            .register_task_definition()
            .family(&want.family)
            .cpu(want.cpu.to_string())
            .memory(want.memory.to_string())
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .runtime_platform(
                RuntimePlatform::builder()
                    .cpu_architecture(CpuArchitecture::from(want.cpu_architecture.as_word()))
                    .operating_system_family(OsFamily::Linux)
                    .build(),
            )
            .execution_role_arn(want.known(&want.execution_role_arn))
            .task_role_arn(want.known(&want.task_role_arn))
            .set_container_definitions(Some(containers.collect::<Result<_, _>>()?))
            .set_tags(Some(ecs::tags(&mark.tags)))
            .send()
            .await
            .at("ecs:RegisterTaskDefinition")?;
        let arn = reply.task_definition.and_then(|d| d.task_definition_arn);
        let arn = required("ecs:RegisterTaskDefinition", "the revision's ARN", arn)?;
        Ok(TaskDefinitionOutputs { arn: arn.into() })
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        ecs::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.ecs
            .deregister_task_definition()
            .task_definition(found.id)
            .send()
            .await
            .at("ecs:DeregisterTaskDefinition")?;
        Ok(())
    }
}

const READ: &str = "ecs:DescribeTaskDefinition";

/// The ARNs of the active revisions of families that are named like the stack's.
async fn active_revisions(aws: &Clients, owner: &Owner) -> Result<Vec<String>, Fault> {
    let families = aws
        .ecs
        .list_task_definition_families()
        .family_prefix(format!("{}-", owner.stack))
        .status(TaskDefinitionFamilyStatus::Active)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ecs:ListTaskDefinitionFamilies")?;
    let revisions = try_join_all(families.into_iter().map(|family| async move {
        aws.ecs
            .list_task_definitions()
            .family_prefix(family)
            .status(TaskDefinitionStatus::Active)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ecs:ListTaskDefinitions")
    }))
    .await?;
    Ok(revisions.into_iter().flatten().collect())
}

/// A revision, unless it is absent or no longer active.
async fn describe(aws: &Clients, arn: &str) -> Result<Option<DescribeTaskDefinitionOutput>, Fault> {
    let reply = aws
        .ecs
        .describe_task_definition()
        .task_definition(arn)
        .include(TaskDefinitionField::Tags)
        .send()
        .await
        .at(READ);
    Ok(if_present(reply)?.filter(|reply| {
        reply
            .task_definition()
            .is_some_and(|d| d.status == Some(TaskDefinitionStatus::Active))
    }))
}

fn read(reply: DescribeTaskDefinitionOutput) -> Result<Found<TaskDefinition>, Fault> {
    let tags: Tags = ecs::read_tags(reply.tags);
    let definition = required(READ, "the task definition", reply.task_definition)?;
    let arn = required(READ, "the revision's ARN", definition.task_definition_arn)?;
    let architecture = definition
        .runtime_platform
        .and_then(|platform| platform.cpu_architecture)
        .and_then(|architecture| Architecture::from_word(architecture.as_str()))
        .unwrap_or(Architecture::X86);
    let containers = definition.container_definitions.unwrap_or_default();
    Ok(Found {
        attributes: TaskDefinition {
            family: definition.family.unwrap_or_default(),
            cpu: number(definition.cpu.as_deref())?,
            memory: number(definition.memory.as_deref())?,
            cpu_architecture: architecture,
            execution_role_arn: Ref::known(definition.execution_role_arn.unwrap_or_default()),
            task_role_arn: Ref::known(definition.task_role_arn.unwrap_or_default()),
            containers: containers
                .into_iter()
                .map(container)
                .collect::<Result<_, _>>()?,
        },
        outputs: TaskDefinitionOutputs {
            arn: arn.clone().into(),
        },
        tags,
        state: State::Ready,
        id: arn,
    })
}

fn number(text: Option<&str>) -> Result<u32, Fault> {
    required(
        READ,
        "a size as a number",
        text.and_then(|text| text.parse().ok()),
    )
}

/// A container without what ECS fills in by itself: empty lists, the host port, `tcp`.
fn container(found: ContainerDefinition) -> Result<Container, Fault> {
    let pairs = found.environment.unwrap_or_default().into_iter();
    let ports = found.port_mappings.unwrap_or_default();
    Ok(Container {
        name: required(READ, "a container's name", found.name)?,
        image: required(READ, "a container's image", found.image)?.into(),
        command: found.command.filter(|command| !command.is_empty()),
        essential: found.essential.unwrap_or(true),
        ports: ports
            .iter()
            .filter_map(|mapping| u16::try_from(mapping.container_port?).ok())
            .collect(),
        environment: pairs
            .filter_map(|KeyValuePair { name, value, .. }| {
                Some((name?, value.unwrap_or_default().into()))
            })
            .collect(),
        secrets: found
            .secrets
            .unwrap_or_default()
            .into_iter()
            .map(|secret| (secret.name, Ref::known(secret.value_from)))
            .collect(),
        log: found.log_configuration.and_then(log),
    })
}

fn log(found: LogConfiguration) -> Option<ContainerLog> {
    let options = found.options?;
    let option = |name: &str| options.get(name).cloned().unwrap_or_default();
    Some(ContainerLog {
        group: Ref::known(option("awslogs-group")),
        region: option("awslogs-region"),
        stream_prefix: option("awslogs-stream-prefix"),
    })
}

fn definition(
    task: &Resolved<TaskDefinition>,
    container: &Container,
) -> Result<ContainerDefinition, Fault> {
    let ports = container.ports.iter().map(|port| {
        PortMapping::builder()
            .container_port(i32::from(*port))
            .protocol(TransportProtocol::Tcp)
            .build()
    });
    let environment = container.environment.iter().map(|(name, value)| {
        KeyValuePair::builder()
            .name(name)
            .value(task.text(value))
            .build()
    });
    let secrets = container.secrets.iter().map(|(name, arn)| {
        Secret::builder()
            .name(name)
            .value_from(task.known(arn))
            .build()
    });
    let secrets: Vec<Secret> = secrets
        .collect::<Result<_, _>>()
        .map_err(|error| of_build("ecs:RegisterTaskDefinition", &error))?;
    let log = container
        .log
        .as_ref()
        .map(|log| log_configuration(task, log))
        .transpose()?;
    Ok(ContainerDefinition::builder()
        .name(&container.name)
        .image(task.text(&container.image))
        .set_command(container.command.clone())
        .essential(container.essential)
        .set_port_mappings(Some(ports.collect()))
        .set_environment(Some(environment.collect()))
        .set_secrets((!secrets.is_empty()).then_some(secrets))
        .set_log_configuration(log)
        .build())
}

fn log_configuration(
    task: &Resolved<TaskDefinition>,
    log: &ContainerLog,
) -> Result<LogConfiguration, Fault> {
    LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", task.known(&log.group))
        .options("awslogs-region", &log.region)
        .options("awslogs-stream-prefix", &log.stream_prefix)
        .build()
        .map_err(|error| of_build("ecs:RegisterTaskDefinition", &error))
}
