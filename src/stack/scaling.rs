//! Services whose number of tasks follows the load.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: a service that is scaled has no desired
//! count of its own, and the other way round.

use super::balancing::Balancing;
use super::service::Services;
use crate::model::{Graph, Ref, Text};
use crate::resources::{Decimal, ScalableTarget, ScalableTargetId, ScalingMetric, ScalingPolicy};
use crate::spec::Spec;

/// Seconds for which new tasks are reckoned with before more are started: they come up in less.
const SCALE_OUT_COOLDOWN_S: u32 = 60;
/// Seconds after tasks were stopped before more may be, as AWS has it by default.
const SCALE_IN_COOLDOWN_S: u32 = 300;

pub(super) fn add(graph: &mut Graph, spec: &Spec, services: &Services, balancing: &Balancing) {
    for service in &spec.services {
        let name = service.name.as_str();
        let (Some(scaling), Some(deployed)) = (&service.scaling, services.by_name.get(name)) else {
            continue;
        };
        let target = ScalableTarget {
            service: deployed.service.arn.clone(),
            min_capacity: scaling.min,
            max_capacity: scaling.max,
        };
        let target = graph.add_child(&target).id;
        if let Some(percent) = scaling.cpu_percent {
            let metric = ScalingMetric::AverageCpu;
            add_policy(graph, &target, "cpu", metric, percent);
        }
        if let (Some(requests), Some(label)) =
            (scaling.requests_per_task, resource_label(balancing, name))
        {
            let metric = ScalingMetric::RequestCountPerTarget(label);
            add_policy(graph, &target, "requests", metric, requests);
        }
    }
}

fn add_policy(
    graph: &mut Graph,
    target: &Ref<ScalableTargetId>,
    name: &str,
    metric: ScalingMetric,
    value: u32,
) {
    graph.add_child(&ScalingPolicy {
        target: target.clone(),
        name: name.to_owned(),
        metric,
        target_value: Decimal::from(value),
        scale_in_cooldown_s: SCALE_IN_COOLDOWN_S,
        scale_out_cooldown_s: SCALE_OUT_COOLDOWN_S,
        disable_scale_in: false,
    });
}

/// By what Application Auto Scaling calls the requests of a service.
fn resource_label(balancing: &Balancing, service: &str) -> Option<Text> {
    let balancer = balancing.load_balancer.as_ref()?;
    let group = balancing.targets.get(service)?;
    Some(
        Text::from(&balancer.suffix)
            .then("/")
            .then_ref(&group.suffix),
    )
}
