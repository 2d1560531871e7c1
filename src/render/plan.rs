//! A plan for a person to read.
//!
//! May depend on `plan` and `model`. Invariant: the text is the same for equal plans, and every
//! step of the plan is in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::Style;

use super::entry::Page;
use super::items::groups;
use super::paint::{BAD, CAUTION, GOOD, STRONG, TURN, count, duration, paint};
use super::wrap::{Layout, prose};
use crate::model::{Address, Schema, schema_of};
use crate::plan::forecast::{self, Forecast};
use crate::plan::{Action, Plan, Scope, Step, StepId, Summary};

/// What adds at least this much to a run is worth a word, in seconds.
const WEIGHTY_S: u64 = 10;
/// How many things are named that a run takes its time for.
const MOST_PARTS: usize = 3;

/// What a plan is made for, which decides the words for an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To bring the stack to what its file says.
    Apply,
    /// To remove the stack.
    Destroy,
}

/// A plan with terminal colours, what choosing addresses did to it, and how much it is.
pub fn human(
    plan: &Plan,
    schemas: &[&'static Schema],
    purpose: Purpose,
    waits_for_lazy: bool,
    layout: Layout,
) -> String {
    if plan.is_empty() {
        let scope = scope(plan, usize::MAX).map_or_else(String::new, |scope| scope + "\n");
        return scope + &nothing(plan, purpose);
    }
    let page = Page {
        plan,
        schemas,
        layout,
    };
    let mut out = String::new();
    for group in groups(plan, schemas) {
        let _ = writeln!(out, "{}", paint(STRONG, group.layer));
        let mut last_had_details = false;
        for (position, item) in group.items.iter().enumerate() {
            let details = page.details(item);
            if position > 0 && (last_had_details || !details.is_empty()) {
                out.push('\n');
            }
            last_had_details = !details.is_empty();
            let _ = writeln!(out, "{}", page.head(item));
            for line in details {
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        out.push('\n');
    }
    if let Some(scope) = scope(plan, usize::MAX) {
        let _ = writeln!(out, "{}", prose(&scope, layout.width, 2));
    }
    for line in [
        summary(&plan.summary()),
        time(plan, schemas, waits_for_lazy),
    ] {
        let _ = writeln!(out, "{}", prose(&line, layout.width, 6));
    }
    out
}

/// How long it takes, and what decides that.
pub(super) fn time(plan: &Plan, schemas: &[&'static Schema], waits_for_lazy: bool) -> String {
    let forecast = forecast::of_plan(plan, schemas, waits_for_lazy);
    // Both halves of a replacement have one address.
    let mut most: Vec<(&Address, u64)> = Vec::new();
    for (step, adds_s) in weightiest(&forecast) {
        let address = &plan.step(step).address;
        match most.iter_mut().find(|(other, _)| *other == address) {
            Some((_, sum_s)) => *sum_s += adds_s,
            None => most.push((address, adds_s)),
        }
    }
    let part =
        |(address, adds_s): &(&Address, u64)| format!("{address} ({})", duration(adds_s * 1000));
    let most: Vec<String> = most.iter().map(part).collect();
    let total = duration(forecast.total_s * 1000);
    let because = if most.is_empty() {
        String::new()
    } else {
        format!(", most of it {}", most.join(", then "))
    };
    format!("{} about {total} in AWS{because}.", paint(STRONG, "Time:"))
}

/// The parts of the longest way that matter, in their order.
fn weightiest(forecast: &Forecast) -> Vec<(StepId, u64)> {
    let mut parts: Vec<(StepId, u64)> = forecast
        .way
        .iter()
        .copied()
        .filter(|(_, adds_s)| *adds_s >= WEIGHTY_S)
        .collect();
    parts.sort_by_key(|(step, adds_s)| (std::cmp::Reverse(*adds_s), *step));
    parts.truncate(MOST_PARTS);
    parts.sort();
    parts
}

pub(super) fn nothing(plan: &Plan, purpose: Purpose) -> String {
    let owner = &plan.owner;
    let words = match (purpose, plan.scope.left_out.is_empty()) {
        (_, false) => format!("What was chosen of {owner} is as wanted."),
        (Purpose::Apply, true) => {
            let resources = count(plan.unchanged, "resource is", "resources are");
            format!("{owner} is as wanted: {resources} unchanged.")
        }
        (Purpose::Destroy, true) => format!("Nothing of {owner} exists."),
    };
    format!("{} {words}\n", paint(STRONG, "No changes."))
}

/// What choosing addresses did to a plan, with at most so many of them named; nothing where all of
/// it is there.
pub(super) fn scope(plan: &Plan, most: usize) -> Option<String> {
    let list = |addresses: &BTreeSet<Address>| {
        let mut words: Vec<String> = (addresses.iter().take(most))
            .map(ToString::to_string)
            .collect();
        if let Some(more) = addresses.len().checked_sub(most).filter(|more| *more > 0) {
            words.push(format!("{more} more"));
        }
        words.join(", ")
    };
    let Scope { included, left_out } = &plan.scope;
    let mut lines = Vec::new();
    if !included.is_empty() {
        lines.push(format!(
            "Included, since what you chose needs it: {}.",
            list(included)
        ));
    }
    if !left_out.is_empty() {
        lines.push(format!("Left out of this plan: {}.", list(left_out)));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// `Plan: 35 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.`
pub(super) fn summary(summary: &Summary) -> String {
    let Summary {
        create,
        update,
        replace,
        delete,
        unchanged,
    } = summary;
    let part = |style: Style, number: &usize, verb: &str| {
        let text = format!("{number} to {verb}");
        if *number > 0 {
            paint(style, text)
        } else {
            text
        }
    };
    format!(
        "{} {}, {}, {}, {}, {unchanged} unchanged.",
        paint(STRONG, "Plan:"),
        part(GOOD, create, "create"),
        part(CAUTION, update, "update"),
        part(TURN, replace, "replace"),
        part(BAD, delete, "delete"),
    )
}

/// What is lost when a plan is carried out: every resource that goes and holds data.
pub fn losses(plan: &Plan, schemas: &[&'static Schema]) -> Vec<String> {
    plan.steps
        .iter()
        .filter(|step| matches!(step.action, Action::Delete { .. }))
        .filter_map(|step| Some(format!("{}: {}", step.address, holds(schemas, step)?)))
        .collect()
}

fn holds(schemas: &[&'static Schema], step: &Step) -> Option<&'static str> {
    schema_of(schemas, &step.address.kind)?.holds
}
