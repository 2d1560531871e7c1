//! `qpiac destroy`.

use super::Exit;
use super::arguments::Destroy;
use super::engagement::{Engagement, Goal, options};
use super::subject;
use super::terminal::Terminal;
use crate::render::Purpose;

pub(super) async fn run(given: &Destroy, terminal: &Terminal) -> anyhow::Result<Exit> {
    let Some(known) = subject::known(&given.subject, terminal)? else {
        return Ok(Exit::Failed);
    };
    let goal = Goal::nothing(known.owner, known.account).looking_for(known.spec);
    let cloud = &given.subject.cloud;
    let options = options(&given.choice, &[]);
    let begun = Engagement::begin(cloud, &goal, &options, terminal).await?;
    let Some(engagement) = begun else {
        return Ok(Exit::Failed);
    };
    let question = format!("Destroy the stack {}?", goal.owner);
    let is_approved = engagement
        .is_approved(Purpose::Destroy, given.format, given.yes, &question)
        .await?;
    if !is_approved {
        return Ok(Exit::Failed);
    }
    engagement.carry_out(given.format, cloud.stats).await
}
