//! `qpiac show`.

use serde_json::json;

use super::again::quoted;
use super::arguments::{PlanFormat, Show};
use super::terminal::Terminal;
use super::{Exit, saved};
use crate::model::Schema;
use crate::plan::forecast;
use crate::plan::saved::Saved;
use crate::render::{self, Around, Purpose, Setting, message};
use crate::resources;

pub(super) fn run(given: &Show, terminal: &Terminal) -> anyhow::Result<Exit> {
    let saved = saved::read(&given.plan)?;
    let schemas = resources::schemas();
    let waits_for_lazy = saved.options.wait_for_lazy;
    let text = match given.format {
        PlanFormat::Human => {
            let origin = &saved.origin;
            let place = if origin.sandbox { "a sandbox" } else { "AWS" };
            terminal.line(&message::note(format!(
                "a plan of {} for {} in account {} of {place}; to carry it out: qpiac apply {}{}",
                origin.made_at,
                saved.plan.owner,
                origin.account,
                quoted(&given.plan.to_string_lossy()),
                if origin.sandbox { " --sandbox" } else { "" }
            )));
            let layout = terminal.layout();
            render::plan_human(
                &saved.plan,
                &schemas,
                Purpose::Apply,
                waits_for_lazy,
                layout,
            )
        }
        PlanFormat::Json => format!("{:#}\n", document(&saved, &schemas)),
        PlanFormat::Jsonl => format!("{}\n", document(&saved, &schemas)),
        PlanFormat::Markdown => {
            let around = Around {
                schemas: &schemas,
                purpose: Purpose::Apply,
                waits_for_lazy,
                is_sandbox: saved.origin.sandbox,
            };
            render::plan_markdown(&saved.plan, around)
        }
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}

/// The plan's document, and where it comes from.
fn document(saved: &Saved, schemas: &[&'static Schema]) -> serde_json::Value {
    let forecast = forecast::of_plan(&saved.plan, schemas, saved.options.wait_for_lazy);
    let setting = Setting {
        sandbox: saved.origin.sandbox,
        stats: None,
        forecast: &forecast,
    };
    let mut document = render::plan_json(&saved.plan, setting);
    document["saved"] = json!({
        "number": saved.origin.number,
        "version": saved.origin.version,
        "made_at": saved.origin.made_at,
        "account": saved.origin.account,
    });
    document
}
