//! `qpiac unlock`.

use super::arguments::Unlock;
use super::cloud::{Cloud, sandbox_file};
use super::goal::Goal;
use super::keeping::store;
use super::stops::{self, unless_stopped};
use super::terminal::Terminal;
use super::{Exit, ask, subject};
use crate::keep::{self, Unlocked};
use crate::render::message;

pub(super) async fn run(given: &Unlock, terminal: &Terminal) -> anyhow::Result<Exit> {
    let cloud = &given.subject.cloud;
    if sandbox_file(cloud).is_some() {
        let note = "a sandbox has no lease: its file is locked for as long as a run goes on";
        terminal.line(&message::note(note));
        return Ok(Exit::Done);
    }
    let Some(known) = subject::known(&given.subject, terminal)? else {
        return Ok(Exit::Failed);
    };
    let stops = stops::listen()?;
    let stack = known.owner.to_string();
    let goal = Goal::nothing(known.owner, known.account);
    let opened = Cloud::open(cloud, &goal, terminal).await?;
    let account = opened.check_account(goal.account.as_deref());
    let account = unless_stopped(&stops, account).await??;
    let store = store(&opened, &account, cloud, &opened.settings()?);
    let seen = keep::look(store.as_ref(), &stack);
    let seen = unless_stopped(&stops, seen).await??;
    if seen.is_free() {
        terminal.line(&free(&stack));
        return Ok(Exit::Done);
    }
    let holder = seen.lease().map_or_else(
        || "the lease cannot be read".to_owned(),
        ToString::to_string,
    );
    terminal.line(&message::note(holder));
    let question = format!("Take the lease of {stack} away?");
    if !given.yes && !ask::may_go_on(&question, &stops, terminal).await? {
        terminal.line("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    Ok(match keep::unlock(store.as_ref(), &stack).await? {
        Unlocked::WasFree => {
            terminal.line(&free(&stack));
            Exit::Done
        }
        Unlocked::Taken => {
            terminal.line(&format!("The lease of {stack} is free."));
            Exit::Done
        }
        Unlocked::Renewed => {
            let error = "the lease was renewed at this moment, so its holder is alive; it keeps it";
            terminal.line(&message::error(error));
            Exit::Failed
        }
    })
}

fn free(stack: &str) -> String {
    message::note(format!("nobody holds the lease of {stack}"))
}
