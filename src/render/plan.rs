//! A plan for a person to read.
//!
//! May depend on `plan` and `model`. Invariant: the text is the same for equal plans, and every
//! step of the plan is in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::Style;

use super::difference::{Difference, Leaf, between, of_new};
use super::items::{Item, changes, items};
use super::paint::{BAD, CAUTION, FAINT, GOOD, STRONG, TURN, count, one_line, paint};
use super::value::{rank, text};
use crate::model::{Address, Change, Name, Names, Schema, Value};
use crate::plan::{Action, Plan, Reason, Scope, Step, StepId, Summary};

/// Where the attributes of a resource begin.
const INDENT: &str = "      ";
/// How much of a long text stands before the place where it differs.
const CONTEXT: usize = 20;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns to fill.
    pub width: usize,
    /// The most lines that one value may take; nothing is cut where this is absent.
    pub value_lines: Option<usize>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            width: 100,
            value_lines: Some(6),
        }
    }
}

/// What a plan is made for, which decides the words for an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To bring the stack to what its file says.
    Apply,
    /// To remove the stack.
    Destroy,
}

/// A plan with terminal colours, what choosing addresses did to it, and how much it is.
pub fn human(plan: &Plan, schemas: &[&'static Schema], purpose: Purpose, layout: Layout) -> String {
    if plan.is_empty() {
        let scope = scope(plan).map_or_else(String::new, |scope| scope + "\n");
        return scope + &nothing(plan, purpose);
    }
    let page = Page {
        plan,
        schemas,
        layout,
    };
    let mut out = String::new();
    let mut last_had_details = false;
    for (position, item) in items(plan).iter().enumerate() {
        let details = page.details(item);
        if position > 0 && (last_had_details || !details.is_empty()) {
            out.push('\n');
        }
        last_had_details = !details.is_empty();
        out.push_str(&page.head(item));
        out.push('\n');
        for line in details {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out.push('\n');
    if let Some(scope) = scope(plan) {
        let _ = writeln!(out, "{scope}");
    }
    let _ = writeln!(out, "{}", summary(&plan.summary()));
    out
}

fn nothing(plan: &Plan, purpose: Purpose) -> String {
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

/// What choosing addresses did to a plan, or nothing where all of it is there.
fn scope(plan: &Plan) -> Option<String> {
    let list = |addresses: &BTreeSet<Address>| {
        addresses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
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
fn summary(summary: &Summary) -> String {
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
    schemas
        .iter()
        .find(|schema| schema.kind == step.address.kind)?
        .holds
}

struct Page<'a> {
    plan: &'a Plan,
    schemas: &'a [&'static Schema],
    layout: Layout,
}

impl Page<'_> {
    fn head(&self, item: &Item<'_>) -> String {
        let (style, verb) = match item {
            Item::Replacement { .. } => (TURN, "± replace"),
            Item::Single(step) => match step.action {
                Action::Create { .. } => (GOOD, "+ create"),
                Action::Update { .. } => (CAUTION, "~ update"),
                Action::Delete { .. } => (BAD, "- delete"),
            },
        };
        let address = paint(STRONG, item.address());
        let mut head = format!("{} {address}", paint(style, verb));
        let notes = notes(item);
        if !notes.is_empty() {
            let _ = write!(head, " {}", paint(FAINT, format!("({})", notes.join("; "))));
        }
        head
    }

    fn details(&self, item: &Item<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        match item {
            Item::Single(step) => {
                self.changed(step, &[], &mut lines);
                if matches!(step.action, Action::Delete { .. }) {
                    self.lost(step, &mut lines);
                }
            }
            Item::Replacement { create, delete } => {
                let forcing: &[_] = match &create.because {
                    Reason::Replaced { attributes } => attributes,
                    Reason::Missing
                    | Reason::Changed
                    | Reason::Unwanted
                    | Reason::HoldsReplaced { .. }
                    | Reason::Requested
                    | Reason::Broken { .. }
                    | Reason::Superseded
                    | Reason::Leaving
                    | Reason::Settling { .. } => &[],
                };
                self.changed(create, forcing, &mut lines);
                self.lost(delete, &mut lines);
            }
        }
        lines
    }

    fn changed(&self, step: &Step, forcing: &[Name], lines: &mut Vec<String>) {
        for change in changes(self.plan, step) {
            let forces = forcing.contains(&change.attribute);
            let mut leaves = self.leaves(step, &change);
            if forces && let Some(first) = leaves.first_mut() {
                let _ = write!(first, " {}", paint(TURN, "(forces the replacement)"));
            }
            lines.extend(leaves);
        }
    }

    fn lost(&self, step: &Step, lines: &mut Vec<String>) {
        if let Some(what) = holds(self.schemas, step) {
            lines.push(format!("{INDENT}{} {what}", paint(BAD, "lost with it:")));
        }
    }

    /// One text per leaf of an attribute; a long one has several lines.
    fn leaves(&self, step: &Step, change: &Change) -> Vec<String> {
        let names = &self.plan.names;
        let is_new = matches!(step.action, Action::Create { .. }) && step.replaces.is_none();
        if is_new {
            return of_new(&change.attribute, &change.to)
                .iter()
                .filter(|leaf| !says_nothing(leaf))
                .map(|leaf| self.new_leaf(leaf, names))
                .collect();
        }
        let mut leaves = between(&change.attribute, &change.from, &change.to);
        for items in leaves.chunk_by_mut(|one, next| one.path == next.path) {
            items.sort_by_cached_key(|leaf| item_rank(leaf, names));
        }
        leaves.iter().map(|leaf| self.leaf(leaf, names)).collect()
    }

    fn new_leaf(&self, leaf: &Leaf<'_>, names: &Names) -> String {
        match leaf.what {
            Difference::Added(value)
            | Difference::Removed(value)
            | Difference::Changed { to: value, .. } => {
                self.wrapped(&format!("{}: {}", leaf.path, text(value, names)))
            }
        }
    }

    fn leaf(&self, leaf: &Leaf<'_>, names: &Names) -> String {
        let path = &leaf.path;
        match leaf.what {
            Difference::Added(value) => self.wrapped(&format!("{path}: + {}", text(value, names))),
            Difference::Removed(value) => {
                self.wrapped(&format!("{path}: - {}", text(value, names)))
            }
            Difference::Changed { from, to } => self.before_after(path, from, to, names),
        }
    }

    fn before_after(&self, path: &str, from: &Value, to: &Value, names: &Names) -> String {
        let (mut from, mut to) = (text(from, names), text(to, names));
        if self.layout.value_lines.is_some() && from.len().max(to.len()) > self.layout.width {
            (from, to) = from_where_they_differ(&from, &to);
        }
        let line = format!("{path}: {from} -> {to}");
        if INDENT.len() + line.chars().count() <= self.layout.width {
            return format!("{INDENT}{line}");
        }
        format!(
            "{INDENT}{path}:\n{}\n{}",
            self.wrapped(&format!("  {from}")),
            self.wrapped(&format!("  -> {to}"))
        )
    }

    /// A text broken into lines, the later ones further in.
    fn wrapped(&self, line: &str) -> String {
        let margin = line.len() - line.trim_start().len();
        let mut lines: Vec<String> = Vec::new();
        let mut rest: Vec<char> = line.chars().collect();
        loop {
            let hang = if lines.is_empty() { 0 } else { margin + 4 };
            let room = self
                .layout
                .width
                .saturating_sub(INDENT.len() + hang)
                .max(20);
            let at = break_at(&rest, room);
            let tail = rest.split_off(at);
            let part: String = rest.iter().collect();
            lines.push(format!("{INDENT}{:hang$}{}", "", part.trim_end()));
            rest = tail;
            if rest.is_empty() {
                return lines.join("\n");
            }
            if self
                .layout
                .value_lines
                .is_some_and(|most| lines.len() >= most)
            {
                let more = count(rest.len(), "more character", "more characters");
                let hang = margin + 4;
                let note = paint(FAINT, format!("… {more}; -v shows all"));
                lines.push(format!("{INDENT}{:hang$}{note}", ""));
                return lines.join("\n");
            }
        }
    }
}

/// The place of a leaf among the items that a set loses and gains.
fn item_rank(leaf: &Leaf<'_>, names: &Names) -> (bool, Option<String>) {
    match leaf.what {
        Difference::Removed(value) => (false, rank(value, names)),
        Difference::Added(value) | Difference::Changed { to: value, .. } => {
            (true, rank(value, names))
        }
    }
}

/// An empty collection of something new.
fn says_nothing(leaf: &Leaf<'_>) -> bool {
    match leaf.what {
        Difference::Added(Value::List(items)) => items.is_empty(),
        Difference::Added(Value::Set(items)) => items.is_empty(),
        Difference::Added(Value::Map(members)) => members.is_empty(),
        Difference::Added(_) | Difference::Removed(_) | Difference::Changed { .. } => false,
    }
}

/// Where to break a text that has this much room: behind a space where one is near.
fn break_at(text: &[char], room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    text[room / 2..room]
        .iter()
        .rposition(|character| *character == ' ')
        .map_or(room, |space| room / 2 + space + 1)
}

/// Two long texts without what both begin with.
fn from_where_they_differ(from: &str, to: &str) -> (String, String) {
    let common = from
        .chars()
        .zip(to.chars())
        .take_while(|(a, b)| a == b)
        .count();
    if common <= 2 * CONTEXT {
        return (from.to_owned(), to.to_owned());
    }
    let cut = |text: &str| {
        let tail: String = text.chars().skip(common - CONTEXT).collect();
        format!("…{tail}")
    };
    (cut(from), cut(to))
}

/// Why, and in which order, as far as the attributes do not say it.
fn notes(item: &Item<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    match item.because() {
        Reason::Missing | Reason::Changed | Reason::Unwanted | Reason::Replaced { .. } => {}
        Reason::HoldsReplaced { target } => {
            notes.push(format!("holds {target}, which is replaced"));
        }
        Reason::Requested => notes.push("as you asked".to_owned()),
        Reason::Broken { message } => {
            notes.push(format!("it does not work: {}", one_line(message)));
        }
        Reason::Superseded => notes.push("left over from an earlier run".to_owned()),
        Reason::Leaving => notes.push("is being deleted already".to_owned()),
        Reason::Settling { message } => {
            notes.push(format!("AWS is still working on it: {}", one_line(message)));
        }
    }
    if let Item::Replacement { create, delete } = item {
        notes.push(order(create.id, delete.id).to_owned());
    }
    notes
}

fn order(create: StepId, delete: StepId) -> &'static str {
    if create < delete {
        "the new one comes first"
    } else {
        "the old one goes first"
    }
}
