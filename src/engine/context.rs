//! What all steps of a run share, and what they say to it.
//!
//! May depend on `plan`, `model`, `polls` and `reading`. Invariant: steps know nothing of each other;
//! they speak with the run only.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::polls::Polls;
use super::reading::Reading;
use super::tenure::Tenure;
use crate::model::{Address, Fault, Milestone, OutputValues, Owner};
use crate::plan::StepId;

/// How far a run is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Halt {
    /// Not at all.
    No,
    /// No new calls that change something.
    Starting,
    /// No waiting either.
    Waiting,
}

/// What a step says while it lives.
#[derive(Debug)]
pub(super) enum Report {
    /// Its first call goes out.
    Started,
    /// A call failed and is repeated.
    Retrying {
        fault: Fault,
        attempt: u32,
        delay: Duration,
    },
    /// AWS works on it and says this.
    Waiting(String),
    /// It has come so far.
    Reached(Milestone, OutputValues),
}

/// What all steps share.
pub(super) struct Context<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) polls: Polls<'a>,
    pub(super) owner: &'a Owner,
    pub(super) tenure: &'a dyn Tenure,
    pub(super) halt: watch::Sender<Halt>,
    /// Steps that wait in vain, each with what failed.
    pub(super) vain: watch::Sender<BTreeMap<StepId, Address>>,
    pub(super) reports: mpsc::UnboundedSender<(StepId, Report)>,
}

impl Context<'_> {
    /// Ends when the run is stopped so far.
    pub(super) async fn halted(&self, far: Halt) {
        let mut halt = self.halt.subscribe();
        // The sender lives as long as the context, so there is no error.
        let _ = halt.wait_for(|halt| *halt >= far).await;
    }

    /// Ends when this step waits in vain; gives what failed.
    pub(super) async fn in_vain(&self, step: StepId) -> Address {
        let mut vain = self.vain.subscribe();
        loop {
            if let Some(needs) = vain.borrow_and_update().get(&step) {
                return needs.clone();
            }
            // The sender lives as long as the context.
            let _ = vain.changed().await;
        }
    }

    /// Whether nothing new may begin.
    pub(super) fn is_halted(&self) -> bool {
        *self.halt.borrow() >= Halt::Starting
    }
}
