//! The `monitoring` section.
//!
//! Depends on the reader and the leaf types of the spec. Invariant: see the parent module.

use qpiac_derive::Section;

use crate::spec::leaf::EmailAddress;
use crate::spec::reader::Spanned;
use crate::spec::switch::{OrOff, Switch};

/// Alarms, who is told of them, and a dashboard. `monitoring: {}` takes every default.
#[derive(Debug, Section)]
pub(crate) struct MonitoringSection {
    /// Mail addresses that are told when an alarm begins and ends. AWS asks each of them for a
    /// confirmation first.
    #[key(default = "[]", example = "[ops@example.com]")]
    pub(crate) notify: Spanned<Vec<Spanned<EmailAddress>>>,
    /// Whether there is a dashboard in CloudWatch.
    #[key(default = "true")]
    pub(crate) dashboard: Spanned<bool>,
    /// The alarms: `true` for all with their defaults, `false` for none, or a section.
    #[key(
        default = "true",
        example = "{ cpu_percent: 90, response_time_ms: off }"
    )]
    pub(crate) alarms: Spanned<Switch<AlarmsSection>>,
}

/// From what on there is an alarm, and `off` for never. An alarm concerns only what the stack has.
#[derive(Debug, Section)]
pub(crate) struct AlarmsSection {
    /// Mean processor use of a service, in percent.
    #[key(default = "80")]
    pub(crate) cpu_percent: Spanned<OrOff<1, 100>>,
    /// Mean memory use of a service, in percent.
    #[key(default = "80")]
    pub(crate) memory_percent: Spanned<OrOff<1, 100>>,
    /// Answers 5xx of the load balancer itself, in five minutes: no task was there to answer.
    #[key(default = "10")]
    pub(crate) load_balancer_5xx: Spanned<OrOff<1, 1_000_000>>,
    /// Answers 5xx of a service, in five minutes.
    #[key(default = "10")]
    pub(crate) target_5xx: Spanned<OrOff<1, 1_000_000>>,
    /// Tasks of a service that the load balancer calls unhealthy.
    #[key(default = "1")]
    pub(crate) unhealthy_tasks: Spanned<OrOff<1, 5000>>,
    /// Mean time that a service takes to answer, in milliseconds.
    #[key(default = "1000")]
    pub(crate) response_time_ms: Spanned<OrOff<1, 4_000_000>>,
    /// Failed calls of a function, in five minutes.
    #[key(default = "1")]
    pub(crate) function_errors: Spanned<OrOff<1, 1_000_000>>,
    /// Answers 5xx of the CDN, in percent of all. Only in us-east-1, where CloudFront's metrics are.
    #[key(default = "5")]
    pub(crate) cdn_5xx_percent: Spanned<OrOff<1, 100>>,
}
