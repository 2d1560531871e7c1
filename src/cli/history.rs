//! `qpiac history`.

use anyhow::bail;

use super::arguments::{Format, History};
use super::cloud::{Cloud, sandbox_file};
use super::goal::Goal;
use super::keeping::{folder, store};
use super::stops::{self, unless_stopped};
use super::terminal::Terminal;
use super::{Exit, subject};
use crate::keep::{self, Store};
use crate::render::{self, FORMAT_VERSION, message};

pub(super) async fn run(given: &History, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(known) = subject::known(&given.subject, terminal)? else {
        return Ok(Exit::Failed);
    };
    let stops = stops::listen()?;
    let stack = known.owner.to_string();
    let goal = Goal::nothing(known.owner, known.account);
    let opening = open(given, &goal, terminal);
    let store = unless_stopped(&stops, opening).await??;
    match &given.run {
        Some(run) => {
            let reading = keep::run(store.as_ref(), &stack, run);
            let Some(run) = unless_stopped(&stops, reading).await?? else {
                bail!(
                    "there is no record of a run {run} of {stack}\nhint: `qpiac history` lists them"
                );
            };
            terminal.data(&match given.format {
                Format::Human => render::past_run(&run.header, &run.events),
                Format::Json => {
                    format!("{:#}\n", render::past_json(&run.header, &run.events, true))
                }
                Format::Jsonl => lines(&run),
            })?;
        }
        None => {
            let reading = keep::runs(store.as_ref(), &stack, given.limit);
            let runs = unless_stopped(&stops, reading).await??;
            let all = runs.iter().map(|run| (&run.header, run.events.as_slice()));
            terminal.data(&match given.format {
                Format::Human => all.map(|(h, e)| render::past_line(h, e)).collect(),
                Format::Json => {
                    let runs: Vec<_> = all.map(|(h, e)| render::past_json(h, e, false)).collect();
                    format!(
                        "{:#}\n",
                        serde_json::json!({ "format_version": FORMAT_VERSION, "runs": runs })
                    )
                }
                Format::Jsonl => all
                    .map(|(h, e)| format!("{}\n", render::past_json(h, e, false)))
                    .collect(),
            })?;
            if runs.is_empty() {
                terminal.line(&message::note(format!(
                    "nothing was done to {stack} so far"
                )));
            }
        }
    }
    Ok(Exit::Done)
}

async fn open(
    given: &History,
    goal: &Goal,
    terminal: &Terminal,
) -> anyhow::Result<std::sync::Arc<dyn Store>> {
    let cloud = &given.subject.cloud;
    if sandbox_file(cloud).is_some() {
        // A run that goes on in the sandbox does not stand in the way.
        return Ok(std::sync::Arc::new(folder(cloud)));
    }
    let opened = Cloud::open(cloud, goal, terminal).await?;
    let account = opened.check_account(goal.account.as_deref()).await?;
    Ok(store(&opened, &account, cloud, &opened.settings()?))
}

fn lines(run: &keep::Run) -> String {
    let header = serde_json::json!(run.header).to_string();
    let events = run
        .events
        .iter()
        .map(|event| serde_json::json!(event).to_string());
    std::iter::once(header)
        .chain(events)
        .map(|line| line + "\n")
        .collect()
}
