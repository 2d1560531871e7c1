//! What becomes of each wanted resource: kept, updated, replaced or made.
//!
//! May depend on `model`. Invariant: decisions compare physical identifiers; what is being made has
//! none yet, so whatever refers to it differs.

use std::collections::{BTreeMap, BTreeSet};

use super::refuse::Refusal;
use super::step::Reason;
use crate::model::{
    Address, Change, Cidr, Node, OnChange, OutputName, Position, Record, Replacement, Schema,
    Snapshot, State, TagChange, Value, Values,
};

/// What becomes of a wanted resource.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// Nothing.
    Keep,
    /// It is not there.
    Create,
    /// It changes in place.
    Update {
        changes: Vec<Change>,
        tags: TagChange,
    },
    /// It is as wanted and does not work yet; what AWS says.
    Settle { message: String },
    /// A new one takes its place.
    Replace { order: Replacement, because: Reason },
}

/// A wanted resource and what was decided about it.
#[derive(Clone, Debug)]
pub(super) struct Verdict<'a> {
    pub(super) node: &'a Node,
    /// The wanted attributes, with identifiers of what stays.
    pub(super) want: Values,
    /// The record that it is now.
    pub(super) current: Option<&'a Record>,
    pub(super) decision: Decision,
}

pub(super) type Verdicts<'a> = BTreeMap<&'a Address, Verdict<'a>>;

/// Everything that decisions rest on.
pub(super) struct Question<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// What the user wants to be new.
    pub(super) replace: &'a BTreeSet<Address>,
    /// Whether to wait also for what nothing needs to be finished.
    pub(super) wait_for_lazy: bool,
    /// What must go before it comes again, each with what it makes way for.
    pub(super) forced: BTreeMap<&'a Address, &'a Address>,
    /// The wanted nodes, targets first.
    pub(super) order: Vec<(&'a Address, &'a Node)>,
}

impl<'a> Question<'a> {
    /// Decides about everything.
    ///
    /// A delete-first replacement needs every holder of the old resource gone before, which makes
    /// more replacements; so this repeats until nothing is added.
    pub(super) fn decide(&self, refusals: &mut Vec<Refusal>) -> Verdicts<'a> {
        let mut forced = self.forced.clone();
        loop {
            let mut found_refusals = Vec::new();
            let verdicts = self.decide_once(&forced, &mut found_refusals);
            let more = self.holders(&verdicts);
            let before = forced.len();
            for (holder, target) in more {
                forced.entry(holder).or_insert(target);
            }
            if forced.len() == before {
                refusals.append(&mut found_refusals);
                return verdicts;
            }
        }
    }

    fn decide_once(
        &self,
        forced: &BTreeMap<&'a Address, &'a Address>,
        refusals: &mut Vec<Refusal>,
    ) -> Verdicts<'a> {
        let mut verdicts = Verdicts::new();
        for (address, node) in self.order.iter().copied() {
            let want: Values = node
                .values
                .iter()
                .map(|(name, value)| {
                    (
                        name.clone(),
                        value.resolve(&|output| known(&verdicts, output)),
                    )
                })
                .collect();
            let verdict = self.judge(address, node, want, forced.get(address).copied(), refusals);
            verdicts.insert(address, verdict);
        }
        verdicts
    }

    fn judge(
        &self,
        address: &'a Address,
        node: &'a Node,
        want: Values,
        forced: Option<&'a Address>,
        refusals: &mut Vec<Refusal>,
    ) -> Verdict<'a> {
        let mut candidates: Vec<_> = self
            .snapshot
            .at(address)
            .iter()
            .filter(|record| record.state != State::Leaving)
            .map(|record| (assess(node, &want, record), record))
            .collect();
        candidates.sort_by_key(|(assessment, record)| {
            let is_unused = !self.is_held(record);
            (
                assessment.rank,
                assessment.changes.len(),
                is_unused,
                &record.id,
            )
        });
        let Some((best, current)) = candidates.into_iter().next() else {
            return Verdict {
                node,
                want,
                current: None,
                decision: Decision::Create,
            };
        };
        if let Rank::Refuse = best.rank {
            refusals.extend(best.refusals(address));
        }
        let decision = best.decide(
            node.schema,
            &want,
            current,
            self.replace.contains(address),
            forced,
        );
        let decision = match decision {
            Decision::Settle { .. } if node.schema.lazy && !self.wait_for_lazy => Decision::Keep,
            decision => decision,
        };
        Verdict {
            node,
            want,
            current: Some(current),
            decision,
        }
    }

    /// Whether anything refers to this record.
    fn is_held(&self, record: &Record) -> bool {
        self.snapshot
            .records()
            .flat_map(|(_, records)| records)
            .any(|holder| refers(holder, record))
    }

    /// The holders of what is replaced delete-first, that go on wanting it, each with its target.
    fn holders(&self, verdicts: &Verdicts<'a>) -> Vec<(&'a Address, &'a Address)> {
        let mut holders = Vec::new();
        for (target, verdict) in verdicts {
            let (
                Decision::Replace {
                    order: Replacement::DeleteFirst,
                    ..
                },
                Some(old),
            ) = (&verdict.decision, verdict.current)
            else {
                continue;
            };
            for (holder, other) in verdicts {
                if holder != target
                    && !matches!(
                        other.decision,
                        Decision::Replace {
                            order: Replacement::DeleteFirst,
                            ..
                        }
                    )
                    && other
                        .current
                        .is_some_and(|r| holds(other.node.schema, r, old))
                    && wants(other.node, target)
                {
                    holders.push((*holder, *target));
                }
            }
        }
        holders
    }
}

/// The identifier that an output has and keeps.
fn known(verdicts: &Verdicts<'_>, output: &OutputName) -> Option<String> {
    let verdict = verdicts.get(&output.address)?;
    let record = verdict.current?;
    let stays = match &verdict.decision {
        Decision::Keep | Decision::Settle { .. } => true,
        Decision::Update { changes, .. } => {
            let info = verdict.node.schema.output(&output.output);
            !info.is_some_and(|info| info.volatility.changes_with(changes))
        }
        Decision::Create | Decision::Replace { .. } => false,
    };
    if stays {
        record.outputs.get(&output.output).cloned()
    } else {
        None
    }
}

/// Whether `holder` keeps AWS from deleting `target`.
pub(super) fn holds(schema: &Schema, holder: &Record, target: &Record) -> bool {
    schema.attributes.iter().any(|attribute| {
        !attribute.loose
            && holder
                .values
                .get(attribute.name)
                .is_some_and(|value| names(value, target))
    })
}

/// Whether `holder` refers to `target` at all.
fn refers(holder: &Record, target: &Record) -> bool {
    holder.values.values().any(|value| names(value, target))
}

/// Whether an identifier of this record is in the value.
fn names(value: &Value, record: &Record) -> bool {
    let mut found = false;
    value.each_id(&mut |_, id| found |= record.outputs.values().any(|output| output == id));
    found
}

/// Whether a node has a holding reference to this address.
fn wants(node: &Node, target: &Address) -> bool {
    node.schema.attributes.iter().any(|attribute| {
        !attribute.loose
            && node.values.get(attribute.name).is_some_and(|value| {
                let mut found = false;
                value.each_pending(&mut |output, position| {
                    found |= position == Position::Reference && output.address == *target;
                });
                found
            })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Keep,
    Update,
    Replace,
    Refuse,
}

/// How far a record is from what is wanted.
struct Assessment {
    rank: Rank,
    changes: Vec<Change>,
    tags: TagChange,
    replacing: Vec<&'static str>,
    refusing: Vec<(&'static str, &'static str)>,
}

fn assess(node: &Node, want: &Values, record: &Record) -> Assessment {
    let mut changes = Vec::new();
    let mut replacing = Vec::new();
    let mut refusing = Vec::new();
    for attribute in node.schema.attributes {
        let to = want.get(attribute.name).unwrap_or(&Value::Absent);
        let from = record.values.get(attribute.name).unwrap_or(&Value::Absent);
        if to == from {
            continue;
        }
        changes.push(Change {
            attribute: attribute.name.into(),
            from: from.clone(),
            to: to.clone(),
        });
        match attribute.on_change {
            OnChange::Update => {}
            OnChange::Attach if *from == Value::Absent => {}
            OnChange::Attach => replacing.push(attribute.name),
            OnChange::Replace => replacing.push(attribute.name),
            OnChange::Refuse(why) => refusing.push((attribute.name, why)),
        }
    }
    let tags = if node.schema.is_child() {
        TagChange::default()
    } else {
        TagChange::between(&record.tags, &node.tags)
    };
    let rank = if !refusing.is_empty() {
        Rank::Refuse
    } else if !replacing.is_empty() || matches!(record.state, State::Broken(_)) {
        Rank::Replace
    } else if !changes.is_empty() || !tags.is_empty() {
        Rank::Update
    } else {
        Rank::Keep
    };
    Assessment {
        rank,
        changes,
        tags,
        replacing,
        refusing,
    }
}

impl Assessment {
    fn refusals(&self, address: &Address) -> Vec<Refusal> {
        self.refusing
            .iter()
            .map(|(attribute, why)| Refusal {
                address: address.clone(),
                why: format!("`{attribute}` cannot be changed: {why}"),
                hint: "take the change back, or destroy the resource first".to_owned(),
            })
            .collect()
    }

    fn decide(
        self,
        schema: &Schema,
        want: &Values,
        record: &Record,
        requested: bool,
        forced: Option<&Address>,
    ) -> Decision {
        let because = match (&record.state, forced) {
            _ if !self.replacing.is_empty() => Some(Reason::Replaced {
                attributes: self.replacing.iter().map(|name| (*name).into()).collect(),
            }),
            (State::Broken(message), _) => Some(Reason::Broken {
                message: message.clone(),
            }),
            _ if requested => Some(Reason::Requested),
            (_, Some(target)) => Some(Reason::HoldsReplaced {
                target: target.clone(),
            }),
            (_, None) => None,
        };
        match because {
            Some(because) => Decision::Replace {
                order: if forced.is_some() || collide(schema, want, &record.values) {
                    Replacement::DeleteFirst
                } else {
                    schema.replacement
                },
                because,
            },
            None if self.rank == Rank::Keep => match &record.state {
                State::Busy(message) => Decision::Settle {
                    message: message.clone(),
                },
                State::Ready | State::Broken(_) | State::Leaving => Decision::Keep,
            },
            None => Decision::Update {
                changes: self.changes,
                tags: self.tags,
            },
        }
    }
}

/// Whether two resources of a kind cannot be there at once.
pub(super) fn collide(schema: &Schema, one: &Values, other: &Values) -> bool {
    let same = |names: &[&'static str]| {
        !names.is_empty()
            && names
                .iter()
                .all(|name| same_place(one.get(*name), other.get(*name)))
    };
    let child = |parent: &&'static str| same(&[&[*parent], schema.key].concat());
    same(schema.named.as_slice()) || same(schema.exclusive) || schema.parent.iter().any(child)
}

fn same_place(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Text(one)), Some(Value::Text(other))) => {
            one == other || overlap(one, other).unwrap_or(false)
        }
        (Some(one), Some(other)) => one.is_known() && one == other,
        (None, _) | (_, None) => false,
    }
}

fn overlap(one: &str, other: &str) -> Option<bool> {
    let one: Cidr = one.parse().ok()?;
    let other: Cidr = other.parse().ok()?;
    Some(one.overlaps(other))
}
