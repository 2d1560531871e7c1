//! The scaling policy: which figure the number of a service's tasks follows.
//!
//! Recognised by its scalable target. Putting a policy of the same name again merely changes it, so
//! a repeated create makes no second one. The alarms that AWS makes for a policy bear no owner tags
//! and go with it.

use aws_sdk_applicationautoscaling::types as sdk;

use super::decimal::Decimal;
use super::lifecycle::{Lifecycle, Mark};
use super::scalable_target::ScalableTargetId;
use crate::aws::{Call, Clients, autoscaling, of_build};
use crate::classes;
use crate::model::{
    Changes, Fault, FaultClass, Found, Id, Query, Ref, Resolved, State, Tags, Text,
};
use qpiac_derive::{Field, Outputs, Resource};

const PUT: &str = "application-autoscaling:PutScalingPolicy";
const LIST: &str = "application-autoscaling:DescribeScalingPolicies";
/// Seconds that AWS waits after scaling a service, unless told otherwise.
const COOLDOWN_UNSET_S: u32 = 300;

classes! {
    /// Identifies a scaling policy.
    ScalingPolicyArn = "scaling-policy",
        "arn:aws:autoscaling:{region}:{account}:scalingPolicy:\
         ########-####-####-####-############:resource/ecs/{target}:policyName/{name}";
}

/// Keeps a figure near a value by starting and stopping tasks (target tracking).
///
/// AWS watches the figure by alarms that it makes in the name of whoever puts the policy.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "scaling-policy",
    outputs = ScalingPolicyOutputs,
    replacement = "delete-first",
    outage = "nothing scales by it",
    parent = "target",
    key = "name",
    after = "ecs-service by target-group, listener by target-group, \
             listener-rule by target-group",
    find = "application-autoscaling:DescribeScalingPolicies",
    create = "application-autoscaling:PutScalingPolicy, cloudwatch:PutMetricAlarm, \
              cloudwatch:DescribeAlarms",
    update = "application-autoscaling:PutScalingPolicy, cloudwatch:PutMetricAlarm, \
              cloudwatch:DescribeAlarms, cloudwatch:DeleteAlarms",
    delete = "application-autoscaling:DeleteScalingPolicy, cloudwatch:DeleteAlarms"
)]
pub struct ScalingPolicy {
    /// What is scaled.
    #[attribute(replace)]
    pub target: Ref<ScalableTargetId>,
    /// Its name, unique among the target's policies; at most 255 characters.
    #[attribute(replace)]
    pub name: String,
    /// The figure.
    #[attribute(update)]
    pub metric: ScalingMetric,
    /// What it is kept near: percent, or requests per task and minute.
    #[attribute(update)]
    pub target_value: Decimal,
    /// Seconds after tasks were stopped before more may be.
    #[attribute(update)]
    pub scale_in_cooldown_s: u32,
    /// Seconds for which tasks that were just started are reckoned with before more are.
    #[attribute(update)]
    pub scale_out_cooldown_s: u32,
    /// Whether it only starts tasks and never stops one.
    #[attribute(update)]
    pub disable_scale_in: bool,
}

/// A figure that the number of tasks follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum ScalingMetric {
    /// Mean processor use of the service, in percent.
    #[field("ECSServiceAverageCPUUtilization")]
    AverageCpu,
    /// Mean memory use of the service, in percent.
    #[field("ECSServiceAverageMemoryUtilization")]
    AverageMemory,
    /// Requests per task and minute, with what AWS calls the resource label: the suffixes of load
    /// balancer and target group, `app/NAME/ID/targetgroup/NAME/ID`. The service must be registered
    /// in that target group, and a listener must pass requests to it.
    #[field("ALBRequestCountPerTarget")]
    RequestCountPerTarget(Text),
    /// Something else, found but never wanted; what AWS says of it.
    Other(String),
}

/// What a scaling policy gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct ScalingPolicyOutputs {
    /// The policy's ARN.
    pub arn: Id<ScalingPolicyArn>,
}

impl Lifecycle for ScalingPolicy {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let mut targets: Vec<&str> = match which {
            // Its target says whose it is.
            Query::Owned { .. } => Vec::new(),
            Query::Ids(arns) => arns.iter().filter_map(|arn| target_in(arn)).collect(),
            Query::Under(targets) => targets.iter().map(|target| target.id.as_str()).collect(),
        };
        targets.sort_unstable();
        targets.dedup();
        let policies = match targets[..] {
            [] => Vec::new(),
            [target] => list(aws, Some(target)).await?,
            // One listing costs less than a call for each, as far as there are not many others'.
            [..] => list(aws, None).await?,
        };
        let policies = policies
            .into_iter()
            .filter(|policy| targets.contains(&policy.resource_id()));
        let found = policies.map(read).filter(|found| match which {
            Query::Ids(arns) => arns.contains(&found.id),
            Query::Owned { .. } | Query::Under(_) => true,
        });
        Ok(found.collect())
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        _mark: &Mark,
    ) -> Result<ScalingPolicyOutputs, Fault> {
        put(aws, want).await
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        _found: Found<Self>,
        _changes: Changes<'_>,
    ) -> Result<ScalingPolicyOutputs, Fault> {
        put(aws, want).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        let target = found.attributes.target.id().unwrap_or_default();
        aws.autoscaling
            .delete_scaling_policy()
            .service_namespace(sdk::ServiceNamespace::Ecs)
            .scalable_dimension(autoscaling::DIMENSION)
            .resource_id(target)
            .policy_name(&found.attributes.name)
            .send()
            .await
            .at("application-autoscaling:DeleteScalingPolicy")?;
        Ok(())
    }
}

/// The policies of one service, or of all.
async fn list(aws: &Clients, target: Option<&str>) -> Result<Vec<sdk::ScalingPolicy>, Fault> {
    aws.autoscaling
        .describe_scaling_policies()
        .service_namespace(sdk::ServiceNamespace::Ecs)
        // The one goes only with the other.
        .set_scalable_dimension(target.map(|_| autoscaling::DIMENSION))
        .set_resource_id(target.map(str::to_owned))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .at(LIST)
}

/// `service/shop/api` of `...:resource/ecs/service/shop/api:policyName/cpu`.
fn target_in(arn: &str) -> Option<&str> {
    let (_, resource) = arn.split_once(":resource/ecs/")?;
    resource
        .split_once(":policyName/")
        .map(|(target, _)| target)
}

async fn put(aws: &Clients, want: &Resolved<ScalingPolicy>) -> Result<ScalingPolicyOutputs, Fault> {
    let reply = aws
        .autoscaling
        .put_scaling_policy()
        .service_namespace(sdk::ServiceNamespace::Ecs)
        .scalable_dimension(autoscaling::DIMENSION)
        .resource_id(want.known(&want.target))
        .policy_name(&want.name)
        .policy_type(sdk::PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(configuration(want)?)
        .send()
        .await
        .at(PUT)?;
    Ok(ScalingPolicyOutputs {
        arn: reply.policy_arn.into(),
    })
}

fn configuration(
    want: &Resolved<ScalingPolicy>,
) -> Result<sdk::TargetTrackingScalingPolicyConfiguration, Fault> {
    let metric = sdk::PredefinedMetricSpecification::builder();
    let metric = match &want.metric {
        ScalingMetric::AverageCpu => {
            metric.predefined_metric_type(sdk::MetricType::EcsServiceAverageCpuUtilization)
        }
        ScalingMetric::AverageMemory => {
            metric.predefined_metric_type(sdk::MetricType::EcsServiceAverageMemoryUtilization)
        }
        ScalingMetric::RequestCountPerTarget(label) => metric
            .predefined_metric_type(sdk::MetricType::AlbRequestCountPerTarget)
            .resource_label(want.text(label)),
        ScalingMetric::Other(what) => {
            let message = format!("no policy can be made from `{what}`");
            return Err(Fault::own(FaultClass::Rejected, PUT, message));
        }
    };
    let metric = metric.build().map_err(|error| of_build(PUT, &error))?;
    sdk::TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(want.target_value.as_f64())
        .predefined_metric_specification(metric)
        .scale_in_cooldown(seconds(want.scale_in_cooldown_s))
        .scale_out_cooldown(seconds(want.scale_out_cooldown_s))
        .disable_scale_in(want.disable_scale_in)
        .build()
        .map_err(|error| of_build(PUT, &error))
}

fn seconds(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn read(policy: sdk::ScalingPolicy) -> Found<ScalingPolicy> {
    let kind = policy.policy_type.as_str().to_owned();
    let tracking = policy.target_tracking_scaling_policy_configuration;
    let cooldown = |seconds: Option<i32>| seconds.map_or(COOLDOWN_UNSET_S, i32::unsigned_abs);
    let arn = policy.policy_arn;
    Found {
        attributes: ScalingPolicy {
            target: Ref::known(policy.resource_id),
            name: policy.policy_name,
            metric: tracking
                .as_ref()
                .map_or(ScalingMetric::Other(kind), read_metric),
            target_value: tracking.as_ref().map_or(0.0, |t| t.target_value).into(),
            scale_in_cooldown_s: cooldown(tracking.as_ref().and_then(|t| t.scale_in_cooldown)),
            scale_out_cooldown_s: cooldown(tracking.as_ref().and_then(|t| t.scale_out_cooldown)),
            disable_scale_in: tracking.is_some_and(|t| t.disable_scale_in == Some(true)),
        },
        outputs: ScalingPolicyOutputs {
            arn: arn.clone().into(),
        },
        tags: Tags::new(),
        state: State::Ready,
        id: arn,
    }
}

fn read_metric(tracking: &sdk::TargetTrackingScalingPolicyConfiguration) -> ScalingMetric {
    let Some(metric) = &tracking.predefined_metric_specification else {
        return ScalingMetric::Other("a customized metric".to_owned());
    };
    let label = metric.resource_label.as_deref();
    match &metric.predefined_metric_type {
        sdk::MetricType::EcsServiceAverageCpuUtilization => ScalingMetric::AverageCpu,
        sdk::MetricType::EcsServiceAverageMemoryUtilization => ScalingMetric::AverageMemory,
        sdk::MetricType::AlbRequestCountPerTarget => {
            ScalingMetric::RequestCountPerTarget(label.unwrap_or_default().into())
        }
        other => ScalingMetric::Other(other.as_str().to_owned()),
    }
}

#[cfg(test)]
#[path = "scaling_policy_tests.rs"]
mod tests;
