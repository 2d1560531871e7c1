//! `qpiac apply`.

use super::arguments::Apply;
use super::conduct::Request;
use super::engagement::Engagement;
use super::terminal::Terminal;
use super::{Exit, Misuse, saved, sources};
use crate::render::Purpose;

pub(super) async fn run(given: &Apply, terminal: &Terminal) -> anyhow::Result<Exit> {
    let watch = given.watching.wanted().map_err(Misuse)?;
    let saved = given.saved.as_deref().map(saved::read).transpose()?;
    let changing = Some((&given.leasing, saved));
    let engagement = Engagement::for_file(&given.wanted, given.wait, changing, terminal).await?;
    let Some(engagement) = engagement else {
        return Ok(Exit::Failed);
    };
    if let Some(lacking) = sources::lacking(&engagement.plan, &engagement.cloud).await? {
        return Err(lacking.into());
    }
    let request = Request {
        purpose: Purpose::Apply,
        format: given.format,
        watch,
        yes: given.yes,
        question: "Apply this plan?",
        stats: given.wanted.cloud.stats,
        saved: given.saved.as_deref(),
        timings: given.timings.as_deref(),
    };
    engagement.conduct(&request).await
}
