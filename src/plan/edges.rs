//! Which step waits for which, and until when.
//!
//! May depend on `model`. Invariant: an edge exists only where data, a reference that AWS enforces, a use by
//! ARN, a declared order or a place that only one can have demands it.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{collide, holds};
use super::following::{found_share, stand_ins, wanted_share};
use super::planner::Draft;
use super::step::{Action, After, Step, StepId};
use crate::model::{
    Address, Graph, Milestone, OutputName, Record, Schema, Snapshot, Value, Values, schema_of,
};

/// What an ARN begins with.
const ARN: &str = "arn:";

/// What each draft waits for.
pub(super) type Edges = Vec<BTreeMap<usize, Milestone>>;

struct Room<'a, 'd> {
    drafts: &'d [Draft<'a>],
    schemas: &'d [&'static Schema],
    /// The draft that makes or updates each address.
    making: BTreeMap<&'d Address, usize>,
    /// The draft that deletes each record, by kind and identifier.
    deleting: BTreeMap<(&'d str, &'d str), usize>,
    /// The records that hold a reference to each identifier, by class and identifier.
    holders: BTreeMap<(String, String), Vec<Holder<'d>>>,
    /// The records that use something by its ARN in one of their texts, by the ARN.
    mentions: BTreeMap<&'d str, Vec<Holder<'d>>>,
    edges: Edges,
}

/// A record with a reference to another one.
#[derive(Clone, Copy)]
struct Holder<'d> {
    address: &'d Address,
    record: &'d Record,
    /// AWS lets the target be deleted all the same.
    is_loose: bool,
    /// Nobody waits for what becomes of the holder.
    is_lazy: bool,
}

/// What each draft waits for.
pub(super) fn after(
    drafts: &[Draft<'_>],
    graph: &Graph,
    snapshot: &Snapshot,
    schemas: &[&'static Schema],
) -> Edges {
    let mut room = Room::new(drafts, snapshot, schemas);
    for (at, draft) in drafts.iter().enumerate() {
        match &draft.action {
            Action::Create { want, .. } => {
                room.wait_for_targets(at);
                room.wait_for_followed(at);
                room.wait_for_place(at, want);
            }
            Action::Update { .. } => {
                if !is_retagging(draft) {
                    room.wait_for_targets(at);
                    room.wait_for_followed(at);
                }
            }
            Action::Delete { found } => {
                room.wait_for_holders(at, found);
                room.wait_for_followers(at, found);
            }
        }
        room.wait_for_counterpart(at);
    }
    for (at, draft) in drafts.iter().enumerate() {
        if let Action::Delete { found } = &draft.action {
            room.wait_for_loose_holders(at, found);
            room.wait_for_changing_followers(at, found);
            room.wait_as_parent(at, found);
        }
    }
    for (at, draft) in drafts.iter().enumerate() {
        if let (Action::Delete { found }, None) = (&draft.action, draft.replaces) {
            room.wait_for_stand_ins(at, &stand_ins(graph, snapshot, schemas, found));
        }
    }
    for (at, draft) in drafts.iter().enumerate() {
        if let Action::Delete { found } = &draft.action {
            room.wait_for_mentions(at, found);
        }
    }
    room.edges
}

/// Whether nothing but tags changes, which concerns nobody else.
fn is_retagging(draft: &Draft<'_>) -> bool {
    match &draft.action {
        Action::Update { changes, tags, .. } => changes.is_empty() && !tags.is_empty(),
        Action::Create { .. } | Action::Delete { .. } => false,
    }
}

impl<'a, 'd> Room<'a, 'd> {
    fn new(
        drafts: &'d [Draft<'a>],
        snapshot: &'d Snapshot,
        schemas: &'d [&'static Schema],
    ) -> Self {
        let mut room = Self {
            drafts,
            schemas,
            making: BTreeMap::new(),
            deleting: BTreeMap::new(),
            holders: BTreeMap::new(),
            mentions: BTreeMap::new(),
            edges: vec![BTreeMap::new(); drafts.len()],
        };
        for (at, draft) in drafts.iter().enumerate() {
            match &draft.action {
                Action::Create { .. } | Action::Update { .. } => {
                    if !is_retagging(draft) {
                        room.making.insert(draft.address, at);
                    }
                }
                Action::Delete { found } => {
                    room.deleting.insert((found.kind.as_str(), &found.id), at);
                }
            }
        }
        for (address, records) in snapshot.records() {
            for record in records {
                room.index_holder(address, record);
            }
        }
        room
    }

    fn index_holder(&mut self, address: &'d Address, record: &'d Record) {
        let Some(schema) = self.schema(record.kind.as_str()) else {
            return;
        };
        for attribute in schema.attributes {
            let holder = Holder {
                address,
                record,
                is_loose: attribute.loose,
                is_lazy: schema.lazy,
            };
            if let Some(value) = record.values.get(attribute.name) {
                value.each_id(&mut |class, id| {
                    self.holders
                        .entry((class.to_owned(), id.to_owned()))
                        .or_default()
                        .push(holder);
                });
                if attribute.mentions {
                    value.each_text(&mut |text| {
                        if text.starts_with(ARN) {
                            self.mentions.entry(text).or_default().push(holder);
                        }
                    });
                }
            }
        }
    }

    fn schema(&self, kind: &str) -> Option<&'static Schema> {
        self.schemas.iter().find(|s| s.kind == *kind).copied()
    }

    fn wait(&mut self, at: usize, target: usize, until: Milestone) {
        if at != target {
            let edge = self.edges[at].entry(target).or_insert(until);
            *edge = (*edge).max(until);
        }
    }

    /// What is made waits for what it refers to.
    fn wait_for_targets(&mut self, at: usize) {
        let Some(node) = self.drafts[at].node else {
            return;
        };
        for attribute in node.schema.attributes {
            let mut targets: Vec<&OutputName> = Vec::new();
            if let Some(value) = node.values.get(attribute.name) {
                value.each_pending(&mut |output, _| targets.push(output));
            }
            for output in targets {
                if let Some(target) = self.making.get(&output.address).copied() {
                    self.wait(at, target, attribute.until);
                }
            }
        }
    }

    /// What is made waits for the kinds that it is declared to follow.
    fn wait_for_followed(&mut self, at: usize) {
        let Some(node) = self.drafts[at].node else {
            return;
        };
        for following in node.schema.after {
            for (other, draft) in self.drafts.iter().enumerate() {
                let (Some(target), true) = (draft.node, draft.schema.kind == *following.kind)
                else {
                    continue;
                };
                if is_retagging(draft) {
                    continue;
                }
                if wanted_share(following, &node.values, &target.values) {
                    self.wait(at, other, Milestone::Ready);
                }
            }
        }
    }

    /// What is made waits until whatever has its name or place is gone.
    fn wait_for_place(&mut self, at: usize, want: &Values) {
        let schema = self.drafts[at].schema;
        for (other, draft) in self.drafts.iter().enumerate() {
            if let Action::Delete { found } = &draft.action
                && draft.schema.kind == schema.kind
                && collide(schema, want, &found.values)
            {
                self.wait(at, other, Milestone::Gone);
            }
        }
    }

    /// What is deleted waits until nothing holds it.
    fn wait_for_holders(&mut self, at: usize, found: &Record) {
        for holder in self.holders_of(found) {
            if let (false, Some((target, until))) = (holder.is_loose, self.release(holder)) {
                self.wait(at, target, until);
            }
        }
    }

    /// What is deleted outlives those who merely refer to it, where that is possible. The end of a
    /// lazy one takes too long for that: a distribution needs minutes to go, and none of its origin.
    fn wait_for_loose_holders(&mut self, at: usize, found: &Record) {
        for holder in self.holders_of(found) {
            if holder.is_loose {
                self.wait_unless_cyclic(at, holder);
            }
        }
    }

    /// What is deleted outlives those who use it by its ARN, where nothing else stands against it.
    fn wait_for_mentions(&mut self, at: usize, found: &Record) {
        let ids = found.outputs.values();
        let holders = ids.filter_map(|id| self.mentions.get(id.as_str()));
        let holders: Vec<Holder<'_>> = holders.flatten().copied().collect();
        for holder in holders {
            if let Some((target, until)) = self.release(holder) {
                self.prefer(at, target, until);
            }
        }
    }

    fn wait_unless_cyclic(&mut self, at: usize, holder: Holder<'_>) {
        match self.release(holder) {
            Some((_, Milestone::Gone)) if holder.is_loose && holder.is_lazy => {}
            Some((target, until)) => self.prefer(at, target, until),
            None => {}
        }
    }

    /// Waits, unless the other waits already.
    fn prefer(&mut self, at: usize, target: usize, until: Milestone) {
        if !self.waits(target, at) {
            self.wait(at, target, until);
        }
    }

    /// What goes without a successor stays until whatever takes over its part is ready.
    fn wait_for_stand_ins(&mut self, at: usize, stand_ins: &BTreeSet<&Address>) {
        for (other, draft) in self.drafts.iter().enumerate() {
            if let Action::Create { .. } = draft.action
                && stand_ins.contains(draft.address)
            {
                self.prefer(at, other, Milestone::Ready);
            }
        }
    }

    /// The draft after which this holder holds no more.
    fn release(&self, holder: Holder<'_>) -> Option<(usize, Milestone)> {
        let record = (holder.record.kind.as_str(), holder.record.id.as_str());
        match self.deleting.get(&record) {
            Some(gone) => Some((*gone, Milestone::Gone)),
            None => Some((*self.making.get(holder.address)?, Milestone::Ready)),
        }
    }

    fn holders_of(&self, found: &Record) -> Vec<Holder<'d>> {
        let Some(schema) = self.schema(found.kind.as_str()) else {
            return Vec::new();
        };
        schema
            .outputs
            .iter()
            .filter_map(|output| {
                let id = found.outputs.get(output.name)?;
                self.holders.get(&(output.class.to_owned(), id.clone()))
            })
            .flatten()
            .copied()
            .filter(|holder| holder.record.kind != found.kind || holder.record.id != found.id)
            .collect()
    }

    /// What is deleted waits for the kinds that are declared to follow it.
    fn wait_for_followers(&mut self, at: usize, found: &Record) {
        for (other, draft) in self.drafts.iter().enumerate() {
            if let Action::Delete { found: follower } = &draft.action
                && self.follows(draft, follower, found)
            {
                self.wait(at, other, Milestone::Gone);
            }
        }
    }

    /// What is deleted stays until those that follow it are changed, where that is possible: a
    /// security group keeps the rule of a port until no task of the service listens to it.
    fn wait_for_changing_followers(&mut self, at: usize, found: &Record) {
        let drafts = self.drafts;
        for (other, draft) in drafts.iter().enumerate() {
            if let Action::Update {
                found: follower, ..
            } = &draft.action
                && !is_retagging(draft)
                && self.follows(draft, follower, found)
            {
                self.prefer(at, other, Milestone::Ready);
            }
        }
    }

    /// Whether a draft's record is declared to follow another.
    fn follows(&self, draft: &Draft<'_>, follower: &Record, found: &Record) -> bool {
        draft.schema.after.iter().any(|following| {
            found.kind == *following.kind && found_share(self.schemas, following, found, follower)
        })
    }

    /// A child that goes because its parent goes does not go before those who use the parent: a
    /// security group keeps its rules as long as anything is in it. Where they in turn wait for
    /// the child, this gives way.
    fn wait_as_parent(&mut self, at: usize, found: &Record) {
        let Some(Value::Id { id, .. }) = self.drafts[at]
            .schema
            .parent
            .and_then(|parent| found.values.get(parent))
        else {
            return;
        };
        let drafts = self.drafts;
        let parents = drafts.iter().filter_map(|draft| match &draft.action {
            Action::Delete { found } if found.outputs.values().any(|o| o == id) => Some(found),
            Action::Create { .. } | Action::Update { .. } | Action::Delete { .. } => None,
        });
        let holders: Vec<Holder<'_>> = parents.flat_map(|p| self.holders_of(p)).collect();
        for holder in holders {
            let is_child = self
                .schema(holder.record.kind.as_str())
                .is_none_or(Schema::is_child);
            if !is_child {
                self.wait_unless_cyclic(at, holder);
            }
        }
    }

    /// Whether one draft waits for another, over however many others.
    fn waits(&self, at: usize, target: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![at];
        while let Some(draft) = next.pop() {
            if draft == target {
                return true;
            }
            if seen.insert(draft) {
                next.extend(self.edges[draft].keys());
            }
        }
        false
    }

    /// The second half of a replacement waits for the first.
    fn wait_for_counterpart(&mut self, at: usize) {
        let Some(other) = self.drafts[at].replaces.filter(|other| *other < at) else {
            return;
        };
        let until = match self.drafts[other].action {
            Action::Create { .. } | Action::Update { .. } => Milestone::Ready,
            Action::Delete { .. } => Milestone::Gone,
        };
        self.wait(at, other, until);
    }
}

/// The addresses whose records hold this one and stay as they are.
pub(super) fn kept_holders(
    drafts: &[Draft<'_>],
    snapshot: &Snapshot,
    schemas: &[&'static Schema],
    found: &Record,
) -> Vec<Address> {
    let moves = |address: &Address, record: &Record| {
        drafts.iter().any(|draft| match &draft.action {
            Action::Delete { found } => found.kind == record.kind && found.id == record.id,
            Action::Update { .. } => draft.address == address,
            Action::Create { .. } => false,
        })
    };
    snapshot
        .records()
        .flat_map(|(address, records)| records.iter().map(move |record| (address, record)))
        .filter(|(_, record)| record.kind != found.kind || record.id != found.id)
        .filter(|(_, record)| {
            schema_of(schemas, &record.kind).is_some_and(|schema| holds(schema, record, found))
        })
        .filter(|(address, record)| !moves(address, record))
        .map(|(address, _)| address.clone())
        .collect()
}

/// The drafts as steps, numbered in this order.
pub(super) fn steps(drafts: &[Draft<'_>], edges: &Edges, order: &[usize]) -> Vec<Step> {
    let number: BTreeMap<usize, StepId> = order
        .iter()
        .enumerate()
        .map(|(number, draft)| (*draft, StepId(number)))
        .collect();
    order
        .iter()
        .map(|at| {
            let draft = &drafts[*at];
            let mut after: Vec<After> = edges[*at]
                .iter()
                .map(|(target, until)| After {
                    step: number[target],
                    until: *until,
                })
                .collect();
            after.sort();
            Step {
                id: number[at],
                address: draft.address.clone(),
                action: draft.action.clone(),
                because: draft.because.clone(),
                replaces: draft.replaces.map(|other| number[&other]),
                after,
            }
        })
        .collect()
}
