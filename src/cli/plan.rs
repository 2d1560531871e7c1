//! `qpiac plan`.

use super::Exit;
use super::arguments::{Format, Plan};
use super::engagement::{Engagement, options};
use super::stack_file;
use super::terminal::Terminal;
use crate::render::Purpose;
use crate::stack;

pub(super) async fn run(given: &Plan, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(spec) = stack_file::read(&given.file, terminal)? else {
        return Ok(Exit::Failed);
    };
    stack_file::check_region(given.cloud.region.as_deref(), &spec)?;
    let account = spec.account.as_ref().map(|account| account.as_str());
    let graph = stack::graph(&spec);
    let options = options(&given.choice, &given.replace);
    let begun = Engagement::begin(&given.cloud, &graph, account, &options, terminal).await?;
    let Some(engagement) = begun else {
        return Ok(Exit::Failed);
    };
    terminal.data(&match given.format {
        Format::Human => engagement.plan_text(Purpose::Apply),
        Format::Json => format!("{:#}\n", engagement.plan_document()),
        Format::Jsonl => format!("{}\n", engagement.plan_document()),
    })?;
    if given.cloud.stats {
        terminal.say(&engagement.stats(None).table());
    }
    Ok(if given.detailed_exitcode && !engagement.plan.is_empty() {
        Exit::Changes
    } else {
        Exit::Done
    })
}
