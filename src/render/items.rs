//! A plan's steps as a person thinks of them: a replacement is one thing.
//!
//! May depend on `plan` and `model`. Invariant: every step of the plan is in exactly one item, and
//! the order of items follows from the plan alone.

use std::collections::BTreeMap;

use super::layers::layer;
use crate::model::{
    Address, Change, Name, Record, Schema, TagChange, Tags, Value, Values, schema_of,
};
use crate::plan::{Action, Plan, Reason, Step};

/// One thing that a plan does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    /// A step by itself.
    Single(&'a Step),
    /// Two steps of one replacement.
    Replacement {
        /// The new resource.
        create: &'a Step,
        /// The old one.
        delete: &'a Step,
    },
}

impl<'a> Item<'a> {
    /// What it is about.
    pub(super) fn address(&self) -> &'a Address {
        match self {
            Self::Single(step) | Self::Replacement { create: step, .. } => &step.address,
        }
    }

    /// Why it is done.
    pub(super) fn because(&self) -> &'a Reason {
        match self {
            Self::Single(step) | Self::Replacement { create: step, .. } => &step.because,
        }
    }
}

/// The items of one layer of the architecture.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The layer's name.
    pub(super) layer: &'static str,
    /// Kinds in the order of their first step, and within a kind the plan's order.
    pub(super) items: Vec<Item<'a>>,
}

/// The items of a plan by layer, from the internet inwards.
pub(super) fn groups<'a>(plan: &'a Plan, schemas: &[&'static Schema]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<usize, Group<'a>> = BTreeMap::new();
    for item in items(plan) {
        let kind = &item.address().kind;
        let schema = schema_of(schemas, kind);
        let (place, layer) = layer(schema.map_or("", |schema| schema.service()));
        let group = groups.entry(place).or_insert_with(|| Group {
            layer,
            items: Vec::new(),
        });
        group.items.push(item);
    }
    groups.into_values().collect()
}

/// The items of a plan: kinds in the order of their first step, and within a kind the plan's order.
fn items(plan: &Plan) -> Vec<Item<'_>> {
    let mut kinds = BTreeMap::new();
    for step in &plan.steps {
        let next = kinds.len();
        kinds.entry(&step.address.kind).or_insert(next);
    }
    let mut items: Vec<Item<'_>> = plan
        .steps
        .iter()
        .filter_map(|step| item(plan, step))
        .collect();
    items.sort_by_key(|item| kinds.get(&item.address().kind).copied());
    items
}

/// The item whose first step this is.
fn item<'a>(plan: &'a Plan, step: &'a Step) -> Option<Item<'a>> {
    let Some(partner) = step.replaces.and_then(|id| plan.steps.get(id.0)) else {
        return Some(Item::Single(step));
    };
    if partner.id < step.id {
        return None;
    }
    match (&step.action, &partner.action) {
        (Action::Create { .. }, Action::Delete { .. }) => Some(Item::Replacement {
            create: step,
            delete: partner,
        }),
        (Action::Delete { .. }, Action::Create { .. }) => Some(Item::Replacement {
            create: partner,
            delete: step,
        }),
        (_, _) => Some(Item::Single(step)),
    }
}

/// The attributes that an update or a replacement changes, and the tags as one more of them.
pub(super) fn changes(plan: &Plan, step: &Step) -> Vec<Change> {
    match &step.action {
        Action::Create { want, .. } => {
            let replaced = step.replaces.and_then(|id| plan.steps.get(id.0));
            match replaced.map(|old| &old.action) {
                Some(Action::Delete { found }) => differing(&found.values, want),
                Some(Action::Create { .. } | Action::Update { .. }) | None => {
                    differing(&Values::new(), want)
                }
            }
        }
        Action::Update {
            found,
            changes,
            tags,
            ..
        } => {
            let mut changes = changes.clone();
            changes.extend(tag_change(found, tags));
            changes
        }
        Action::Delete { .. } => Vec::new(),
    }
}

fn differing(from: &Values, to: &Values) -> Vec<Change> {
    let side = |values: &Values, name: &Name| values.get(name).cloned().unwrap_or(Value::Absent);
    let mut names: Vec<&Name> = to.keys().chain(from.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| Change {
            attribute: name.clone(),
            from: side(from, name),
            to: side(to, name),
        })
        .filter(|change| change.from != change.to)
        .collect()
}

/// The attribute `tags`, reduced to the tags that differ.
fn tag_change(found: &Record, tags: &TagChange) -> Option<Change> {
    if tags.is_empty() {
        return None;
    }
    let touched = |key: &&String| tags.set.contains_key(*key) || tags.remove.contains(key);
    let from: Tags = found
        .tags
        .iter()
        .filter(|(key, _)| touched(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Some(Change {
        attribute: Name::Borrowed("tags"),
        from: tag_values(&from),
        to: tag_values(&tags.set),
    })
}

fn tag_values(tags: &Tags) -> Value {
    Value::Map(
        tags.iter()
            .map(|(key, value)| (key.clone(), Value::Text(value.clone())))
            .collect(),
    )
}
