//! How the targets of a target group are.
//!
//! May depend on `clients` and `fault`. Invariant: words are AWS's own.

use std::fmt;

use aws_sdk_elasticloadbalancingv2::types as sdk;

use super::super::clients::Clients;
use super::super::fault::Call;
use crate::model::Fault;

/// A target and how the load balancer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its address and port, such as `10.0.3.7:8000`.
    pub address: String,
    /// Its state, such as `healthy`, `initial`, `unhealthy`, `draining`.
    pub state: String,
    /// The code of the reason, such as `Target.Timeout`.
    pub reason: Option<String>,
    /// The reason in words.
    pub description: Option<String>,
}

impl Target {
    /// Whether it gets requests because it answers well.
    pub fn is_healthy(&self) -> bool {
        self.state == sdk::TargetHealthStateEnum::Healthy.as_str()
    }

    /// Whether it is leaving: it only ends what it has begun.
    pub fn is_leaving(&self) -> bool {
        self.state == sdk::TargetHealthStateEnum::Draining.as_str()
    }

    /// Whether the load balancer has not asked it often enough yet.
    pub fn is_new(&self) -> bool {
        self.state == sdk::TargetHealthStateEnum::Initial.as_str()
    }
}

/// `10.0.3.7:8000: unhealthy (Target.Timeout): Request timed out`.
impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.address, self.state)?;
        if let Some(reason) = &self.reason {
            write!(out, " ({reason})")?;
        }
        match &self.description {
            Some(description) => write!(out, ": {description}"),
            None => Ok(()),
        }
    }
}

/// The targets of the group with this ARN.
///
/// # Errors
/// The fault of the call.
pub async fn targets(aws: &Clients, group: &str) -> Result<Vec<Target>, Fault> {
    let reply = aws
        .elbv2
        .describe_target_health()
        .target_group_arn(group)
        .send()
        .await
        .at("elasticloadbalancing:DescribeTargetHealth")?;
    let targets = reply.target_health_descriptions.unwrap_or_default();
    Ok(targets.into_iter().map(read).collect())
}

fn read(found: sdk::TargetHealthDescription) -> Target {
    let (id, port) = found
        .target
        .map_or((None, None), |target| (target.id, target.port));
    let id = id.unwrap_or_else(|| "a target".to_owned());
    let health = found.target_health;
    let state = health.as_ref().and_then(|h| h.state.as_ref());
    Target {
        address: port.map_or(id.clone(), |port| format!("{id}:{port}")),
        state: state
            .map_or("state unknown", |state| state.as_str())
            .to_owned(),
        reason: health
            .as_ref()
            .and_then(|h| h.reason.as_ref())
            .map(|reason| reason.as_str().to_owned()),
        description: health.and_then(|h| h.description),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_targets_health_is_one_line() {
        let target = |health: Option<sdk::TargetHealth>| {
            let target = sdk::TargetDescription::builder().id("10.0.3.7").port(8000);
            let found = sdk::TargetHealthDescription::builder()
                .target(target.build())
                .set_target_health(health);
            read(found.build()).to_string()
        };
        let unhealthy = sdk::TargetHealth::builder()
            .state(sdk::TargetHealthStateEnum::Unhealthy)
            .reason(sdk::TargetHealthReasonEnum::ResponseCodeMismatch)
            .description("Health checks failed with these codes: [500]")
            .build();
        let healthy = sdk::TargetHealth::builder()
            .state(sdk::TargetHealthStateEnum::Healthy)
            .build();
        assert_eq!(
            target(Some(unhealthy)),
            "10.0.3.7:8000: unhealthy (Target.ResponseCodeMismatch): \
             Health checks failed with these codes: [500]"
        );
        assert_eq!(target(Some(healthy)), "10.0.3.7:8000: healthy");
        assert_eq!(target(None), "10.0.3.7:8000: state unknown");
    }
}
