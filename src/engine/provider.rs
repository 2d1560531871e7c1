//! What the engine needs from a cloud: the live one or the simulated one.
//!
//! May depend on `model`. Invariant: a provider makes each call once; repeating, waiting and giving
//! up are the engine's.

use futures::future::BoxFuture;

use crate::model::{Fault, Kind, OutputValues, Query, Record, Schema, Work};

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

    /// The account's limit for a kind, where one is worth looking at before the first change.
    fn quota(&self, kind: &Kind) -> BoxFuture<'_, Result<Option<Quota>, Fault>>;

    /// Called before and after a snapshot is read: in between, one reply may serve several kinds.
    fn reading(&self, on: bool);

    /// What a person should know about what was read so far; each is told once.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}
