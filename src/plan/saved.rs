//! A plan in a file, with all that it rests on.
//!
//! May depend on `model`. Invariant: a file whose content was changed, cut off or made by another
//! version is refused, and a plan from a file does nothing that the stack file and AWS do not ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::planner::Options;
use super::step::{Action, Plan, StepId};
use crate::model::{Address, Change, Graph, Name, Names, Record, Snapshot, Value, Values};

/// The version of the file's form.
pub const FILE_VERSION: u32 = 1;
/// The largest file that is read, in bytes.
pub const LARGEST_BYTES: usize = 64 << 20;

/// Where and how a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What tells this plan from every other.
    pub number: String,
    /// The version of the program.
    pub version: String,
    /// When.
    pub made_at: String,
    /// The account.
    pub account: String,
    /// Whether the cloud is the simulated one.
    pub sandbox: bool,
}

/// A plan that is carried out later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Where and how it was made.
    pub origin: Origin,
    /// What the user asked beyond the stack.
    pub options: Options,
    /// Fingerprints of what is wanted, by address and attribute.
    wanted: BTreeMap<Address, BTreeMap<Name, String>>,
    /// The live resources that it rests on; no record where there must be none.
    basis: BTreeMap<Address, Vec<Record>>,
    /// The plan.
    pub plan: Plan,
}

/// A file is no plan that can be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is something else, or a part.
    #[error("it is not a whole plan: {0}")]
    NoPlan(String),
    /// Its content is not what was written.
    #[error("its content was changed after qpiac wrote it")]
    Changed,
    /// Another version of the program wrote it.
    #[error("qpiac {theirs} made it, and this is qpiac {ours}")]
    OtherVersion {
        /// The version that wrote it.
        theirs: String,
        /// This version.
        ours: String,
    },
}

/// How a resource that a plan rests on differs from what it was.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// It is there now.
    Appeared {
        /// Its identifier.
        id: String,
    },
    /// It is not there any more.
    Gone {
        /// Its identifier.
        id: String,
    },
    /// An attribute or tag is another.
    Changed(Change),
}

/// The file around a plan.
#[derive(Serialize, Deserialize)]
struct Envelope {
    qpiac_plan: u32,
    version: String,
    sha256: String,
    content: Json,
}

impl Saved {
    /// A plan with what it rests on.
    pub fn new(
        origin: Origin,
        options: &Options,
        graph: &Graph,
        snapshot: &Snapshot,
        plan: &Plan,
    ) -> Self {
        Self {
            origin,
            options: options.clone(),
            wanted: wanted(graph),
            basis: basis(plan, snapshot),
            plan: plan.clone(),
        }
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let content = serde_json::to_value(self).expect("a plan is plain data with textual keys");
        let envelope = Envelope {
            qpiac_plan: FILE_VERSION,
            version: self.origin.version.clone(),
            sha256: digest(&content),
            content,
        };
        let text = serde_json::to_string_pretty(&envelope);
        text.expect("a plan is plain data with textual keys") + "\n"
    }

    /// The plan that a file holds; `version` is that of this program.
    ///
    /// # Errors
    /// [`Unusable`] where it holds none that this program can carry out.
    pub fn parse(text: &[u8], version: &str) -> Result<Self, Unusable> {
        let no_plan = |error: serde_json::Error| Unusable::NoPlan(error.to_string());
        if text.len() > LARGEST_BYTES {
            let why = format!("it is larger than {LARGEST_BYTES} bytes");
            return Err(Unusable::NoPlan(why));
        }
        let envelope: Envelope = serde_json::from_slice(text).map_err(no_plan)?;
        if envelope.version != version || envelope.qpiac_plan != FILE_VERSION {
            return Err(Unusable::OtherVersion {
                theirs: envelope.version,
                ours: version.to_owned(),
            });
        }
        if digest(&envelope.content) != envelope.sha256 {
            return Err(Unusable::Changed);
        }
        let saved: Self = serde_json::from_value(envelope.content).map_err(no_plan)?;
        if saved.is_sound() && saved.origin.version == version {
            Ok(saved)
        } else {
            Err(Unusable::Changed)
        }
    }

    /// Whether the steps refer only to steps that are there and stand before.
    fn is_sound(&self) -> bool {
        let steps = &self.plan.steps;
        steps.iter().enumerate().all(|(at, step)| {
            step.id == StepId(at)
                && step.after.iter().all(|after| after.step.0 < at)
                && step.replaces.is_none_or(|other| other.0 < steps.len())
        })
    }

    /// What the stack file wants otherwise than when the plan was made, by address; no attribute
    /// where all of it is new or not wanted any more.
    pub fn rewritten(&self, graph: &Graph) -> BTreeMap<Address, BTreeSet<Name>> {
        let now = wanted(graph);
        let addresses: BTreeSet<&Address> = self.wanted.keys().chain(now.keys()).collect();
        let mut rewritten = BTreeMap::new();
        for address in addresses {
            let (then, now) = (self.wanted.get(address), now.get(address));
            if then == now {
                continue;
            }
            let differing = match (then, now) {
                (Some(then), Some(now)) => {
                    let names: BTreeSet<&Name> = then.keys().chain(now.keys()).collect();
                    let differs = |name: &&Name| then.get(*name) != now.get(*name);
                    names.into_iter().filter(differs).cloned().collect()
                }
                (None, _) | (_, None) => BTreeSet::new(),
            };
            rewritten.insert(address.clone(), differing);
        }
        rewritten
    }

    /// What moved in AWS among all that the plan rests on, by address.
    pub fn moved(&self, snapshot: &Snapshot) -> BTreeMap<Address, Vec<Moved>> {
        let mut moved = BTreeMap::new();
        for (address, then) in &self.basis {
            let moves = moves(then, snapshot.at(address));
            if !moves.is_empty() {
                moved.insert(address.clone(), moves);
            }
        }
        moved
    }

    /// The saved plan as this moment's plan has it, where that has every one of its steps; what of a
    /// resource no plan looks at, such as its state, is this moment's.
    ///
    /// `fresh` is what is planned now by the same stack file and options.
    pub fn confirmed(&self, fresh: &Plan) -> Option<Plan> {
        let mut steps = self.plan.steps.clone();
        if fresh.owner != self.plan.owner {
            return None;
        }
        for step in &mut steps {
            let same = fresh.steps.iter().find(|other| {
                other.address == step.address && alike(&other.action, &step.action)
            })?;
            let waits_alike = same.after.iter().all(|after| {
                let awaited = fresh.step(after.step);
                step.after.iter().any(|mine| {
                    let my = &self.plan.steps[mine.step.0];
                    mine.until == after.until
                        && my.address == awaited.address
                        && alike(&my.action, &awaited.action)
                })
            });
            let is_half = same.replaces.is_some() != step.replaces.is_some();
            if !waits_alike || same.after.len() != step.after.len() || is_half {
                return None;
            }
            step.action = same.action.clone();
            step.because = same.because.clone();
        }
        Some(Plan {
            steps,
            names: fresh.names.clone(),
            scope: self.plan.scope.clone(),
            owner: fresh.owner.clone(),
            unchanged: self.plan.unchanged,
        })
    }
}

fn digest(content: &Json) -> String {
    format!("{:x}", Sha256::digest(content.to_string()))
}

/// A fingerprint of a value: enough to see that it is another.
fn fingerprint(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("a value is plain data");
    format!("{:x}", Sha256::digest(text))[..16].to_owned()
}

fn wanted(graph: &Graph) -> BTreeMap<Address, BTreeMap<Name, String>> {
    graph
        .nodes()
        .map(|(address, node)| {
            let values = node.values.iter();
            let mut prints: BTreeMap<Name, String> = values
                .map(|(name, value)| (name.clone(), fingerprint(value)))
                .collect();
            prints.insert("tags".into(), fingerprint(&node.tags));
            (address.clone(), prints)
        })
        .collect()
}

/// The records at the addresses of the steps, and at those that they refer to.
fn basis(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<Address, Vec<Record>> {
    let mut addresses = BTreeSet::new();
    for step in &plan.steps {
        addresses.insert(step.address.clone());
        let (want, found) = match &step.action {
            Action::Create { want, .. } => (Some(want), None),
            Action::Update { want, found, .. } => (Some(want), Some(&found.values)),
            Action::Delete { found } => (None, Some(&found.values)),
        };
        for values in [want, found].into_iter().flatten() {
            add_targets(values, snapshot.names(), &mut addresses);
        }
    }
    addresses
        .into_iter()
        .map(|address| {
            let records = snapshot.at(&address).to_vec();
            (address, records)
        })
        .collect()
}

fn add_targets(values: &Values, names: &Names, addresses: &mut BTreeSet<Address>) {
    for value in values.values() {
        value.each_id(&mut |class, id| {
            if let Some(output) = names.owner_of(class, id) {
                addresses.insert(output.address.clone());
            }
        });
    }
}

fn moves(then: &[Record], now: &[Record]) -> Vec<Moved> {
    let mut moves = Vec::new();
    for record in then {
        match now.iter().find(|other| other.id == record.id) {
            Some(other) => moves.extend(changes(record, other)),
            None => moves.push(Moved::Gone {
                id: record.id.clone(),
            }),
        }
    }
    for record in now {
        if then.iter().all(|other| other.id != record.id) {
            moves.push(Moved::Appeared {
                id: record.id.clone(),
            });
        }
    }
    moves
}

fn changes(then: &Record, now: &Record) -> Vec<Moved> {
    let (before, after) = (seen(then), seen(now));
    let names: BTreeSet<&Name> = before.keys().chain(after.keys()).collect();
    let value = |values: &Values, name: &Name| values.get(name).cloned().unwrap_or(Value::Absent);
    names
        .into_iter()
        .map(|name| Change {
            attribute: name.clone(),
            from: value(&before, name),
            to: value(&after, name),
        })
        .filter(|change| change.from != change.to)
        .map(Moved::Changed)
        .collect()
}

/// All that a plan looks at of a record: attributes, outputs and tags, but not whether AWS is still
/// working on it.
fn seen(record: &Record) -> Values {
    let mut seen = record.values.clone();
    for (name, output) in &record.outputs {
        if !seen.contains_key(name) {
            seen.insert(name.clone(), Value::Text(output.clone()));
        }
    }
    let tags = record.tags.iter();
    let tags = tags.map(|(key, value)| (key.clone(), Value::Text(value.clone())));
    seen.insert("tags".into(), Value::Map(tags.collect()));
    seen
}

/// Whether two steps do the same, whatever AWS is still working on.
fn alike(one: &Action, other: &Action) -> bool {
    match (one, other) {
        (Action::Create { .. }, Action::Create { .. }) => one == other,
        (
            Action::Update {
                want,
                found,
                changes,
                tags,
            },
            Action::Update {
                want: want_too,
                found: found_too,
                changes: changes_too,
                tags: tags_too,
            },
        ) => {
            want == want_too
                && changes == changes_too
                && tags == tags_too
                && found.id == found_too.id
                && seen(found) == seen(found_too)
        }
        (Action::Delete { found }, Action::Delete { found: found_too }) => {
            found.id == found_too.id && seen(found) == seen(found_too)
        }
        (Action::Create { .. } | Action::Update { .. } | Action::Delete { .. }, _) => false,
    }
}
