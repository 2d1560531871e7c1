//! Alarms, who is told of them, and the dashboard.
//!
//! May depend on `spec`, `resources` and `model`. Invariant: there is an alarm for every part of the
//! stack that the spec does not switch off, and none for what the stack does not have.

use std::collections::{BTreeMap, BTreeSet};

use super::balancing::Balancing;
use super::dashboard;
use super::functions;
use super::rotation;
use super::service::Services;
use crate::model::{Graph, Ref, Text};
use crate::resources::{
    AlarmArn, Comparison, Decimal, DistributionOutputsRefs, LoadBalancerOutputsRefs, MetricAlarm,
    MissingData, SnsSubscription, SnsTopic, TargetGroupOutputsRefs, TopicArn,
};
use crate::spec::Spec;
use crate::spec::resolved::Monitoring;

/// Where CloudFront's metrics are, whatever the region of the stack; an alarm and its topic must be
/// in the region of the metric.
const CLOUDFRONT_REGION: &str = "us-east-1";
/// Seconds of the period in which things are counted.
const COUNTING_S: u32 = 300;
/// In how many periods, and of how many, a function that renews secrets has to fail: a rotation fails on
/// purpose until CloudFront is deployed, which takes some minutes, and AWS tries again some hours long.
const ROTATION_PERIODS: (u32, u32) = (6, 288);
/// Seconds of the period of which the mean is taken.
const SAMPLING_S: u32 = 60;

/// What is watched.
pub(super) struct Parts<'a> {
    pub(super) services: &'a Services,
    pub(super) balancing: &'a Balancing,
    /// By name.
    pub(super) functions: &'a BTreeMap<String, functions::Deployed>,
    pub(super) distribution: Option<&'a DistributionOutputsRefs>,
}

pub(super) fn add(graph: &mut Graph, spec: &Spec, parts: &Parts<'_>) {
    let Some(monitoring) = &spec.monitoring else {
        return;
    };
    let watched = [
        of_services(monitoring, parts),
        of_requests(monitoring, parts),
        of_functions(spec, monitoring, parts),
        of_cdn(spec, monitoring, parts).into_iter().collect(),
    ];
    let topic = add_topic(graph, spec, monitoring);
    let alarms: Vec<Ref<AlarmArn>> = watched
        .into_iter()
        .flatten()
        .map(|watch| {
            let name = watch.name.clone();
            let alarm = watch.alarm(spec, topic.as_ref());
            graph.add(name, &alarm).arn
        })
        .collect();
    if monitoring.dashboard {
        dashboard::add(graph, spec, parts, &alarms);
    }
}

/// The topic of all alarms, with those who are told of them; none where nobody is.
fn add_topic(graph: &mut Graph, spec: &Spec, monitoring: &Monitoring) -> Option<Ref<TopicArn>> {
    if monitoring.notify.is_empty() {
        return None;
    }
    let name = format!("{}-alarms", spec.stack);
    let topic = graph.add("alarms", &SnsTopic { name }).arn;
    for address in &monitoring.notify {
        graph.add_child(&SnsSubscription {
            topic: topic.clone(),
            protocol: "email".to_owned(),
            endpoint: address.to_string(),
        });
    }
    Some(topic)
}

/// An alarm without what all of them share.
struct Watch {
    /// Its name, behind that of the stack.
    name: String,
    description: String,
    namespace: &'static str,
    metric_name: &'static str,
    statistic: &'static str,
    dimensions: Dimensions,
    period_s: u32,
    /// How many of how many periods must be at the threshold.
    datapoints: (u32, u32),
    threshold: Decimal,
    missing: MissingData,
}

/// Whose metric it is.
pub(super) type Dimensions = Vec<(&'static str, Text)>;

impl Watch {
    fn alarm(self, spec: &Spec, topic: Option<&Ref<TopicArn>>) -> MetricAlarm {
        let told: BTreeSet<Ref<TopicArn>> = topic.cloned().into_iter().collect();
        let (datapoints_to_alarm, evaluation_periods) = self.datapoints;
        let dimensions = self.dimensions.into_iter();
        MetricAlarm {
            name: format!("{}-{}", spec.stack, self.name),
            description: Some(self.description),
            namespace: self.namespace.to_owned(),
            metric_name: self.metric_name.to_owned(),
            statistic: self.statistic.to_owned(),
            dimensions: dimensions
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            period_s: self.period_s,
            evaluation_periods,
            datapoints_to_alarm,
            comparison: Comparison::AtLeast,
            threshold: self.threshold,
            treat_missing_data: self.missing,
            actions_enabled: true,
            alarm_actions: told.clone(),
            ok_actions: told,
        }
    }
}

/// Processor and memory of services: high for four of the last five minutes.
fn of_services(monitoring: &Monitoring, parts: &Parts<'_>) -> Vec<Watch> {
    let alarms = &monitoring.alarms;
    let figures = [
        ("cpu", "Processor", "CPUUtilization", alarms.cpu_percent),
        (
            "memory",
            "Memory",
            "MemoryUtilization",
            alarms.memory_percent,
        ),
    ];
    let mut watched = Vec::new();
    for name in parts.services.by_name.keys() {
        for (short, what, metric_name, percent) in figures {
            let Some(percent) = percent else { continue };
            watched.push(Watch {
                name: format!("{name}-{short}"),
                description: format!("{what} use of {name} is {percent} % or more"),
                namespace: "AWS/ECS",
                metric_name,
                statistic: "Average",
                dimensions: service_dimensions(parts.services, name),
                period_s: SAMPLING_S,
                datapoints: (4, 5),
                threshold: Decimal::from(percent),
                missing: MissingData::Missing,
            });
        }
    }
    watched
}

/// By what metrics call a service.
pub(super) fn service_dimensions(services: &Services, name: &str) -> Dimensions {
    let cluster = services.cluster.as_ref().map(|cluster| &cluster.name);
    let service = services.by_name.get(name).map(|it| &it.service.name);
    let cluster = cluster.map(|name| ("ClusterName", Text::from(name)));
    let service = service.map(|name| ("ServiceName", Text::from(name)));
    cluster.into_iter().chain(service).collect()
}

/// What the load balancer sees: its own errors, and the services'.
fn of_requests(monitoring: &Monitoring, parts: &Parts<'_>) -> Vec<Watch> {
    let Some(balancer) = &parts.balancing.load_balancer else {
        return Vec::new();
    };
    let alarms = &monitoring.alarms;
    let mut watched = Vec::new();
    if let Some(count) = alarms.load_balancer_5xx {
        watched.push(Watch {
            name: "alb-errors".to_owned(),
            description: format!(
                "The load balancer itself answered {count} requests or more with 5xx in five \
                 minutes: no task was there to answer, or none in time"
            ),
            namespace: "AWS/ApplicationELB",
            metric_name: "HTTPCode_ELB_5XX_Count",
            statistic: "Sum",
            dimensions: vec![balancer_dimension(balancer)],
            period_s: COUNTING_S,
            datapoints: (1, 1),
            threshold: Decimal::from(count),
            missing: MissingData::NotBreaching,
        });
    }
    for (name, group) in &parts.balancing.targets {
        let dimensions = target_dimensions(balancer, group);
        watched.extend(of_target(monitoring, name, &dimensions));
    }
    watched
}

/// By what metrics call the load balancer.
pub(super) fn balancer_dimension(balancer: &LoadBalancerOutputsRefs) -> (&'static str, Text) {
    ("LoadBalancer", Text::from(&balancer.suffix))
}

/// By what metrics call what a load balancer passes to a target group.
pub(super) fn target_dimensions(
    balancer: &LoadBalancerOutputsRefs,
    group: &TargetGroupOutputsRefs,
) -> Dimensions {
    let group = ("TargetGroup", Text::from(&group.suffix));
    vec![balancer_dimension(balancer), group]
}

/// What the load balancer sees of one service. Where nobody asks, there is no data and no alarm.
fn of_target(monitoring: &Monitoring, name: &str, dimensions: &Dimensions) -> Vec<Watch> {
    let alarms = &monitoring.alarms;
    let watch = |short: &str, description: String, metric_name, threshold| Watch {
        name: format!("{name}-{short}"),
        description,
        namespace: "AWS/ApplicationELB",
        metric_name,
        statistic: "Average",
        dimensions: dimensions.clone(),
        period_s: SAMPLING_S,
        datapoints: (4, 5),
        threshold,
        missing: MissingData::NotBreaching,
    };
    let mut watched = Vec::new();
    if let Some(count) = alarms.target_5xx {
        let what = format!("{name} answered {count} requests or more with 5xx in five minutes");
        let metric = "HTTPCode_Target_5XX_Count";
        watched.push(Watch {
            statistic: "Sum",
            period_s: COUNTING_S,
            datapoints: (1, 1),
            ..watch("5xx", what, metric, Decimal::from(count))
        });
    }
    if let Some(count) = alarms.unhealthy_tasks {
        let what = format!("{count} tasks or more of {name} do not answer their health check");
        watched.push(Watch {
            statistic: "Maximum",
            ..watch(
                "unhealthy",
                what,
                "UnHealthyHostCount",
                Decimal::from(count),
            )
        });
    }
    if let Some(limit_ms) = alarms.response_time_ms {
        let what = format!("{name} takes {limit_ms} ms or more to answer");
        let limit = Decimal::of_thousandths(limit_ms);
        watched.push(watch("slow", what, "TargetResponseTime", limit));
    }
    watched
}

fn of_functions(spec: &Spec, monitoring: &Monitoring, parts: &Parts<'_>) -> Vec<Watch> {
    let Some(count) = monitoring.alarms.function_errors else {
        return Vec::new();
    };
    let functions = parts.functions.iter();
    functions
        .map(|(name, deployed)| {
            let is_rotation = spec.functions.iter().any(|function| {
                *function.name.as_str() == *name && rotation::is_rotation(spec, function)
            });
            let (periods, lasting) = if is_rotation {
                (ROTATION_PERIODS, ", six times within a day")
            } else {
                ((1, 1), "")
            };
            Watch {
                name: format!("fn-{name}-errors"),
                description: format!(
                    "{count} calls or more of the function {name} failed in five minutes{lasting}"
                ),
                namespace: "AWS/Lambda",
                metric_name: "Errors",
                statistic: "Sum",
                dimensions: vec![function_dimension(deployed)],
                period_s: COUNTING_S,
                datapoints: periods,
                threshold: Decimal::from(count),
                missing: MissingData::NotBreaching,
            }
        })
        .collect()
}

/// By what metrics call a function.
pub(super) fn function_dimension(deployed: &functions::Deployed) -> (&'static str, Text) {
    ("FunctionName", Text::from(&deployed.function.name))
}

/// An alarm lies where its metric does, so there is none on the CDN in other regions.
fn of_cdn(spec: &Spec, monitoring: &Monitoring, parts: &Parts<'_>) -> Option<Watch> {
    let (Some(percent), Some(distribution), CLOUDFRONT_REGION) = (
        monitoring.alarms.cdn_5xx_percent,
        parts.distribution,
        spec.region.as_str(),
    ) else {
        return None;
    };
    Some(Watch {
        name: "cdn-errors".to_owned(),
        description: format!("The CDN answers {percent} % of the requests or more with 5xx"),
        namespace: "AWS/CloudFront",
        metric_name: "5xxErrorRate",
        statistic: "Average",
        dimensions: distribution_dimensions(distribution),
        period_s: COUNTING_S,
        datapoints: (2, 2),
        threshold: Decimal::from(percent),
        missing: MissingData::NotBreaching,
    })
}

/// By what metrics call a distribution.
pub(super) fn distribution_dimensions(distribution: &DistributionOutputsRefs) -> Dimensions {
    vec![
        ("DistributionId", Text::from(&distribution.id)),
        ("Region", Text::from("Global")),
    ]
}
