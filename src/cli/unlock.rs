//! `qpiac unlock`.

use super::arguments::{Format, Unlock};
use super::cloud::{Cloud, sandbox_file};
use super::goal::Goal;
use super::keeping::store;
use super::stops::{self, unless_stopped};
use super::subject::Known;
use super::terminal::Terminal;
use super::{Exit, ask, subject};
use crate::keep::{self, Lease, Unlocked};
use crate::render::{self, message};

pub(super) async fn run(given: &Unlock, terminal: &Terminal) -> anyhow::Result<Exit> {
    let is_sandbox = sandbox_file(&given.subject.cloud).is_some();
    if is_sandbox {
        let note = "a sandbox has no lease: its file is locked for as long as a run goes on";
        terminal.line(&message::note(note));
        if given.format == Format::Human {
            return Ok(Exit::Done);
        }
    }
    let Some(known) = subject::known(&given.subject, terminal)? else {
        return Ok(Exit::Failed);
    };
    let owner = known.owner.clone();
    let (outcome, lease) = if is_sandbox {
        (Outcome::Free, None)
    } else {
        taken(given, known, terminal).await?
    };
    let document = render::unlocked(&owner, outcome.word(), lease.as_ref());
    terminal.data(&match given.format {
        Format::Human => String::new(),
        Format::Json => format!("{document:#}\n"),
        Format::Jsonl => format!("{document}\n"),
    })?;
    Ok(outcome.exit())
}

/// What unlocking came to.
#[derive(Clone, Copy)]
enum Outcome {
    Free,
    Taken,
    Renewed,
    Refused,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Taken => "taken_away",
            Self::Renewed => "renewed",
            Self::Refused => "refused",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Free | Self::Taken => Exit::Done,
            Self::Renewed | Self::Refused => Exit::Failed,
        }
    }
}

/// Takes the lease away, if it is held and whoever asks goes on; says whose it was.
async fn taken(
    given: &Unlock,
    known: Known,
    terminal: &Terminal,
) -> anyhow::Result<(Outcome, Option<Lease>)> {
    let cloud = &given.subject.cloud;
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
        return Ok((Outcome::Free, None));
    }
    let lease = seen.lease().cloned();
    let holder = lease.as_ref().map_or_else(
        || "the lease cannot be read".to_owned(),
        ToString::to_string,
    );
    terminal.line(&message::note(holder));
    let question = format!("Take the lease of {stack} away?");
    if !given.yes && !ask::may_go_on(&question, &stops, terminal).await? {
        terminal.line("Nothing was changed.");
        return Ok((Outcome::Refused, lease));
    }
    let outcome = match keep::unlock(store.as_ref(), &stack, lease.as_ref()).await? {
        Unlocked::WasFree => {
            terminal.line(&free(&stack));
            return Ok((Outcome::Free, None));
        }
        Unlocked::Taken => {
            terminal.line(&format!("The lease of {stack} is free."));
            Outcome::Taken
        }
        Unlocked::Renewed => {
            let error = "the lease was renewed or taken by another run meanwhile, so its holder is alive and keeps it";
            terminal.line(&message::error(error));
            Outcome::Renewed
        }
    };
    Ok((outcome, lease))
}

fn free(stack: &str) -> String {
    message::note(format!("nobody holds the lease of {stack}"))
}
