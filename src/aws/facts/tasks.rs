//! The running tasks of a service, and their addresses.
//!
//! May depend on `clients`, `ec2`, `fault` and `presence`. Invariant: a task without a network
//! interface shows as one.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::{DesiredStatus, Task};
use futures::future::try_join_all;

use super::super::clients::Clients;
use super::super::ec2;
use super::super::fault::Call;
use super::super::presence::name_in;
use crate::model::Fault;

/// How many tasks one DescribeTasks call takes.
const TASKS_PER_CALL: usize = 100;
/// How many values a filter of EC2 takes.
const INTERFACES_PER_CALL: usize = 200;
/// What ECS calls a network interface among the attachments of a task.
const INTERFACE: &str = "networkInterfaceId";

/// A running task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningTask {
    /// Its identifier.
    pub id: String,
    /// Its network interfaces.
    pub interfaces: Vec<Interface>,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its identifier.
    pub id: String,
    /// The address by which the internet reaches it.
    pub public: Option<String>,
}

/// The tasks of a service that run.
///
/// # Errors
/// The fault of a call.
pub async fn running_tasks(
    aws: &Clients,
    cluster: &str,
    service: &str,
) -> Result<Vec<RunningTask>, Fault> {
    let arns = aws
        .ecs
        .list_tasks()
        .cluster(cluster)
        .service_name(service)
        .desired_status(DesiredStatus::Running)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at("ecs:ListTasks")?;
    let described = try_join_all(arns.chunks(TASKS_PER_CALL).map(|arns| async move {
        aws.ecs
            .describe_tasks()
            .cluster(cluster)
            .set_tasks(Some(arns.to_vec()))
            .send()
            .await
            .at("ecs:DescribeTasks")
    }));
    let tasks = described.await?.into_iter();
    let tasks: Vec<Task> = tasks
        .flat_map(|reply| reply.tasks.unwrap_or_default())
        .filter(|task| task.last_status() == Some("RUNNING"))
        .collect();
    let ids: Vec<String> = tasks.iter().flat_map(interfaces).collect();
    let addresses = addresses(aws, &ids).await?;
    let read = |id: String| {
        let public = addresses.get(&id)?.clone();
        Some(Interface { id, public })
    };
    Ok(tasks
        .iter()
        .map(|task| RunningTask {
            id: name_in(task.task_arn().unwrap_or_default()).to_owned(),
            interfaces: interfaces(task).filter_map(read).collect(),
        })
        .collect())
}

/// The identifiers of a task's network interfaces.
fn interfaces(task: &Task) -> impl Iterator<Item = String> {
    let attachments = task.attachments().iter();
    attachments
        .flat_map(|attachment| attachment.details())
        .filter(|detail| detail.name() == Some(INTERFACE))
        .filter_map(|detail| detail.value().map(str::to_owned))
}

/// The public address, where there is one, of each of these interfaces that is still there.
async fn addresses(
    aws: &Clients,
    ids: &[String],
) -> Result<BTreeMap<String, Option<String>>, Fault> {
    let calls = ids.chunks(INTERFACES_PER_CALL).map(|ids| async move {
        aws.ec2
            .describe_network_interfaces()
            .filters(ec2::filter("network-interface-id", ids.iter().cloned()))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("ec2:DescribeNetworkInterfaces")
    });
    let found = try_join_all(calls).await?.into_iter().flatten();
    let pairs = found.filter_map(|interface| {
        let public = interface.association.and_then(|found| found.public_ip);
        Some((interface.network_interface_id?, public))
    });
    Ok(pairs.collect())
}
