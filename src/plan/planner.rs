//! From wanted and found to a plan.
//!
//! May depend on `model`. Invariant: the same graph and snapshot give the same plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::decide::{Decision, Question, Verdict, Verdicts};
use super::edges;
use super::order;
use super::refuse::{Refusal, Refused};
use super::scope;
use super::step::{Action, Plan, Reason, Scope};
use crate::model::{
    Address, Graph, Node, Record, Replacement, Schema, Snapshot, State, TagChange, Value, schema_of,
};

/// What the user asks of a plan beyond the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Resources that shall be replaced although nothing demands it.
    pub replace: BTreeSet<Address>,
    /// Only these, and what they need.
    pub target: BTreeSet<Address>,
    /// All but these, and what needs them.
    pub exclude: BTreeSet<Address>,
    /// Wait also for what nothing needs to be finished.
    pub wait_for_lazy: bool,
}

/// A step before its place in the order is known.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) address: &'a Address,
    pub(super) schema: &'static Schema,
    pub(super) action: Action,
    pub(super) because: Reason,
    pub(super) replaces: Option<usize>,
    /// The attributes by position in the graph, for what is made.
    pub(super) node: Option<&'a Node>,
}

/// The steps that make what is there into what is wanted.
///
/// # Errors
/// [`Refused`] with every reason why there is no such plan.
pub fn plan(
    graph: &Graph,
    snapshot: &Snapshot,
    schemas: &[&'static Schema],
    options: &Options,
) -> Result<Plan, Refused> {
    let mut refusals = refuse_strays(snapshot);
    refusals.extend(refuse_foreign(graph, snapshot));
    refusals.extend(refuse_unknown(graph, snapshot, options));
    let order = sorted(graph).map_err(|refusal| Refused {
        refusals: vec![refusal],
    })?;
    let mut question = Question {
        snapshot,
        replace: &options.replace,
        wait_for_lazy: options.wait_for_lazy,
        forced: BTreeMap::new(),
        order,
    };
    loop {
        let mut found_refusals = refusals.clone();
        let verdicts = question.decide(&mut found_refusals);
        let drafts = drafts(&question, &verdicts, graph, schemas);
        let after = edges::after(&drafts, graph, snapshot, schemas);
        found_refusals.extend(refuse_superseded(&drafts, snapshot, schemas));
        match order::sort(&needs(&after)) {
            _ if !found_refusals.is_empty() => return Err(refused(found_refusals)),
            Ok(sorted) => {
                let whole = Plan {
                    owner: graph.owner().clone(),
                    steps: edges::steps(&drafts, &after, &sorted),
                    unchanged: unchanged(&verdicts),
                    names: snapshot.names().clone(),
                    scope: Scope::default(),
                };
                return Ok(scope::narrow(whole, options));
            }
            Err(cycle) => match way_out(&drafts, &cycle) {
                Some((holder, target)) if !question.forced.contains_key(holder) => {
                    question.forced.insert(holder, target);
                }
                Some(_) | None => return Err(refused(refuse_cycle(&drafts, &cycle))),
            },
        }
    }
}

fn refused(mut refusals: Vec<Refusal>) -> Refused {
    refusals.sort();
    refusals.dedup();
    Refused { refusals }
}

fn needs(after: &edges::Edges) -> BTreeMap<usize, BTreeSet<usize>> {
    after
        .iter()
        .enumerate()
        .map(|(at, targets)| (at, targets.keys().copied().collect()))
        .collect()
}

fn unchanged(verdicts: &Verdicts<'_>) -> usize {
    verdicts
        .values()
        .filter(|verdict| matches!(verdict.decision, Decision::Keep))
        .count()
}

/// A resource that keeps an old one alive until its own new form is there, which in turn needs the
/// old one's place: if it goes first, the cycle is open. With it, what it makes way for.
fn way_out<'a>(drafts: &[Draft<'a>], cycle: &[usize]) -> Option<(&'a Address, &'a Address)> {
    let next = cycle.iter().cycle().skip(1);
    cycle.iter().zip(next).find_map(|(waiting, awaited)| {
        let (waiting, awaited) = (&drafts[*waiting], &drafts[*awaited]);
        let keeps = match (&waiting.action, &awaited.action) {
            (Action::Delete { .. }, Action::Update { .. }) => true,
            (Action::Delete { .. }, Action::Create { .. }) => waiting.address == awaited.address,
            (Action::Delete { .. }, Action::Delete { .. })
            | (Action::Create { .. } | Action::Update { .. }, _) => false,
        };
        keeps.then_some((awaited.address, waiting.address))
    })
}

/// The nodes, targets first.
fn sorted(graph: &Graph) -> Result<Vec<(&Address, &Node)>, Refusal> {
    let mut needs: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for (address, node) in graph.nodes() {
        let targets = needs.entry(address).or_default();
        for value in node.values.values() {
            value.each_pending(&mut |output, _| {
                targets.insert(&output.address);
            });
        }
    }
    let order = order::sort(&needs).map_err(|cycle| Refusal {
        address: cycle[0].clone(),
        why: format!(
            "it needs itself, through {}",
            cycle
                .iter()
                .map(|address| address.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        hint: "take one of the references out".to_owned(),
    })?;
    Ok(order
        .into_iter()
        .filter_map(|address| Some((address, graph.node(address)?)))
        .collect())
}

fn refuse_strays(snapshot: &Snapshot) -> Vec<Refusal> {
    snapshot
        .strays()
        .iter()
        .map(|stray| Refusal {
            address: Address::new(stray.record.kind.clone(), stray.record.id.clone()),
            why: format!(
                "{} is marked as part of this stack, but {}",
                stray.record.id, stray.why
            ),
            hint: "correct its tags, or remove the tag qpiac:stack if it is not this stack's"
                .to_owned(),
        })
        .collect()
}

/// Wanted names that somebody else's resources bear.
fn refuse_foreign(graph: &Graph, snapshot: &Snapshot) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for record in snapshot.foreign() {
        for (address, node) in graph.nodes() {
            let Some(named) = node.schema.named else {
                continue;
            };
            if node.schema.kind == record.kind && node.values.get(named) == record.values.get(named)
            {
                let name = match node.values.get(named) {
                    Some(Value::Text(name)) => name.clone(),
                    Some(_) | None => record.id.clone(),
                };
                refusals.push(Refusal {
                    address: address.clone(),
                    why: format!(
                        "`{name}` exists already and does not belong to this stack ({})",
                        record.id
                    ),
                    hint: "delete or rename it, or choose another stack name; qpiac never takes \
                           over what it did not make"
                        .to_owned(),
                });
            }
        }
    }
    refusals
}

fn refuse_unknown(graph: &Graph, snapshot: &Snapshot, options: &Options) -> Vec<Refusal> {
    let chosen = [
        ("--replace", &options.replace),
        ("--target", &options.target),
        ("--exclude", &options.exclude),
    ];
    let mut refusals = Vec::new();
    for (flag, addresses) in chosen {
        for address in addresses {
            if graph.node(address).is_none() && snapshot.at(address).is_empty() {
                refusals.push(Refusal {
                    address: address.clone(),
                    why: format!("{flag} names a resource that is neither wanted nor there"),
                    hint: "`qpiac plan` shows the addresses".to_owned(),
                });
            }
        }
    }
    refusals
}

fn refuse_cycle(drafts: &[Draft<'_>], cycle: &[usize]) -> Vec<Refusal> {
    let members: Vec<String> = cycle
        .iter()
        .map(|at| format!("{} {}", drafts[*at].action.verb(), drafts[*at].address))
        .collect();
    cycle
        .iter()
        .map(|at| Refusal {
            address: drafts[*at].address.clone(),
            why: format!("these steps wait for each other: {}", members.join(", ")),
            hint: "change them in two runs, one of them with --exclude".to_owned(),
        })
        .collect()
}

/// Further records at an address that cannot be cleared away safely.
fn refuse_superseded(
    drafts: &[Draft<'_>],
    snapshot: &Snapshot,
    schemas: &[&'static Schema],
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for draft in drafts {
        let Action::Delete { found } = &draft.action else {
            continue;
        };
        if draft.because != Reason::Superseded {
            continue;
        }
        let ids: Vec<&str> = snapshot
            .at(draft.address)
            .iter()
            .map(|r| r.id.as_str())
            .collect();
        let kept = edges::kept_holders(drafts, snapshot, schemas, found);
        let why = if let Some(data) = draft.schema.holds {
            format!("each may hold {data}")
        } else if let Some(holder) = kept.first() {
            format!("{} is in use by {holder}", found.id)
        } else {
            continue;
        };
        refusals.push(Refusal {
            address: draft.address.clone(),
            why: format!(
                "several resources bear this address ({}), and {why}",
                ids.join(", ")
            ),
            hint: "delete those that are not needed, or remove their qpiac: tags".to_owned(),
        });
    }
    refusals
}

fn drafts<'a>(
    question: &Question<'a>,
    verdicts: &Verdicts<'a>,
    graph: &Graph,
    schemas: &[&'static Schema],
) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for (address, _) in &question.order {
        if let Some(verdict) = verdicts.get(*address) {
            draft_verdict(address, verdict, &mut drafts);
        }
    }
    for (address, records) in question.snapshot.records() {
        let verdict = verdicts.get(address);
        for record in records {
            let is_current = verdict
                .and_then(|verdict| verdict.current)
                .is_some_and(|current| std::ptr::eq(current, record));
            let Some(schema) = schema_of(schemas, &record.kind) else {
                continue;
            };
            if is_current || (verdict.is_none() && graph.is_left(address)) {
                continue;
            }
            let because = match (&record.state, verdict) {
                (State::Leaving, _) => Reason::Leaving,
                (_, Some(_)) => Reason::Superseded,
                (_, None) => Reason::Unwanted,
            };
            drafts.push(deletion(address, schema, record, because));
        }
    }
    drafts
}

fn deletion<'a>(
    address: &'a Address,
    schema: &'static Schema,
    record: &Record,
    because: Reason,
) -> Draft<'a> {
    Draft {
        address,
        schema,
        action: Action::Delete {
            found: record.clone(),
        },
        because,
        replaces: None,
        node: None,
    }
}

fn draft_verdict<'a>(address: &'a Address, verdict: &Verdict<'a>, drafts: &mut Vec<Draft<'a>>) {
    let draft = |action, because| Draft {
        address,
        schema: verdict.node.schema,
        action,
        because,
        replaces: None,
        node: Some(verdict.node),
    };
    let create = || Action::Create {
        want: verdict.want.clone(),
        mark: verdict.node.tags.clone(),
    };
    match (&verdict.decision, verdict.current) {
        (Decision::Update { changes, tags }, Some(current)) => drafts.push(draft(
            Action::Update {
                want: verdict.want.clone(),
                found: current.clone(),
                changes: changes.clone(),
                tags: tags.clone(),
            },
            Reason::Changed,
        )),
        (Decision::Replace { order, because }, Some(current)) => {
            let made = draft(create(), because.clone());
            let gone = deletion(address, verdict.node.schema, current, because.clone());
            let at = drafts.len();
            let pair = match order {
                Replacement::CreateFirst => [made, gone],
                Replacement::DeleteFirst => [gone, made],
            };
            let [mut first, mut second] = pair;
            first.replaces = Some(at + 1);
            second.replaces = Some(at);
            drafts.extend([first, second]);
        }
        (Decision::Create, _) => drafts.push(draft(create(), Reason::Missing)),
        (Decision::Settle { message }, Some(current)) => drafts.push(draft(
            Action::Update {
                want: verdict.want.clone(),
                found: current.clone(),
                changes: Vec::new(),
                tags: TagChange::default(),
            },
            Reason::Settling {
                message: message.clone(),
            },
        )),
        (Decision::Keep, _)
        | (Decision::Update { .. } | Decision::Replace { .. } | Decision::Settle { .. }, None) => {}
    }
}
