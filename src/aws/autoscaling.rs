//! Application Auto Scaling of ECS services: identifiers, and the one listing of targets.
//!
//! May depend on `fault`, `presence` and `once`. Invariant: a resource id belongs to exactly one
//! service of the account and region, and the other way round.

use std::sync::Arc;

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalableTarget, ServiceNamespace};
use futures::future::try_join_all;

use super::clients::Clients;
use super::fault::Call;
use crate::model::Fault;

/// How many resources one DescribeScalableTargets call takes.
const RESOURCES_PER_CALL: usize = 50;

/// The number of tasks of an ECS service: the only thing that is scaled here.
pub const DIMENSION: ScalableDimension = ScalableDimension::EcsServiceDesiredCount;

/// `service/shop/api`, as Application Auto Scaling calls the service
/// `arn:aws:ecs:eu-west-1:123456789012:service/shop/api`.
pub fn resource_id(service_arn: &str) -> &str {
    service_arn.rsplit(':').next().unwrap_or(service_arn)
}

/// The ARN of the service that Application Auto Scaling calls by this resource id.
///
/// # Errors
/// The fault of asking for the account.
pub async fn service_arn(aws: &Clients, resource_id: &str) -> Result<String, Fault> {
    let account = aws.caller().await?.account;
    let (partition, region) = (aws.partition(), aws.region());
    Ok(format!(
        "arn:{partition}:ecs:{region}:{account}:{resource_id}"
    ))
}

/// The scalable targets of these services, all of one cluster.
///
/// While a snapshot is read, whoever asks first about a cluster must name all of its services that
/// anybody may ask about.
///
/// # Errors
/// The fault of a call.
pub async fn targets_in(
    aws: &Clients,
    cluster: &str,
    service_arns: &[String],
) -> Result<Arc<Vec<ScalableTarget>>, Fault> {
    let ids: Vec<String> = service_arns
        .iter()
        .map(|arn| resource_id(arn).to_owned())
        .collect();
    aws.once(
        format!("application-autoscaling:DescribeScalableTargets in {cluster}"),
        move |aws| async move { targets(&aws, &ids).await },
    )
    .await
}

/// The scalable targets of these resources.
///
/// # Errors
/// The fault of a call.
pub async fn targets(aws: &Clients, resource_ids: &[String]) -> Result<Vec<ScalableTarget>, Fault> {
    let batches = resource_ids.chunks(RESOURCES_PER_CALL).map(|ids| async {
        aws.autoscaling
            .describe_scalable_targets()
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(DIMENSION)
            .set_resource_ids(Some(ids.to_vec()))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .at("application-autoscaling:DescribeScalableTargets")
    });
    Ok(try_join_all(batches).await?.into_iter().flatten().collect())
}

/// Takes a service out of the hands of Application Auto Scaling, with its policies.
///
/// # Errors
/// The fault of the call, also where nothing is registered.
pub async fn deregister(aws: &Clients, resource_id: &str) -> Result<(), Fault> {
    aws.autoscaling
        .deregister_scalable_target()
        .service_namespace(ServiceNamespace::Ecs)
        .scalable_dimension(DIMENSION)
        .resource_id(resource_id)
        .send()
        .await
        .at("application-autoscaling:DeregisterScalableTarget")?;
    Ok(())
}
