//! What the engine needs from a cloud: the live one or the simulated one.
//!
//! May depend on `model`. Invariant: a provider makes each call once; repeating, waiting and giving
//! up are the engine's.

use futures::future::BoxFuture;

use crate::model::{Fault, Kind, OutputValues, Query, Record, Schema, State, Work};

/// A limit of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What is limited, in AWS's words.
    pub name: String,
    /// How many there may be.
    pub limit: u64,
    /// How many there are.
    pub used: u64,
    /// The quota's code in Service Quotas, as `SERVICE/CODE`.
    pub code: String,
}

/// How well a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wellness {
    /// It does what it is for.
    Well,
    /// It will, as soon as AWS has finished, or somebody has done what the reasons say.
    Waiting,
    /// It does not.
    Ill,
}

/// How a resource is, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// How well it is.
    pub wellness: Wellness,
    /// A few words, such as `2 of 2 tasks run`; empty where there is nothing to say.
    pub summary: String,
    /// Why it is not well, in AWS's words, one reason a line; also what to do about it.
    pub reasons: Vec<String>,
}

impl Health {
    /// What a state alone says.
    pub fn of_state(state: &State) -> Self {
        let (wellness, summary) = match state {
            State::Ready => (Wellness::Well, String::new()),
            State::Busy(message) => (Wellness::Waiting, message.clone()),
            State::Broken(message) => (Wellness::Ill, message.clone()),
            State::Leaving => (Wellness::Waiting, "it is being deleted".to_owned()),
        };
        Self {
            wellness,
            summary,
            reasons: Vec::new(),
        }
    }

    /// Well, with these few words.
    pub fn well(summary: impl Into<String>) -> Self {
        Self {
            wellness: Wellness::Well,
            summary: summary.into(),
            reasons: Vec::new(),
        }
    }
}

/// A cloud.
pub trait Provider: Send + Sync {
    /// The kinds that it knows.
    fn schemas(&self) -> &[&'static Schema];

    /// The resources of a kind.
    fn find(&self, kind: &Kind, which: Query) -> BoxFuture<'_, Result<Vec<Record>, Fault>>;

    /// Does one thing. The outputs are those that the resource then has; empty after a delete.
    fn perform(&self, work: Work) -> BoxFuture<'_, Result<OutputValues, Fault>>;

    /// What AWS says about why this resource is as it is; asked when something went wrong.
    fn explain(&self, found: Record) -> BoxFuture<'_, Result<Vec<String>, Fault>>;

    /// How this resource is, asked by a person; a read or two for kinds that have more to say than
    /// their state.
    fn health(&self, found: Record) -> BoxFuture<'_, Result<Health, Fault>> {
        Box::pin(std::future::ready(Ok(Health::of_state(&found.state))))
    }

    /// The account's limit for a kind, where one is worth looking at before the first change.
    fn quota(&self, kind: &Kind) -> BoxFuture<'_, Result<Option<Quota>, Fault>>;

    /// Called before and after a snapshot is read: in between, one reply may serve several kinds.
    fn reading(&self, on: bool);

    /// What a person should know about what was read so far; each is told once.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}
