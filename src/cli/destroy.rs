//! `qpiac destroy`.

use super::arguments::Destroy;
use super::conduct::Request;
use super::engagement::{Begin, Engagement, options};
use super::goal::Goal;
use super::subject;
use super::terminal::Terminal;
use super::{Exit, Misuse};
use crate::render::{Purpose, message};

pub(super) async fn run(given: &Destroy, terminal: &Terminal) -> anyhow::Result<Exit> {
    let watch = given.watching.wanted().map_err(Misuse)?;
    let Some(known) = subject::known(&given.subject, terminal)? else {
        return Ok(Exit::Failed);
    };
    let cloud = &given.subject.cloud;
    let question = format!("Destroy the stack {}?", known.owner);
    let begin = Begin {
        given: cloud,
        goal: Goal::nothing(known.owner, known.account).looking_for(known.spec),
        options: options(&given.choice, &[]),
        leasing: Some(&given.leasing),
        saved: None,
    };
    let Some(engagement) = Engagement::begin(begin, terminal).await? else {
        return Ok(Exit::Failed);
    };
    let kept = engagement.keeping.as_ref().map(|kept| kept.store.name());
    let is_real = !engagement.cloud.is_sandbox() && !engagement.plan.is_empty();
    let request = Request {
        purpose: Purpose::Destroy,
        format: given.format,
        watch,
        yes: given.yes,
        question: &question,
        stats: cloud.stats,
        saved: None,
        timings: None,
    };
    let exit = engagement.conduct(&request).await?;
    if let (Exit::Done, true, Some(kept)) = (exit, is_real, kept) {
        terminal.line(&message::note(format!(
            "{kept} stays, with the lease and the history of this and other stacks; nothing needs it"
        )));
    }
    Ok(exit)
}
