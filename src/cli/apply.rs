//! `qpiac apply`.

use super::arguments::Apply;
use super::engagement::Engagement;
use super::terminal::Terminal;
use super::{Exit, sources};
use crate::render::Purpose;

pub(super) async fn run(given: &Apply, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(engagement) = Engagement::for_file(&given.wanted, given.wait, terminal).await? else {
        return Ok(Exit::Failed);
    };
    if let Some(lacking) = sources::lacking(&engagement.plan, &engagement.cloud).await? {
        return Err(lacking.into());
    }
    let format = given.wanted.format;
    let question = "Apply this plan?";
    let is_approved = engagement
        .is_approved(Purpose::Apply, format, given.yes, question)
        .await?;
    if !is_approved {
        return Ok(Exit::Failed);
    }
    engagement.carry_out(format, given.wanted.cloud.stats).await
}
