//! One thing that a plan does, with all that it changes.
//!
//! May depend on `plan` and `model`. Invariant: every attribute that differs is in it; of a long value
//! an ellipsis stands for what both sides begin with, and a note for what was cut at the end.

use std::fmt::Write as _;

use super::difference::{Difference, Leaf, between, of_new};
use super::items::{Item, changes};
use super::paint::{BAD, CAUTION, FAINT, GOOD, STRONG, TURN, one_line, paint};
use super::value::{UNKNOWN, rank, text};
use super::wrap::{INDENT, Layout, prose, wrapped};
use crate::model::{Change, Name, Names, Schema, Value, schema_of};
use crate::plan::{Action, Plan, Reason, Step, StepId};

/// How much of a long text stands before the place where it differs.
const CONTEXT: usize = 20;

/// A plan, and how it is shown.
pub(super) struct Page<'a> {
    pub(super) plan: &'a Plan,
    pub(super) schemas: &'a [&'static Schema],
    pub(super) layout: Layout,
}

impl Page<'_> {
    /// What is done.
    pub(super) fn head(&self, item: &Item<'_>) -> String {
        let (style, verb) = match item {
            Item::Replacement { .. } => (TURN, "± replace"),
            Item::Single(step) => match step.action {
                Action::Create { .. } => (GOOD, "+ create"),
                Action::Update { .. } => (CAUTION, "~ update"),
                Action::Delete { .. } => (BAD, "- delete"),
            },
        };
        let address = paint(STRONG, item.address());
        let mut head = format!("  {} {address}", paint(style, verb));
        let notes = notes(item);
        if !notes.is_empty() {
            let _ = write!(head, " {}", paint(FAINT, format!("({})", notes.join("; "))));
        }
        prose(&head, self.layout.width, INDENT.len())
    }

    /// What it changes, one text for each attribute; a long one has several lines.
    pub(super) fn details(&self, item: &Item<'_>) -> Vec<String> {
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
                self.meanwhile(create.id, delete, &mut lines);
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
                self.forces(first);
            }
            lines.extend(leaves);
        }
    }

    /// Says of an attribute that it forces the replacement, on a line of its own where it must be.
    fn forces(&self, leaf: &mut String) {
        const WORDS: &str = "(forces the replacement)";
        let last = leaf.lines().next_back().unwrap_or_default();
        let columns = textwrap::core::display_width(last) + 1 + WORDS.len();
        if columns > self.layout.width {
            let _ = write!(leaf, "\n{INDENT}   ");
        }
        let _ = write!(leaf, " {}", paint(TURN, WORDS));
    }

    /// What does not work between the old one and the new one.
    fn meanwhile(&self, create: StepId, delete: &Step, lines: &mut Vec<String>) {
        if delete.id < create
            && let Some(outage) = self.schema(delete).and_then(|schema| schema.outage)
        {
            let words = format!("until the new one is there: {outage}");
            lines.push(wrapped(self.layout, &words));
        }
    }

    fn schema(&self, step: &Step) -> Option<&'static Schema> {
        schema_of(self.schemas, &step.address.kind)
    }

    fn lost(&self, step: &Step, lines: &mut Vec<String>) {
        if let Some(what) = self.schema(step).and_then(|schema| schema.holds) {
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
        leaves
            .iter()
            .flat_map(|leaf| self.whole_or_apart(leaf, names))
            .collect()
    }

    /// A leaf, or its own leaves where it is a structure of which a part would be cut.
    fn whole_or_apart(&self, leaf: &Leaf<'_>, names: &Names) -> Vec<String> {
        let whole = self.leaf(leaf, names);
        let most = self.layout.value_lines.unwrap_or(usize::MAX);
        if whole.lines().count() <= most {
            return vec![whole];
        }
        let parts = leaf.apart();
        parts.iter().map(|leaf| self.leaf(leaf, names)).collect()
    }

    fn new_leaf(&self, leaf: &Leaf<'_>, names: &Names) -> String {
        match leaf.what {
            Difference::Added(value)
            | Difference::Removed(value)
            | Difference::Changed { to: value, .. } => wrapped(
                self.layout,
                &format!("{}: {}", leaf.path, text(value, names)),
            ),
        }
    }

    fn leaf(&self, leaf: &Leaf<'_>, names: &Names) -> String {
        let path = &leaf.path;
        match leaf.what {
            Difference::Added(value) => {
                wrapped(self.layout, &format!("{path}: + {}", text(value, names)))
            }
            Difference::Removed(value) => {
                wrapped(self.layout, &format!("{path}: - {}", text(value, names)))
            }
            Difference::Changed { from, to } => self.before_after(path, from, to, names),
        }
    }

    fn before_after(&self, path: &str, before: &Value, after: &Value, names: &Names) -> String {
        let (mut from, mut to) = (text(before, names), text(after, names));
        if to
            .strip_suffix(UNKNOWN)
            .is_some_and(|to| to.trim_end() == from)
        {
            to = format!("the new {to}");
        }
        if self.layout.value_lines.is_some() && from.len().max(to.len()) > self.layout.width {
            (from, to) = from_where_they_differ(&from, &to);
        }
        let line = format!("{path}: {from} -> {to}");
        if INDENT.len() + line.chars().count() <= self.layout.width {
            return format!("{INDENT}{line}");
        }
        format!(
            "{INDENT}{path}:\n{}\n{}",
            wrapped(self.layout, &format!("  {from}")),
            wrapped(self.layout, &format!("  -> {to}"))
        )
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
