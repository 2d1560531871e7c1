//! The target group.
//!
//! Recognised by its owner tags, which the create call gives. A crash after that call leaves a group
//! whose deregistration delay differs, which the next run updates. The API lists groups by nothing
//! but load balancer, name or ARN, so all are listed and those of a near name are looked at.

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::health::{ill, unread, waiting};
use super::lifecycle::{Lifecycle, Mark};
use super::vpc::VpcId;
use crate::aws::{Call, Clients, elbv2, facts, if_present, required};
use crate::classes;
use crate::engine::Health;
use crate::model::{Changes, Fault, Found, Id, Query, Ref, Resolved, State, TagChange};
use qpiac_derive::{Field, Outputs, Resource};

const LIST: &str = "elasticloadbalancing:DescribeTargetGroups";
const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";
/// The port of a health check that asks each target where it gets its requests.
const TRAFFIC_PORT: &str = "traffic-port";
const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
/// Seconds of the deregistration delay of a group for which it was never set.
const DEREGISTRATION_DELAY_UNSET_S: u32 = 300;

classes! {
    /// Identifies a target group.
    TargetGroupArn = "target-group",
        "arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/################";
    /// The end of a target group's ARN, by which metrics call it.
    TargetGroupSuffix = "target-group-suffix", "targetgroup/{name}/################";
}

/// Addresses that speak HTTP, among which a load balancer divides requests, and how it sees
/// whether they are well.
#[derive(Clone, Debug, Resource)]
#[resource(
    kind = "target-group",
    outputs = TargetGroupOutputs,
    replacement = "create-first",
    outage = "nothing is forwarded to its targets",
    named = "name",
    find = "elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeLoadBalancers, \
            elasticloadbalancing:DescribeTargetGroupAttributes, \
            elasticloadbalancing:DescribeTags",
    explain = "elasticloadbalancing:DescribeTargetHealth",
    create = "elasticloadbalancing:CreateTargetGroup, elasticloadbalancing:AddTags, \
              elasticloadbalancing:ModifyTargetGroupAttributes, \
              elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeTags",
    update = "elasticloadbalancing:ModifyTargetGroup, \
              elasticloadbalancing:ModifyTargetGroupAttributes, \
              elasticloadbalancing:AddTags, elasticloadbalancing:RemoveTags",
    delete = "elasticloadbalancing:DeleteTargetGroup"
)]
pub struct TargetGroup {
    /// Its name, unique among the target groups of the account and region; at most 32 letters,
    /// digits and hyphens.
    #[attribute(replace)]
    pub name: String,
    /// The VPC of the targets.
    #[attribute(replace)]
    pub vpc_id: Ref<VpcId>,
    /// The port on which targets get requests, unless they are registered with another.
    #[attribute(replace)]
    pub port: u16,
    /// How the load balancer sees whether a target is well.
    #[attribute(update)]
    pub health_check: HealthCheck,
    /// Seconds for which a target that leaves keeps its requests in flight, 0 to 3600.
    #[attribute(update)]
    pub deregistration_delay_s: u32,
}

/// A health check over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub struct HealthCheck {
    /// What is spoken.
    pub protocol: HealthCheckProtocol,
    /// The port that is asked; absent for the one on which the target gets its requests.
    pub port: Option<u16>,
    /// The path that is asked.
    pub path: String,
    /// Seconds between two checks of a target, 5 to 300.
    pub interval_s: u32,
    /// Seconds without an answer after which a check has failed, 2 to 120.
    pub timeout_s: u32,
    /// Good checks in a row that make a target healthy, 2 to 10.
    pub healthy_threshold: u32,
    /// Failed checks in a row that make a target unhealthy, 2 to 10.
    pub unhealthy_threshold: u32,
    /// Status codes of a good answer, such as `200`, `200,204` or `200-299`.
    pub matcher: String,
}

/// What a health check speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Field)]
pub enum HealthCheckProtocol {
    /// Plain HTTP.
    #[field("HTTP")]
    Http,
    /// HTTP over TLS; the certificate is not looked at.
    #[field("HTTPS")]
    Https,
}

/// What a target group gives to others.
#[derive(Clone, Debug, Outputs)]
pub struct TargetGroupOutputs {
    /// The target group's ARN.
    pub arn: Id<TargetGroupArn>,
    /// The end of its ARN, by which metrics call it: `targetgroup/NAME/ID`.
    pub suffix: Id<TargetGroupSuffix>,
}

impl Lifecycle for TargetGroup {
    async fn find(aws: &Clients, which: &Query) -> Result<Vec<Found<Self>>, Fault> {
        let found = elbv2::target_groups(aws, which).await?;
        found.into_iter().map(|one| read(aws, one)).collect()
    }

    async fn create(
        aws: &Clients,
        want: &Resolved<Self>,
        mark: &Mark,
    ) -> Result<TargetGroupOutputs, Fault> {
        let arn = match named(aws, &want.name).await? {
            Some(arn) => {
                elbv2::refuse_foreign(aws, CREATE, &arn, &mark.tags).await?;
                arn
            }
            None => make(aws, want, mark).await?,
        };
        set_attributes(aws, &arn, want).await?;
        Ok(outputs(arn))
    }

    async fn update(
        aws: &Clients,
        want: &Resolved<Self>,
        found: Found<Self>,
        changes: Changes<'_>,
    ) -> Result<TargetGroupOutputs, Fault> {
        if changes.has("health_check") {
            set_health_check(aws, &found.id, &want.health_check).await?;
        }
        if changes.has("deregistration_delay_s") {
            set_attributes(aws, &found.id, want).await?;
        }
        Ok(found.outputs)
    }

    async fn retag(aws: &Clients, found: &Found<Self>, tags: &TagChange) -> Result<(), Fault> {
        elbv2::retag(aws, &found.id, tags).await
    }

    async fn delete(aws: &Clients, found: Found<Self>) -> Result<(), Fault> {
        aws.elbv2
            .delete_target_group()
            .target_group_arn(found.id)
            .send()
            .await
            .at("elasticloadbalancing:DeleteTargetGroup")?;
        Ok(())
    }

    async fn explain(aws: &Clients, found: &Found<Self>) -> Result<Vec<String>, Fault> {
        let targets = facts::targets(aws, &found.id).await?;
        if targets.is_empty() {
            return Ok(vec!["no target is registered".to_owned()]);
        }
        Ok(targets.iter().map(ToString::to_string).collect())
    }

    async fn health(aws: &Clients, found: &Found<Self>) -> Result<Health, Fault> {
        Ok(match facts::targets(aws, &found.id).await {
            Ok(targets) => health(&targets),
            Err(fault) => unread(&found.state, &fault),
        })
    }
}

/// How a group with these targets is.
fn health(targets: &[facts::Target]) -> Health {
    let there: Vec<&facts::Target> = targets.iter().filter(|one| !one.is_leaving()).collect();
    if there.is_empty() {
        return ill("no target is registered", Vec::new());
    }
    let healthy = there.iter().filter(|one| one.is_healthy()).count();
    let summary = format!("{healthy} of {} targets healthy", there.len());
    let others = || there.iter().filter(|one| !one.is_healthy());
    let reasons = others().map(ToString::to_string).collect();
    if healthy == there.len() {
        Health::well(summary)
    } else if others().all(|one| one.is_new()) {
        waiting(summary, reasons)
    } else {
        ill(summary, reasons)
    }
}

fn read(
    aws: &Clients,
    detailed: elbv2::Detailed<sdk::TargetGroup>,
) -> Result<Found<TargetGroup>, Fault> {
    let deregistration_delay_s =
        detailed.attribute(aws, DEREGISTRATION_DELAY, DEREGISTRATION_DELAY_UNSET_S)?;
    let group = detailed.thing;
    Ok(Found {
        attributes: TargetGroup {
            health_check: read_health_check(aws, &group)?,
            name: group.target_group_name.unwrap_or_default(),
            vpc_id: Ref::known(group.vpc_id.unwrap_or_default()),
            port: elbv2::read_port(group.port),
            deregistration_delay_s,
        },
        outputs: outputs(detailed.arn.clone()),
        tags: detailed.tags,
        state: State::Ready,
        id: detailed.arn,
    })
}

fn outputs(arn: String) -> TargetGroupOutputs {
    TargetGroupOutputs {
        suffix: arn.rsplit(':').next().unwrap_or_default().into(),
        arn: arn.into(),
    }
}

fn read_health_check(aws: &Clients, group: &sdk::TargetGroup) -> Result<HealthCheck, Fault> {
    let protocol = group.health_check_protocol.as_ref();
    let matcher = group.matcher.as_ref();
    Ok(HealthCheck {
        protocol: required(
            LIST,
            "a health check over HTTP or HTTPS",
            protocol.and_then(|p| HealthCheckProtocol::from_word(p.as_str())),
        )?,
        port: match group.health_check_port.as_deref() {
            None | Some(TRAFFIC_PORT) => None,
            port => Some(aws.parse(LIST, port)?),
        },
        path: group.health_check_path.clone().unwrap_or_default(),
        interval_s: elbv2::read_number(group.health_check_interval_seconds),
        timeout_s: elbv2::read_number(group.health_check_timeout_seconds),
        healthy_threshold: elbv2::read_number(group.healthy_threshold_count),
        unhealthy_threshold: elbv2::read_number(group.unhealthy_threshold_count),
        matcher: matcher
            .and_then(|m| m.http_code.clone())
            .unwrap_or_default(),
    })
}

/// The ARN of the group that has this name.
async fn named(aws: &Clients, name: &str) -> Result<Option<String>, Fault> {
    let reply = aws.elbv2.describe_target_groups().names(name).send().await;
    let groups = if_present(reply.at(LIST))?.and_then(|r| r.target_groups);
    Ok(groups
        .into_iter()
        .flatten()
        .find_map(|g| g.target_group_arn))
}

async fn make(aws: &Clients, want: &Resolved<TargetGroup>, mark: &Mark) -> Result<String, Fault> {
    let check = &want.health_check;
    let reply = aws
        .elbv2
        .create_target_group()
        .name(&want.name)
        .vpc_id(want.known(&want.vpc_id))
        .protocol(sdk::ProtocolEnum::Http)
        .port(want.port.into())
        .target_type(sdk::TargetTypeEnum::Ip)
        .health_check_enabled(true)
        .health_check_protocol(check.protocol.to_sdk())
        .health_check_port(check.port_text())
        .health_check_path(&check.path)
        .health_check_interval_seconds(elbv2::number(check.interval_s))
        .health_check_timeout_seconds(elbv2::number(check.timeout_s))
        .healthy_threshold_count(elbv2::number(check.healthy_threshold))
        .unhealthy_threshold_count(elbv2::number(check.unhealthy_threshold))
        .matcher(sdk::Matcher::builder().http_code(&check.matcher).build())
        .set_tags(elbv2::tags(&mark.tags))
        .send()
        .await
        .at(CREATE)?;
    let groups = reply.target_groups.into_iter().flatten();
    let arn = groups.filter_map(|group| group.target_group_arn).next();
    required(CREATE, "the target group's ARN", arn)
}

async fn set_health_check(aws: &Clients, arn: &str, check: &HealthCheck) -> Result<(), Fault> {
    aws.elbv2
        .modify_target_group()
        .target_group_arn(arn)
        .health_check_enabled(true)
        .health_check_protocol(check.protocol.to_sdk())
        .health_check_port(check.port_text())
        .health_check_path(&check.path)
        .health_check_interval_seconds(elbv2::number(check.interval_s))
        .health_check_timeout_seconds(elbv2::number(check.timeout_s))
        .healthy_threshold_count(elbv2::number(check.healthy_threshold))
        .unhealthy_threshold_count(elbv2::number(check.unhealthy_threshold))
        .matcher(sdk::Matcher::builder().http_code(&check.matcher).build())
        .send()
        .await
        .at("elasticloadbalancing:ModifyTargetGroup")?;
    Ok(())
}

impl HealthCheck {
    fn port_text(&self) -> String {
        self.port
            .map_or_else(|| TRAFFIC_PORT.to_owned(), |port| port.to_string())
    }
}

impl HealthCheckProtocol {
    fn to_sdk(self) -> sdk::ProtocolEnum {
        match self {
            Self::Http => sdk::ProtocolEnum::Http,
            Self::Https => sdk::ProtocolEnum::Https,
        }
    }
}

async fn set_attributes(aws: &Clients, arn: &str, want: &TargetGroup) -> Result<(), Fault> {
    let delay = sdk::TargetGroupAttribute::builder()
        .key(DEREGISTRATION_DELAY)
        .value(want.deregistration_delay_s.to_string())
        .build();
    aws.elbv2
        .modify_target_group_attributes()
        .target_group_arn(arn)
        .attributes(delay)
        .send()
        .await
        .at("elasticloadbalancing:ModifyTargetGroupAttributes")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Wellness;

    #[test]
    fn a_group_is_as_well_as_its_targets() {
        let table: [(&[&str], Wellness, &str, usize); 6] = [
            (&[], Wellness::Ill, "no target is registered", 0),
            (&["draining"], Wellness::Ill, "no target is registered", 0),
            (&["healthy"], Wellness::Well, "1 of 1 targets healthy", 0),
            (
                &["healthy", "draining", "healthy"],
                Wellness::Well,
                "2 of 2 targets healthy",
                0,
            ),
            (
                &["healthy", "initial"],
                Wellness::Waiting,
                "1 of 2 targets healthy",
                1,
            ),
            (
                &["unhealthy", "initial"],
                Wellness::Ill,
                "0 of 2 targets healthy",
                2,
            ),
        ];
        for (states, wellness, summary, reasons) in table {
            let targets: Vec<facts::Target> = states
                .iter()
                .map(|state| facts::Target {
                    address: "10.0.3.7:8000".to_owned(),
                    state: (*state).to_owned(),
                    reason: None,
                    description: None,
                })
                .collect();
            let health = health(&targets);
            assert_eq!(health.wellness, wellness, "{states:?}");
            assert_eq!(health.summary, summary, "{states:?}");
            assert_eq!(health.reasons.len(), reasons, "{states:?}");
        }
    }
}
