//! The lease and the record of a command that changes a stack.
//!
//! May depend on `keep`, `engine` and `render`. Invariant: what was taken is given back, however the
//! command ends, unless the process is killed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::again::again;
use super::arguments;
use super::cloud::{Cloud, number, sandbox_file};
use super::terminal::Terminal;
use crate::engine::clock::{Instant, now, pause_until};
use crate::engine::{Settings, Tenure, Unlimited};
use crate::keep::{self, Before, Bucket, Claim, Folder, Hold, Notice, Recorder, Seen, Store};
use crate::model::Owner;
use crate::render::{duration, message};

/// How long giving back the lease may take, and writing the end of the record.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The same where a run was stopped, which must end soon.
pub(super) const HASTE: Duration = Duration::from_millis(600);
/// Who runs a command in the sandbox.
const NOBODY: &str = "nobody, in the sandbox";

/// The lease of a stack and the record of what is done to it.
pub(super) struct Keeping {
    pub(super) store: Arc<dyn Store>,
    pub(super) claim: Claim,
    stack: String,
    /// How the lease is taken, where there is one: a sandbox is locked by its file.
    lease: Option<keep::Settings>,
    seen: Option<Seen>,
    hold: Option<Hold>,
    settled: Option<Instant>,
}

/// Whether what was read before the lease was taken is still good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Nobody changed the stack since.
    Current,
    /// Somebody may have.
    Outdated,
}

/// Where qpiac keeps things for this stack.
pub(super) fn store(
    cloud: &Cloud,
    account: &str,
    given: &arguments::Cloud,
    settings: &Settings,
) -> Arc<dyn Store> {
    match cloud {
        Cloud::Aws(aws) => {
            let pace = Duration::from_millis(settings.pace_ms);
            Arc::new(Bucket::of(aws.clients(), account, pace))
        }
        Cloud::Sandbox(_) => Arc::new(folder(given)),
    }
}

/// The folder beside the sandbox's file.
pub(super) fn folder(given: &arguments::Cloud) -> Folder {
    let mut path = sandbox_file(given)
        .unwrap_or_else(|| PathBuf::from(arguments::SANDBOX_FILE))
        .into_os_string();
    path.push(".kept");
    Folder::at(PathBuf::from(path))
}

impl Keeping {
    /// What a command needs that changes this stack.
    pub(super) async fn open(
        cloud: &Cloud,
        account: &str,
        owner: &Owner,
        given: (&arguments::Cloud, &arguments::Leasing),
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let (who, lease) = match cloud {
            Cloud::Aws(aws) => {
                let caller = aws.clients().caller().await;
                let caller = caller.context("AWS does not say who you are")?;
                (caller.arn, Some(lease_settings(given.1)?))
            }
            Cloud::Sandbox(_) => (NOBODY.to_owned(), None),
        };
        let host = gethostname::gethostname();
        Ok(Self {
            store: store(cloud, account, given.0, settings),
            claim: Claim::new(&who, &host.to_string_lossy(), &again(None)),
            stack: owner.to_string(),
            lease,
            seen: None,
            hold: None,
            settled: None,
        })
    }

    /// Looks whether somebody changes the stack; where somebody does, waits for the lease and takes
    /// it, as nothing that is read now would be good.
    pub(super) async fn look(
        &mut self,
        cloud: &Cloud,
        settings: &Settings,
        terminal: &Terminal,
    ) -> anyhow::Result<()> {
        if self.lease.is_none() {
            return Ok(());
        }
        let seen = keep::look(self.store.as_ref(), &self.stack).await;
        let seen = seen.with_context(|| self.unreadable())?;
        let is_free = seen.is_free();
        self.seen = Some(seen);
        if !is_free {
            self.take(cloud, settings, terminal).await?;
        }
        Ok(())
    }

    fn unreadable(&self) -> String {
        format!(
            "cannot see in {} who is changing the stack",
            self.store.name()
        )
    }

    /// Takes the lease where it is not held yet.
    pub(super) async fn take(
        &mut self,
        cloud: &Cloud,
        settings: &Settings,
        terminal: &Terminal,
    ) -> anyhow::Result<Freshness> {
        let (Some(lease), None) = (self.lease, &self.hold) else {
            return Ok(Freshness::Current);
        };
        let Some(seen) = self.seen.take() else {
            return Ok(Freshness::Current);
        };
        let mut notice = |notice| terminal.line(&message::note(told(&notice, lease.wait)));
        let taking = keep::take(
            &self.store,
            &self.stack,
            &self.claim,
            lease,
            seen,
            &mut notice,
        );
        let (hold, before, is_first) = taking.await.map_err(hinted)?;
        if let Cloud::Aws(aws) = cloud {
            aws.clients().limit(hold.permit());
        }
        self.hold = Some(hold);
        if before == Before::Unsettled {
            self.settled = Some(now() + Duration::from_millis(settings.read_lag_ms));
        }
        Ok(if is_first && before == Before::Settled {
            Freshness::Current
        } else {
            Freshness::Outdated
        })
    }

    /// Waits until AWS's listings show all that the run before may have begun, where what was read
    /// from `began` on may not. Says whether it waited.
    pub(super) async fn settle(&self, began: Instant, terminal: &Terminal) -> bool {
        let Some(settled) = self.settled.filter(|settled| began < *settled) else {
            return false;
        };
        let rest = settled.saturating_duration_since(now());
        let rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
        terminal.line(&message::note(format!(
            "the run before did not see its end: waiting {} until AWS's listings show all that it \
             made",
            duration(rest_ms)
        )));
        pause_until(settled).await;
        true
    }

    /// The right by which the run changes things.
    pub(super) fn tenure(&self) -> &dyn Tenure {
        match &self.hold {
            Some(hold) => hold,
            None => &Unlimited,
        }
    }

    /// Begins the record of the run.
    pub(super) fn recorder(&self) -> Recorder {
        Recorder::begin(&self.store, &self.stack, &self.claim)
    }

    /// Gives the lease back. `is_settled` says whether every call was seen to end.
    pub(super) async fn let_go(&mut self, is_settled: bool, limit: Duration, terminal: &Terminal) {
        let Some(hold) = self.hold.take() else {
            return;
        };
        if let Err(fault) = hold.release(is_settled, limit).await {
            terminal.line(&message::warning(format!(
                "the lease could not be given back, and ends by itself: {fault}"
            )));
        }
    }
}

fn lease_settings(given: &arguments::Leasing) -> anyhow::Result<keep::Settings> {
    let mut settings = keep::Settings {
        wait: Duration::from_secs(given.lease_wait),
        ..keep::Settings::default()
    };
    if let Some(duration_s) = number("QPIAC_LEASE_S", "seconds")? {
        settings.duration = Duration::from_secs(duration_s.max(1));
    }
    Ok(settings)
}

fn told(notice: &Notice, wait: Duration) -> String {
    match notice {
        Notice::Held(lease) => format!(
            "waiting at most {} s for the stack's lease: {lease}",
            wait.as_secs()
        ),
        Notice::Unreadable => format!(
            "waiting at most {} s for the stack's lease, which cannot be read, to end",
            wait.as_secs()
        ),
        Notice::TakenOver => {
            "the lease was not renewed in time: its holder is gone, and this run takes it over"
                .to_owned()
        }
    }
}

fn hinted(refused: keep::Refused) -> anyhow::Error {
    match refused {
        keep::Refused::Held(_) => anyhow!(
            "{refused}; nothing was changed\nhint: wait longer with --lease-wait, or, if you know \
             that the other run is dead, `qpiac unlock`"
        ),
        keep::Refused::Fault(fault) => {
            anyhow::Error::new(fault).context("the lease cannot be taken; nothing was changed")
        }
    }
}
