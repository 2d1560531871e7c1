//! Plans and runs as documents for programs.
//!
//! May depend on `engine`, `plan` and `model`. Invariant: what a key means changes only together
//! with [`FORMAT_VERSION`]; keys may be added.

use serde_json::{Map, Value as Json, json};

use super::items::changes;
use super::progress::{Progress, Status};
use super::stats::Stats;
use super::value::ordered;
use crate::engine::Event;
use crate::engine::What;
use crate::model::{Change, Names, Piece, Value};
use crate::plan::forecast::Forecast;
use crate::plan::{Action, Plan, Reason, Step, StepId};

/// The version of all documents.
pub const FORMAT_VERSION: u32 = 1;

/// What surrounds a plan or a run.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Whether the cloud is the simulated one.
    pub sandbox: bool,
    /// What it took, where anything was done.
    pub stats: Option<&'a Stats>,
    /// What it takes.
    pub forecast: &'a Forecast,
}

/// A plan as a document.
pub fn plan(plan: &Plan, setting: Setting<'_>) -> Json {
    let steps: Vec<Json> = plan.steps.iter().map(|one| step(plan, one)).collect();
    let mut document = json!({
        "format_version": FORMAT_VERSION,
        "stack": plan.owner.stack,
        "region": plan.owner.region,
        "sandbox": setting.sandbox,
        "summary": plan.summary(),
        "forecast": forecast(plan, setting.forecast),
        "steps": steps,
    });
    if let Some(took) = setting.stats {
        document["stats"] = stats(took);
    }
    document
}

fn forecast(plan: &Plan, forecast: &Forecast) -> Json {
    let part = |(step, adds_s): &(StepId, u64)| json!({ "address": plan.step(*step).address, "adds_s": adds_s });
    let way: Vec<Json> = forecast.way.iter().map(part).collect();
    json!({ "total_s": forecast.total_s, "way": way })
}

fn stats(stats: &Stats) -> Json {
    json!({
        "api_calls": stats.total(),
        "api_rounds": stats.rounds,
        "retries": stats.retries,
        "elapsed_ms": stats.elapsed_ms,
    })
}

fn step(plan: &Plan, step: &Step) -> Json {
    let mut document = Map::new();
    document.insert("address".into(), json!(step.address));
    document.insert("kind".into(), json!(step.address.kind));
    document.insert("action".into(), json!(step.action.verb()));
    reason(&step.because, &mut document);
    if let Some(partner) = step.replaces {
        // Both steps of a replacement name the resource that is made anew.
        let [first, second] = [plan.step(step.id), plan.step(partner)];
        let new = match first.action {
            Action::Create { .. } => first,
            Action::Update { .. } | Action::Delete { .. } => second,
        };
        document.insert("replaces".into(), json!(new.address));
    }
    if let Action::Update { found, .. } | Action::Delete { found } = &step.action {
        document.insert("id".into(), json!(found.id));
    }
    let changes: Vec<Json> = changes(plan, step)
        .iter()
        .map(|one| change(one, &plan.names))
        .collect();
    document.insert("changes".into(), json!(changes));
    Json::Object(document)
}

fn reason(reason: &Reason, document: &mut Map<String, Json>) {
    let (why, detail) = match reason {
        Reason::Missing => ("missing", None),
        Reason::Changed => ("changed", None),
        Reason::Unwanted => ("unwanted", None),
        Reason::Replaced { attributes } => ("replaced", Some(("forced_by", json!(attributes)))),
        Reason::HoldsReplaced { target } => ("holds_replaced", Some(("target", json!(target)))),
        Reason::Requested => ("requested", None),
        Reason::Broken { message } => ("broken", Some(("message", json!(message)))),
        Reason::Superseded => ("superseded", None),
        Reason::Leaving => ("leaving", None),
        Reason::Settling { message } => ("settling", Some(("message", json!(message)))),
    };
    document.insert("reason".into(), json!(why));
    if let Some((key, value)) = detail {
        document.insert(key.into(), value);
    }
}

fn change(change: &Change, names: &Names) -> Json {
    json!({
        "attribute": change.attribute,
        "before": value(&change.from, names),
        "after": value(&change.to, names),
    })
}

/// A value: what it says, an output that is not known yet as `{"pending": ...}`, text around such
/// outputs as `{"template": [...]}`, a secret as `{"secret": ...}`, and an identifier that belongs
/// to a resource of the stack as `{"id": ..., "from": ...}`.
fn value(shown: &Value, names: &Names) -> Json {
    match shown {
        Value::Absent => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Int(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(|item| value(item, names)).collect(),
        Value::Set(items) => {
            let items = ordered(items, names);
            items.into_iter().map(|item| value(item, names)).collect()
        }
        Value::Map(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), value(member, names)))
            .collect(),
        Value::Id { class, id } => names
            .owner_of(class, id)
            .map_or_else(|| json!(id), |from| json!({ "id": id, "from": from })),
        Value::Template(pieces) => {
            let pieces: Vec<Json> = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => json!(text),
                    Piece::Pending(from) => json!({ "pending": from }),
                })
                .collect();
            json!({ "template": pieces })
        }
        Value::Pending { from, .. } => json!({ "pending": from }),
    }
}

/// An event as one line, without the line's end.
pub fn event(event: &Event, sandbox: bool) -> String {
    let mut document = json!(event);
    if let (What::RunStarted { .. }, Json::Object(members)) = (&event.what, &mut document) {
        members.insert("format_version".into(), json!(FORMAT_VERSION));
        members.insert("sandbox".into(), json!(sandbox));
    }
    document.to_string()
}

/// A run that is over, as a document.
pub fn run(planned: &Plan, progress: &Progress, outputs: &[Output], setting: Setting<'_>) -> Json {
    let mut document = plan(planned, setting);
    let results: Vec<Json> = progress
        .steps()
        .map(|step| {
            let mut result = json!({
                "address": step.planned.address,
                "action": step.planned.action,
                "outputs": step.outputs,
            });
            let more = match &step.status {
                Status::Waiting => json!({ "status": "waiting" }),
                Status::Running { .. } => json!({ "status": "running" }),
                Status::Done { elapsed_ms } => {
                    json!({ "status": "done", "elapsed_ms": elapsed_ms })
                }
                Status::Failed {
                    failure,
                    elapsed_ms,
                } => {
                    json!({ "status": "failed", "failure": failure, "elapsed_ms": elapsed_ms })
                }
                Status::Skipped { because } => json!({ "status": "skipped", "because": because }),
                Status::Abandoned { elapsed_ms } => {
                    json!({ "status": "abandoned", "elapsed_ms": elapsed_ms })
                }
            };
            if let (Json::Object(result), Json::Object(more)) = (&mut result, more) {
                result.extend(more);
            }
            result
        })
        .collect();
    document["outcome"] = json!(progress.ending());
    document["results"] = json!(results);
    document["outputs"] = outputs
        .iter()
        .map(|output| (output.name.clone(), json!(output.value)))
        .collect();
    document
}

/// An output of the stack that a person wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}
