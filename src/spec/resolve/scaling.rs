//! Checks of the number of tasks, fixed or following the load.
//!
//! Depends on the sections of the spec. Invariant: one of `count` and `scaling` decides.

use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::reader::Reader;
use crate::spec::resolved::Scaling;
use crate::spec::sections::service::ServiceSection;

/// Processor use to keep where no target is given, in percent.
const CPU_PERCENT: u32 = 60;

/// How the number of tasks follows the load, if it does.
pub(super) fn scaling(section: &ServiceSection, reader: &mut Reader) -> Option<Scaling> {
    let scaling = section.scaling.given()?;
    if section.count.is_written() {
        reader.report(
            Diagnostic::error(
                section.count.subject,
                "`count` and `scaling` exclude each other",
            )
            .expected("one of the two")
            .hint("`scaling` keeps the number between its `min` and `max`")
            .related(scaling.subject, "the scaling"),
        );
    }
    let (min, max) = (&scaling.value.min, &scaling.value.max);
    if min.value > max.value && !min.is_broken() && !max.is_broken() {
        let message = format!("at least {} and at most {} tasks", min.value.0, max.value.0);
        reader.report(
            Diagnostic::error(max.span, message)
                .expected("`max` not below `min`")
                .hint("raise `max`, or lower `min`")
                .related(min.span, "the least"),
        );
    }
    let requests = &scaling.value.requests_per_task;
    let cpu = scaling.value.cpu_percent.given().map(|it| it.value.0);
    Some(Scaling {
        min: min.value.0,
        max: max.value.0,
        cpu_percent: cpu.or(requests.is_absent().then_some(CPU_PERCENT)),
        requests_per_task: requests.given().map(|it| it.value.0),
    })
}

/// The number of tasks that a service begins with.
pub(super) fn first_count(section: &ServiceSection) -> u32 {
    match section.scaling.given() {
        Some(scaling) => scaling.value.min.value.0,
        None => section.count.value.0,
    }
}

/// Where a target for requests stands.
pub(super) fn requests_span(section: &ServiceSection) -> Option<Span> {
    let scaling = section.scaling.given()?;
    scaling.value.requests_per_task.given().map(|it| it.span)
}
