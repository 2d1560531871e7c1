//! What happens in a run, as data.
//!
//! May depend on `plan` and `model`. Invariant: events hold no prose of ours; a renderer is a fold
//! over them, and what AWS says is passed on as AWS said it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Address, Fault, Milestone, OutputValues, Owner};
use crate::plan::{After, StepId};

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the run, from 0.
    pub seq: u64,
    /// When, in milliseconds since the run began.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// A step, as far as a renderer needs it.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// Its number.
    pub step: StepId,
    /// What it is about.
    pub address: Address,
    /// `create`, `update` or `delete`.
    pub action: &'static str,
    /// The other step of the same replacement.
    pub replaces: Option<StepId>,
    /// What it waits for.
    pub after: Vec<After>,
    /// What it takes usually, in seconds.
    pub typical_s: u32,
}

/// A step as it is written; the word for its action is any.
#[derive(Deserialize)]
struct Written {
    step: StepId,
    address: Address,
    action: String,
    replaces: Option<StepId>,
    after: Vec<After>,
    typical_s: u32,
}

impl<'de> Deserialize<'de> for Planned {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(from)?;
        let mut known = ["create", "update", "delete"].into_iter();
        let action = known.find(|word| *word == written.action);
        Ok(Self {
            action: action
                .ok_or_else(|| D::Error::custom(format_args!("no step can {}", written.action)))?,
            step: written.step,
            address: written.address,
            replaces: written.replaces,
            after: written.after,
            typical_s: written.typical_s,
        })
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The run began.
    RunStarted {
        /// The stack.
        owner: Owner,
        /// All steps.
        steps: Vec<Planned>,
    },
    /// A step began.
    StepStarted {
        /// Which.
        step: StepId,
    },
    /// A call failed and will be repeated.
    StepRetrying {
        /// Which step.
        step: StepId,
        /// What AWS answered.
        fault: Fault,
        /// How many calls failed so far.
        attempt: u32,
        /// How long until the next, in milliseconds.
        delay_ms: u64,
    },
    /// AWS is working on it; sent when what AWS says changes.
    StepWaiting {
        /// Which step.
        step: StepId,
        /// What AWS says.
        message: String,
    },
    /// A step has come so far.
    StepReached {
        /// Which step.
        step: StepId,
        /// How far.
        milestone: Milestone,
        /// The outputs that are known now.
        outputs: OutputValues,
    },
    /// A step is done.
    StepFinished {
        /// Which.
        step: StepId,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// A step failed for good.
    StepFailed {
        /// Which.
        step: StepId,
        /// Why.
        failure: Failure,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// A step was not begun.
    StepSkipped {
        /// Which.
        step: StepId,
        /// Why.
        because: Skip,
    },
    /// A step that had begun was left before its end, since the user stopped the run; AWS may go
    /// on working on it.
    StepAbandoned {
        /// Which.
        step: StepId,
        /// How long it was under way, in milliseconds.
        elapsed_ms: u64,
    },
    /// The user asked to stop.
    StopRequested {
        /// What is still done.
        stop: Stop,
    },
    /// The right to change the stack was lost; nothing new is started.
    TenureLost {
        /// Who or what took it.
        why: String,
    },
    /// The run is over.
    RunFinished {
        /// How it ended.
        outcome: Ending,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
}

/// How a run is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Nothing new is started. Calls in flight end, and what AWS works on is waited for a few
    /// seconds more.
    Starting,
    /// What AWS works on is not waited for either; calls in flight get a moment to end.
    Waiting,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every step is done.
    Complete,
    /// Steps failed, or were not begun since the right to change the stack was lost.
    Partial,
    /// The user stopped it.
    Cancelled,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// What AWS says about the resource, one reason a line.
    pub reasons: Vec<String>,
}

/// What went wrong in a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// A call failed.
    Fault {
        /// With this.
        fault: Fault,
        /// After so many calls.
        attempts: u32,
    },
    /// AWS gave up on the resource.
    Broken {
        /// What AWS says.
        message: String,
    },
    /// It took too long.
    Deadline {
        /// The limit, in seconds.
        deadline_s: u32,
        /// What AWS said last.
        last: Option<String>,
    },
    /// AWS reports it as working, yet not as it was asked for.
    NotAsWanted {
        /// The attributes that differ.
        attributes: Vec<String>,
    },
    /// It becomes ready only once another is there, whose step failed.
    Incomplete {
        /// The other.
        needs: Address,
    },
    /// It is not there any more: somebody else deleted it meanwhile.
    Vanished,
    /// A value that it needs did not come from the step that makes it.
    MissingInput {
        /// The output.
        output: String,
    },
}

/// Why a step was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Skip {
    /// It needs a step that failed or was itself not begun.
    Needs {
        /// That step.
        step: StepId,
    },
    /// The user stopped the run.
    Stopped,
}
