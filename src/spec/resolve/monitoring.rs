//! Checks of alarms and of who is told of them.
//!
//! Depends on the sections of the spec. Invariant: see the parent module.

use super::references;
use crate::spec::diagnostic::Diagnostic;
use crate::spec::reader::{Origin, Reader};
use crate::spec::resolved::{Alarms, Monitoring};
use crate::spec::sections::StackFile;
use crate::spec::sections::monitoring::AlarmsSection;

/// Where CloudFront's metrics are.
const CLOUDFRONT_REGION: &str = "us-east-1";

/// What is watched, if anything.
pub(super) fn monitoring(file: &StackFile, reader: &mut Reader) -> Option<Monitoring> {
    let section = &file.monitoring.given()?.value;
    let notify = &section.notify;
    references::check_repeated("the address", &notify.value, reader);
    let alarms = section
        .alarms
        .value
        .0
        .as_ref()
        .map(alarms)
        .unwrap_or_default();
    if alarms == Alarms::default() && !notify.value.is_empty() && !section.alarms.is_broken() {
        reader.report(
            Diagnostic::warning(notify.subject, "there is nothing to tell anybody")
                .expected("an alarm that is not off")
                .hint("leave `alarms` out to have all of them")
                .related(section.alarms.span, "all alarms are off"),
        );
    }
    if let Some(alarms) = &section.alarms.value.0 {
        check_cdn_alarm(file, alarms, reader);
    }
    Some(Monitoring {
        notify: notify.value.iter().map(|it| it.value.clone()).collect(),
        dashboard: section.dashboard.value,
        alarms,
    })
}

/// CloudFront's metrics are in one region, and an alarm has to be where its metric is.
fn check_cdn_alarm(file: &StackFile, section: &AlarmsSection, reader: &mut Reader) {
    let alarm = &section.cdn_5xx_percent;
    let is_meant = alarm.origin == Origin::Written && alarm.value.0.is_some();
    let region = &file.region;
    if is_meant && !region.is_broken() && region.value.as_str() != CLOUDFRONT_REGION {
        let message = format!("there is no alarm on the CDN in {}", region.value);
        reader.report(
            Diagnostic::warning(alarm.subject, message)
                .expected(format!("a stack in {CLOUDFRONT_REGION}"))
                .hint("an alarm has to be where its metric is; leave the key out")
                .related(region.span, "the stack's region"),
        );
    }
}

fn alarms(section: &AlarmsSection) -> Alarms {
    Alarms {
        cpu_percent: section.cpu_percent.value.0,
        memory_percent: section.memory_percent.value.0,
        load_balancer_5xx: section.load_balancer_5xx.value.0,
        target_5xx: section.target_5xx.value.0,
        unhealthy_tasks: section.unhealthy_tasks.value.0,
        response_time_ms: section.response_time_ms.value.0,
        function_errors: section.function_errors.value.0,
        cdn_5xx_percent: section.cdn_5xx_percent.value.0,
    }
}
