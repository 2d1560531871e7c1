//! Alarms and dashboard, resolved.
//!
//! Depends on the leaf types of the spec. Invariant: see the parent module.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::spec::leaf::EmailAddress;

/// What is watched, and who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Monitoring {
    /// Who gets a mail when an alarm changes.
    pub notify: BTreeSet<EmailAddress>,
    /// Whether there is a dashboard.
    pub dashboard: bool,
    /// From what on there is an alarm.
    pub alarms: Alarms,
}

/// From what on there is an alarm; `None` for never. An alarm concerns only what the stack has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Alarms {
    /// Mean processor use of a service, in percent.
    pub cpu_percent: Option<u32>,
    /// Mean memory use of a service, in percent.
    pub memory_percent: Option<u32>,
    /// Answers 5xx of the load balancer's own in five minutes.
    pub load_balancer_5xx: Option<u32>,
    /// Answers 5xx of a service in five minutes.
    pub target_5xx: Option<u32>,
    /// Unhealthy tasks of a service.
    pub unhealthy_tasks: Option<u32>,
    /// Mean response time of a service, in milliseconds.
    pub response_time_ms: Option<u32>,
    /// Failed calls of a function in five minutes.
    pub function_errors: Option<u32>,
    /// Answers 5xx of the CDN, in percent of all.
    pub cdn_5xx_percent: Option<u32>,
}
