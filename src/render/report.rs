//! What a run came to: what is done, what failed and why, what to do next.
//!
//! May depend on `engine`. Invariant: every step that was not done is named with its reason.

use std::fmt::Write as _;

use super::json::Output;
use super::lines::{further, skipped, why};
use super::paint::{BAD, CAUTION, FAINT, GOOD, HINT, STRONG, duration, one_line, paint};
use super::progress::{Progress, Status, StepProgress};
use super::wrap::told_inset;
use crate::engine::{Cause, Ending, Failure, Skip};
use crate::model::FaultClass;

/// How many steps that are done are named in a report.
const MOST_DONE: usize = 6;

/// The lines for standard output: how much was done, and the stack's outputs.
pub fn summary(progress: &Progress, outputs: &[Output]) -> String {
    let elapsed = duration(progress.elapsed_ms());
    let mut out = match progress.ending() {
        Some(Ending::Complete) => {
            format!(
                "{} {} in {elapsed}.\n",
                paint(GOOD, "Done:"),
                numbers(progress)
            )
        }
        Some(Ending::Partial) => {
            format!(
                "{} {} in {elapsed}.\n",
                paint(BAD, "Failed:"),
                numbers(progress)
            )
        }
        Some(Ending::Cancelled) | None => {
            format!(
                "{} {} in {elapsed}.\n",
                paint(CAUTION, "Stopped:"),
                numbers(progress)
            )
        }
    };
    out.push_str(&outputs_text(outputs));
    out
}

/// The outputs of a stack, one a line.
pub fn outputs_text(outputs: &[Output]) -> String {
    let mut out = String::new();
    if outputs.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n{}", paint(STRONG, "Outputs:"));
    for output in outputs {
        let _ = writeln!(out, "  {} = {}", output.name, one_line(&output.value));
    }
    out
}

/// `3 created, 1 updated, 1 failed, 2 skipped`.
pub(super) fn numbers(progress: &Progress) -> String {
    let done = |action: &str| {
        progress
            .steps()
            .filter(|step| step.planned.action == action)
            .filter(|step| matches!(step.status, Status::Done { .. }))
            .count()
    };
    let stand = |status: fn(&Status) -> bool| progress.number(status);
    let parts = [
        (done("create"), "created"),
        (done("update"), "updated"),
        (done("delete"), "deleted"),
        (stand(|s| matches!(s, Status::Failed { .. })), "failed"),
        (
            stand(|s| matches!(s, Status::Abandoned { .. })),
            "still under way in AWS",
        ),
        (
            stand(|s| matches!(s, Status::Skipped { .. } | Status::Waiting)),
            "not begun",
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    if parts.is_empty() {
        "nothing to do".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The lines for standard error where not everything was done; nothing where it was.
///
/// `again` is the command that goes on, `width` the columns that there are.
pub fn unfinished(progress: &Progress, again: &str, width: usize) -> Option<String> {
    let ending = progress.ending();
    if ending == Some(Ending::Complete) {
        return None;
    }
    let mut out = Lines {
        text: String::new(),
        width,
    };
    // What matters most stands last, where a terminal ends.
    let done = finished(progress);
    match done.len() {
        0 if progress.number(|s| matches!(s, Status::Abandoned { .. })) == 0 => {
            out.add(0, "nothing was changed");
        }
        0 => {}
        1..=MOST_DONE => section(&mut out, "done", done),
        many => out.add(0, &paint(STRONG, format!("done ({many})"))),
    }
    section(&mut out, "not begun", not_begun(progress));
    section(&mut out, "left while AWS works on it", abandoned(progress));
    for step in progress.steps() {
        if let Status::Failed { failure, .. } = &step.status {
            failed(step, failure, &mut out);
        }
    }
    let words = match ending {
        Some(Ending::Cancelled) | None => "to go on",
        Some(Ending::Complete | Ending::Partial) => "when the cause is mended, to go on",
    };
    // In one piece, so that it can be copied.
    let (hint, again) = (paint(HINT, "hint:"), paint(STRONG, again));
    Some(format!("{}{hint} {words}: {again}\n", out.text))
}

/// Lines in the columns that there are.
struct Lines {
    text: String,
    width: usize,
}

impl Lines {
    /// Adds a line so far in; what does not fit on it stands further in below. Long words stay whole.
    fn add(&mut self, margin: usize, line: &str) {
        self.text.push_str(&told_inset(line, self.width, margin));
        self.text.push('\n');
    }
}

fn failed(step: &StepProgress, failure: &Failure, out: &mut Lines) {
    let (error, address) = (paint(BAD, "error:"), paint(STRONG, &step.planned.address));
    out.add(
        0,
        &format!("{error} {} {address} failed", step.planned.action),
    );
    let cause = why(failure);
    out.add(2, &cause);
    for line in further(failure) {
        out.add(4, &line);
    }
    for reason in failure.reasons.iter().map(|reason| one_line(reason)) {
        if reason != cause {
            out.add(2, &format!("- {reason}"));
        }
    }
    if let Some(hint) = hint(failure) {
        out.add(2, &format!("{} {hint}", paint(HINT, "hint:")));
    }
}

/// What a person can do about it.
fn hint(failure: &Failure) -> Option<String> {
    let Cause::Fault { fault, .. } = &failure.cause else {
        return None;
    };
    match fault.class {
        FaultClass::Throttled => Some("the account makes too many calls; try later".to_owned()),
        FaultClass::Unknown => {
            Some("the call may have had its effect; the next run finds out".to_owned())
        }
        FaultClass::Denied
        | FaultClass::Quota
        | FaultClass::Conflict
        | FaultClass::NotYet
        | FaultClass::Missing
        | FaultClass::Rejected => fault.advice(),
    }
}

fn section(out: &mut Lines, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    let title = format!("{title} ({})", lines.len());
    out.add(0, &format!("{}:", paint(STRONG, title)));
    for line in lines {
        out.add(2, &line);
    }
}

fn abandoned(progress: &Progress) -> Vec<String> {
    progress
        .steps()
        .filter_map(|step| match &step.status {
            Status::Abandoned { elapsed_ms } => Some(format!(
                "{} {} ({})",
                step.planned.action,
                step.planned.address,
                duration(*elapsed_ms)
            )),
            Status::Waiting
            | Status::Running { .. }
            | Status::Done { .. }
            | Status::Failed { .. }
            | Status::Skipped { .. } => None,
        })
        .collect()
}

fn not_begun(progress: &Progress) -> Vec<String> {
    progress
        .steps()
        .filter_map(|step| {
            let why = match &step.status {
                Status::Skipped {
                    because: Skip::Stopped,
                }
                | Status::Waiting => "the run was stopped".to_owned(),
                Status::Skipped { because } => skipped(progress, because),
                Status::Running { .. }
                | Status::Done { .. }
                | Status::Failed { .. }
                | Status::Abandoned { .. } => return None,
            };
            let why = paint(FAINT, format!("({why})"));
            Some(format!(
                "{} {} {why}",
                step.planned.action, step.planned.address
            ))
        })
        .collect()
}

fn finished(progress: &Progress) -> Vec<String> {
    progress
        .steps()
        .filter(|step| matches!(step.status, Status::Done { .. }))
        .map(|step| format!("{} {}", step.planned.action, step.planned.address))
        .collect()
}
