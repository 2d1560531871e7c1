//! A run as plain lines, one thing that happened each.
//!
//! May depend on `engine`. Invariant: a line names its resource first, so that the lines of one
//! resource can be searched for.

use super::paint::{BAD, CAUTION, FAINT, GOOD, STRONG, duration, one_line, paint};
use super::progress::{Progress, StepProgress};
use crate::engine::{Cause, Event, Failure, Skip, Stop, What};
use crate::model::{Fault, OutputValues};
use crate::plan::StepId;

/// A pause before a repetition that is worth a line of its own, in milliseconds.
const LONG_DELAY_MS: u64 = 10_000;
/// A number of repetitions that is worth a line of its own.
const MANY_ATTEMPTS: u32 = 4;

/// Which events are worth a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a person needs.
    Usual,
    /// Every repetition as well.
    All,
}

/// The line of an event that the progress has already taken in.
pub fn line(progress: &Progress, event: &Event, detail: Detail) -> Option<String> {
    let about = |id: &StepId, words: String| {
        let step = progress.step(*id)?;
        Some(format!("{}: {words}", paint(STRONG, &step.planned.address)))
    };
    match &event.what {
        What::RunStarted { .. } | What::StepReached { .. } | What::RunFinished { .. } => None,
        What::StepStarted { step } => about(step, doing(progress.step(*step)?)),
        What::StepRetrying {
            step,
            fault,
            attempt,
            delay_ms,
        } => {
            let shown =
                detail == Detail::All || *delay_ms >= LONG_DELAY_MS || *attempt >= MANY_ATTEMPTS;
            let words = paint(CAUTION, retrying(fault, *attempt, *delay_ms));
            shown.then(|| about(step, words)).flatten()
        }
        What::StepWaiting { step, message } => about(
            step,
            paint(FAINT, format!("waiting: {}", one_line(message))),
        ),
        What::StepFinished { step, elapsed_ms } => {
            about(step, done(progress.step(*step)?, *elapsed_ms))
        }
        What::StepFailed {
            step,
            failure,
            elapsed_ms,
        } => {
            let words = format!("failed after {}: {}", duration(*elapsed_ms), why(failure));
            about(step, paint(BAD, words))
        }
        What::StepSkipped { step, because } => {
            about(step, paint(CAUTION, skipped(progress, because)))
        }
        What::StepAbandoned { step, elapsed_ms } => about(
            step,
            paint(
                CAUTION,
                format!("left after {}; AWS goes on", duration(*elapsed_ms)),
            ),
        ),
        What::TenureLost { why } => Some(paint(
            BAD,
            format!(
                "The lease is lost: {}. Nothing new is begun.",
                one_line(why)
            ),
        )),
        What::StopRequested { stop } => Some(paint(CAUTION, stopping(progress, *stop))),
    }
}

fn retrying(fault: &Fault, attempt: u32, delay_ms: u64) -> String {
    format!(
        "call {attempt} failed, next in {}: {}",
        duration(delay_ms),
        one_line(&fault.to_string())
    )
}

/// `creating`, or what else a step is at.
pub(super) fn doing(step: &StepProgress) -> String {
    match (step.planned.action, step.planned.replaces) {
        ("create", None) => "creating",
        ("create", Some(_)) => "creating the new one",
        ("delete", None) => "deleting",
        ("delete", Some(_)) => "deleting the old one",
        (_, _) => "updating",
    }
    .to_owned()
}

fn done(step: &StepProgress, elapsed_ms: u64) -> String {
    let verb = match (step.planned.action, step.planned.replaces) {
        ("create", None) => "created",
        ("create", Some(_)) => "created the new one",
        ("delete", None) => "deleted",
        ("delete", Some(_)) => "deleted the old one",
        (_, _) => "updated",
    };
    let id = identity(&step.outputs)
        .filter(|_| step.planned.action == "create")
        .map_or_else(String::new, |id| paint(FAINT, format!(" ({id})")));
    format!("{} after {}{id}", paint(GOOD, verb), duration(elapsed_ms))
}

/// The output by which AWS's console finds a resource; of an ARN what follows service, region and account.
fn identity(outputs: &OutputValues) -> Option<String> {
    let known = ["id", "name", "arn"]
        .iter()
        .find_map(|name| outputs.get(*name));
    known
        .or_else(|| outputs.values().next())
        .map(|id| one_line(short(id)))
}

/// `listener/app/shop/1ecf` of `arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1ecf`.
fn short(id: &str) -> &str {
    let rest = id
        .strip_prefix("arn:")
        .and_then(|_| id.splitn(6, ':').nth(5));
    rest.unwrap_or(id)
}

/// Why a step failed, on one line: the first, where there are several.
pub(super) fn why(failure: &Failure) -> String {
    match &failure.cause {
        Cause::Fault { fault, attempts } => {
            let text = fault.to_string();
            let first = one_line(text.lines().next().unwrap_or_default());
            match attempts {
                1 => first,
                attempts => format!("{first} ({attempts} calls)"),
            }
        }
        Cause::Broken { message } => one_line(message),
        Cause::Deadline { deadline_s, last } => {
            let last = last.as_deref().map_or_else(String::new, |last| {
                format!("; AWS said last: {}", one_line(last))
            });
            let deadline = duration(u64::from(*deadline_s) * 1000);
            format!("not finished within {deadline}{last}")
        }
        Cause::NotAsWanted { attributes } => format!(
            "AWS reports it as working, but not with the wanted {}",
            attributes.join(", ")
        ),
        Cause::Incomplete { needs } => {
            format!("it becomes ready only with {needs}, which failed")
        }
        Cause::Vanished => "it is not there any more; somebody else deleted it".to_owned(),
        Cause::MissingInput { output } => format!("{output}, which it needs, is not known"),
    }
}

/// The further lines of why a step failed, such as what a program said that was run for it.
pub(super) fn further(failure: &Failure) -> Vec<String> {
    match &failure.cause {
        Cause::Fault { fault, .. } => {
            let text = fault.to_string();
            text.lines().skip(1).map(one_line).collect()
        }
        Cause::Broken { .. }
        | Cause::Deadline { .. }
        | Cause::NotAsWanted { .. }
        | Cause::Incomplete { .. }
        | Cause::Vanished
        | Cause::MissingInput { .. } => Vec::new(),
    }
}

/// Why a step was not begun.
pub(super) fn skipped(progress: &Progress, because: &Skip) -> String {
    match because {
        Skip::Needs { step } => match progress.step(*step) {
            Some(needed) => format!("skipped, needs {}", needed.planned.address),
            None => "skipped".to_owned(),
        },
        Skip::Stopped => "not begun".to_owned(),
    }
}

fn stopping(progress: &Progress, stop: Stop) -> String {
    let running = progress.number(|status| matches!(status, super::Status::Running { .. }));
    match stop {
        Stop::Starting => format!(
            "Stopping: nothing new is begun, {running} under way {} waited for a few seconds. \
             Ctrl-C again stops the waiting as well.",
            if running == 1 { "is" } else { "are" }
        ),
        Stop::Waiting => {
            "Stopping now: nothing is waited for; AWS goes on with what was begun.".to_owned()
        }
    }
}
