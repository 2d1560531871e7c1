//! A look at a stack as it is, without a plan.
//!
//! May depend on everything. Invariant: nothing is changed, and the account is checked as for a
//! plan.

use super::cloud::Cloud;
use super::engagement::{read, tell_notes};
use super::goal::Goal;
use super::stops::{self, unless_stopped};
use super::subject::{self, Known};
use super::terminal::Terminal;
use crate::cli::arguments::{self, Subject};
use crate::model::Snapshot;

/// A stack as it is.
pub(super) struct Look {
    pub(super) known: Known,
    pub(super) cloud: Cloud,
    pub(super) snapshot: Snapshot,
    pub(super) stops: stops::Stops,
}

/// Looks at the stack; nothing where its file has errors, after they were shown.
pub(super) async fn look(given: &Subject, terminal: &Terminal) -> anyhow::Result<Option<Look>> {
    match subject::known(given, terminal)? {
        Some(known) => look_at(known, &given.cloud, terminal).await.map(Some),
        None => Ok(None),
    }
}

/// Looks at this stack.
pub(super) async fn look_at(
    known: Known,
    given: &arguments::Cloud,
    terminal: &Terminal,
) -> anyhow::Result<Look> {
    let stops = stops::listen()?;
    let goal = Goal::nothing(known.owner.clone(), known.account.clone());
    let opening = Cloud::open(given, &goal, terminal);
    let cloud = unless_stopped(&stops, opening).await??;
    let settings = cloud.settings()?;
    let reading = read(&cloud, &goal, &settings);
    let (_, snapshot) = unless_stopped(&stops, reading).await??;
    tell_notes(&cloud, terminal);
    Ok(Look {
        known,
        cloud,
        snapshot,
        stops,
    })
}
