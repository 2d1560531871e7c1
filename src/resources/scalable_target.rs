//! The scalable target: that the number of a service's tasks follows the load, and within which
//! bounds.
//!
//! Recognised by its service: there is at most one for each, and registering it again merely
//! changes its bounds, so a repeated create makes no second one.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types as sdk;
use futures::future::try_join_all;

use super::ecs_service::EcsServiceArn;
use super::lifecycle::{Lifecycle, Mark};
use crate::aws::{Call, Clients, autoscaling, iam};
use crate::classes;
use crate::model::{Changes, Fault, Found, Id, Parent, Query, Ref, Resolved, State, Tags};
use qpiac_derive::{Outputs, Resource};

const REGISTER: &str = "application-autoscaling:RegisterScalableTarget";
/// Whose service-linked role Application Auto Scaling acts through.
const SERVICE: &str = "ecs.application-autoscaling.amazonaws.com";
/// How many of the latest activities are told when something failed.
const ACTIVITIES_TOLD: usize = 5;

classes! {
    /// Identifies the scalable target of a service.
    ScalableTargetId = "scalable-target", "service/{service.name}";
}

/// Within which bounds Application Auto Scaling sets the number of a service's tasks.
///
/// Registering brings the number within the bounds at once (RegisterScalableTarget in the API
/// reference). AWS creates, changes and deletes the service's tasks in the name of a service-linked
/// role; whoever registers needs the right to do so himself.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "scalable-target",
    outputs = ScalableTargetOutputs,
    replacement = "delete-first",
    outage = "the number of tasks stays as it is",
    parent = "service",
    wait_delete = "1..300",
    find = "application-autoscaling:DescribeScalableTargets",
    explain = "application-autoscaling:DescribeScalingActivities",
    create = "application-autoscaling:RegisterScalableTarget, \
              application-autoscaling:TagResource, ecs:DescribeServices, ecs:UpdateService, \
              iam:CreateServiceLinkedRole",
    update = "application-autoscaling:RegisterScalableTarget",
    delete = "application-autoscaling:DeregisterScalableTarget"
)]
pub struct ScalableTarget {
    /// The service.
    #[attribute(replace)]
    pub service: Ref<EcsServiceArn>,
    /// Fewest tasks.
    #[attribute(update)]
    pub min_capacity: u32,
    /// Most tasks.
    #[attribute(update)]
    pub max_capacity: u32,
}

/// What a scalable target gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ScalableTargetOutputs {
    /// What Application Auto Scaling calls the service: `service/CLUSTER/SERVICE`.
    pub id: Id<ScalableTargetId>,
}

impl Lifecycle for ScalableTarget {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        match which {
            // Its service says whose it is.
            Query::Owned { .. } => Ok(Vec::new()),
            Query::Ids(ids) => {
                let targets = autoscaling::targets(aws, ids).await?;
                let found = targets.iter().map(|target| async move {
                    let service = autoscaling::service_arn(aws, &target.resource_id).await?;
                    Ok(read(target, service))
                });
                try_join_all(found).await
            }
            Query::Under(services) => under(aws, services).await,
        }
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<ScalableTargetOutputs, Fault> {
        iam::ensure_service_linked_role(aws, SERVICE).await?;
        register(aws, want, Some(&mark.tags)).await
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        _found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ScalableTargetOutputs, Fault> {
        // Tags are for new ones alone.
        register(aws, want, None).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        autoscaling::deregister(aws, &found.id).await
    }

    /// What Application Auto Scaling did lately.
    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        let reply = aws
            .autoscaling
            .describe_scaling_activities()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(autoscaling::DIMENSION)
            .resource_id(&found.id)
            .send()
            .await
            .at("application-autoscaling:DescribeScalingActivities")?;
        let activities = reply.scaling_activities.unwrap_or_default();
        Ok(activities
            .iter()
            .take(ACTIVITIES_TOLD)
            .map(activity)
            .collect())
    }
}

/// The targets of these services, asked for by cluster.
async fn under(aws: &Clients, services: &[Parent]) -> Result<Vec<Found<ScalableTarget>>, Fault> {
    let mut clusters: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for service in services {
        let cluster = service.id.rsplit('/').nth(1).unwrap_or_default();
        clusters
            .entry(cluster)
            .or_default()
            .push(service.id.clone());
    }
    let of_clusters = clusters.iter().map(|(cluster, arns)| async move {
        let targets = autoscaling::targets_in(aws, cluster, arns).await?;
        let found = arns.iter().filter_map(|arn| {
            let id = autoscaling::resource_id(arn);
            let target = targets.iter().find(|target| target.resource_id == id)?;
            Some(read(target, arn.clone()))
        });
        Ok::<_, Fault>(found.collect::<Vec<_>>())
    });
    Ok(try_join_all(of_clusters)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

async fn register(
    aws: &Clients,
    want: &Resolved<ScalableTarget>,
    tags: Option<&Tags>,
) -> Result<ScalableTargetOutputs, Fault> {
    let id = autoscaling::resource_id(want.known(&want.service));
    aws.autoscaling
        .register_scalable_target()
        .service_namespace(sdk::ServiceNamespace::Ecs)
        .scalable_dimension(autoscaling::DIMENSION)
        .resource_id(id)
        .min_capacity(count(want.min_capacity))
        .max_capacity(count(want.max_capacity))
        .set_tags(tags.map(|tags| tags.clone().into_iter().collect()))
        .send()
        .await
        .at(REGISTER)?;
    Ok(ScalableTargetOutputs { id: id.into() })
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn read(target: &sdk::ScalableTarget, service: String) -> Found<ScalableTarget> {
    let id = target.resource_id.clone();
    Found {
        attributes: ScalableTarget {
            service: Ref::known(service),
            min_capacity: target.min_capacity.unsigned_abs(),
            max_capacity: target.max_capacity.unsigned_abs(),
        },
        outputs: ScalableTargetOutputs {
            id: id.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id,
    }
}

/// `Failed: Setting desired count to 4. (monitor alarm ... in state ALARM): why`.
fn activity(activity: &sdk::ScalingActivity) -> String {
    let why = activity.status_message.as_deref();
    format!(
        "{}: {} ({}){}",
        activity.status_code.as_str(),
        activity.description,
        activity.cause,
        why.map_or_else(String::new, |why| format!(": {why}"))
    )
}

#[cfg(test)]
#[path = "scalable_target_tests.rs"]
mod tests;
