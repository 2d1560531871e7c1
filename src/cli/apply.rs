//! `qpiac apply`.

use super::Exit;
use super::arguments::Apply;
use super::engagement::{Engagement, options};
use super::stack_file;
use super::terminal::Terminal;
use crate::render::Purpose;
use crate::stack;

pub(super) async fn run(given: &Apply, terminal: &Terminal) -> anyhow::Result<Exit> {
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
    let question = "Apply this plan?";
    let is_approved = engagement
        .is_approved(Purpose::Apply, given.format, given.yes, question)
        .await?;
    if !is_approved {
        return Ok(Exit::Failed);
    }
    engagement.carry_out(given.format, given.cloud.stats).await
}
