//! `qpiac plan`.

use super::arguments::{Plan, PlanFormat};
use super::engagement::Engagement;
use super::terminal::Terminal;
use super::{Exit, saved, sources};
use crate::render::{Purpose, message};

pub(super) async fn run(given: &Plan, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(engagement) = Engagement::for_file(&given.wanted, None, None, terminal).await? else {
        return Ok(Exit::Failed);
    };
    terminal.data(&match given.format {
        PlanFormat::Human => engagement.plan_text(Purpose::Apply),
        PlanFormat::Json => format!("{:#}\n", engagement.plan_document()),
        PlanFormat::Jsonl => format!("{}\n", engagement.plan_document()),
        PlanFormat::Markdown => engagement.plan_page(),
    })?;
    if let Some(lacking) = sources::lacking(&engagement.plan, &engagement.cloud).await? {
        terminal.line(&message::warning(lacking.what));
        terminal.line(&message::hint(lacking.hint));
    }
    if let Some(path) = &given.out {
        saved::write(&engagement, path)?;
        let path = path.display();
        terminal.line(&message::note(format!(
            "the plan is in {path}; to carry it out: qpiac apply {path}"
        )));
    }
    if given.wanted.cloud.stats {
        terminal.say(&engagement.stats(None).table());
    }
    Ok(if given.detailed_exitcode && !engagement.plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    })
}
