//! A plan for a pull request.
//!
//! May depend on `plan` and `model`. Invariant: it is never longer than [`LIMIT_BYTES`], the same for
//! equal plans, and the fences hold whatever stands inside; what is left out is said.

use std::fmt::Write as _;

use super::entry::Page;
use super::items::{Group, Item, groups};
use super::paint::{count, plain};
use super::plan::{Purpose, losses, nothing, scope, summary, time};
use super::wrap::Layout;
use crate::model::{Schema, schema_of};
use crate::plan::{Action, Plan};

/// The most bytes of a page. A comment on GitHub has at most 65,536 characters ("body is too long" is
/// its answer to more), and whoever posts it adds a few of their own.
pub const LIMIT_BYTES: usize = 60_000;
/// Columns of what stands between fences.
const WIDTH: usize = 100;
/// How many resources a shortened page names in all.
const MOST_NAMED: usize = 300;

/// How many things a list above the details names.
const MOST_LISTED: usize = 30;
/// What is said where there is no room for any detail.
const NO_ROOM: &str =
    "\nThe plan is too long for this page; `qpiac plan` and `qpiac show` show it.\n";

/// How much of a plan is on the page, from all to little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// Every attribute that differs, of each at most so many lines.
    Attributes(usize),
    /// Every resource.
    Resources,
    /// Some of the resources.
    Some,
}

/// What is around a plan.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The kinds.
    pub schemas: &'a [&'static Schema],
    /// What the plan is made for.
    pub purpose: Purpose,
    /// Whether a run waits for what nothing else needs.
    pub waits_for_lazy: bool,
    /// Whether the cloud is the simulated one.
    pub is_sandbox: bool,
}

/// A plan as Markdown, at most [`LIMIT_BYTES`] long.
pub fn markdown(plan: &Plan, around: Around<'_>) -> String {
    let fills = [
        Fill::Attributes(6),
        Fill::Attributes(1),
        Fill::Resources,
        Fill::Some,
    ];
    fills
        .into_iter()
        .map(|fill| page(plan, around, fill))
        .find(|page| page.len() <= LIMIT_BYTES)
        .unwrap_or_else(|| top(plan, around) + NO_ROOM)
}

fn page(plan: &Plan, around: Around<'_>, fill: Fill) -> String {
    let mut out = top(plan, around);
    if fill != Fill::Attributes(6) {
        let note = match fill {
            Fill::Attributes(_) => "Long values are cut",
            Fill::Resources => "The attributes are left out",
            Fill::Some => "Not every resource is named",
        };
        let _ = writeln!(
            out,
            "\n{note}, as the plan is too long for this page; `qpiac plan` and `qpiac show` show all."
        );
    }
    let mut room = MOST_NAMED;
    for group in groups(plan, around.schemas) {
        let _ = write!(
            out,
            "\n<details><summary><b>{}</b>: {}</summary>\n\n{}\n</details>\n",
            group.layer,
            count(group.items.len(), "resource", "resources"),
            fenced(&body(plan, around, fill, &group, &mut room)),
        );
    }
    out
}

/// What stands above the details: which stack, how much, what is dangerous.
fn top(plan: &Plan, around: Around<'_>) -> String {
    let owner = &plan.owner;
    let mut out = format!("### qpiac: `{}` in `{}`\n", owner.stack, owner.region);
    if around.is_sandbox {
        out.push_str("\n> [!NOTE]\n> This is a sandbox: nothing in it is real.\n");
    }
    if plan.is_empty() {
        let _ = write!(out, "\n{}", plain(&nothing(plan, around.purpose)));
    } else {
        let time = time(plan, around.schemas, around.waits_for_lazy);
        let summary = summary(&plan.summary());
        let _ = write!(out, "\n**{}** {}\n", plain(&summary), plain(&time));
    }
    if let Some(scope) = scope(plan, MOST_LISTED) {
        let _ = writeln!(out, "\n{scope}");
    }
    warning(
        &mut out,
        "Lost with this plan:",
        &losses(plan, around.schemas),
    );
    warning(
        &mut out,
        "Not working between the old one and the new one:",
        &outages(plan, around.schemas),
    );
    out
}

fn warning(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n> [!CAUTION]\n> {title}");
    for line in lines.iter().take(MOST_LISTED) {
        let _ = writeln!(out, "> - {line}");
    }
    if let Some(more) = lines.len().checked_sub(MOST_LISTED).filter(|n| *n > 0) {
        let _ = writeln!(out, "> - and {more} more");
    }
}

/// What does not work while a plan is carried out: of every replacement whose old one goes first.
fn outages(plan: &Plan, schemas: &[&'static Schema]) -> Vec<String> {
    let replaced = plan.steps.iter().filter(|step| {
        matches!(step.action, Action::Delete { .. })
            && step.replaces.is_some_and(|create| step.id < create)
    });
    replaced
        .filter_map(|step| {
            let schema = schema_of(schemas, &step.address.kind)?;
            Some(format!("{}: {}", step.address, schema.outage?))
        })
        .collect()
}

fn body(
    plan: &Plan,
    around: Around<'_>,
    fill: Fill,
    group: &Group<'_>,
    room: &mut usize,
) -> String {
    let lines = match fill {
        Fill::Attributes(lines) => lines,
        Fill::Resources | Fill::Some => 1,
    };
    let page = Page {
        plan,
        schemas: around.schemas,
        layout: Layout {
            width: WIDTH,
            value_lines: Some(lines),
        },
    };
    let mut body = String::new();
    for (at, item) in group.items.iter().enumerate() {
        if fill == Fill::Some && *room == 0 {
            let _ = writeln!(body, "  and {} more", group.items.len() - at);
            break;
        }
        *room = room.saturating_sub(1);
        let _ = writeln!(body, "{}", head(&page, item));
        if matches!(fill, Fill::Attributes(_)) {
            for text in page.details(item) {
                for line in plain(&text).lines() {
                    let _ = writeln!(body, "{}", line.trim_end());
                }
            }
        }
    }
    body
}

/// The head of an item with the sign in front that a `diff` is coloured by.
fn head(page: &Page<'_>, item: &Item<'_>) -> String {
    let head = plain(&page.head(item));
    let head = head.trim_start();
    match head.chars().next() {
        Some('±' | '~') => format!("!{}", head.trim_start_matches(['±', '~'])),
        Some(_) | None => head.to_owned(),
    }
}

/// A text between fences that are longer than any of its own.
fn fenced(body: &str) -> String {
    let longest = body
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}diff\n{body}{fence}\n")
}
