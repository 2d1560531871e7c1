//! The bucket in which qpiac keeps what it shares with other runs: `qpiac-ACCOUNT-REGION`.
//!
//! May depend on `aws` and the engine's clock. Invariant: a bucket that was just made is waited for,
//! and no write is repeated that may have had its effect.

use std::time::Duration;

use futures::future::BoxFuture;

use super::store::{Etag, Object, Only, Store, Written};
use crate::aws::Clients;
use crate::aws::objects::{self, Condition, Place};
use crate::engine::clock::{now, pause};
use crate::model::{Fault, FaultClass};

/// What is done with the bucket, as IAM names it.
pub const BUCKET_ACTIONS: [&str; 7] = objects::OPERATIONS.0;
/// What is done with the objects in it.
pub const OBJECT_ACTIONS: [&str; 2] = objects::OPERATIONS.1;

/// How long a new bucket may be invisible, in seconds (S3: up to two minutes).
const NEW_BUCKET_S: u64 = 120;
/// The longest pause between two tries, in paces.
const PAUSE_MAX_PACES: u32 = 8;

/// The bucket of an account in a region.
#[derive(Clone)]
pub struct Bucket {
    clients: Clients,
    place: Place,
    pace: Duration,
}

impl Bucket {
    /// The bucket of this account in the region of the clients; `pace` is the shortest pause between
    /// two tries.
    pub fn of(clients: &Clients, account: &str, pace: Duration) -> Self {
        Self {
            place: Place {
                bucket: format!("qpiac-{account}-{}", clients.region()),
                account: account.to_owned(),
            },
            clients: clients.clone(),
            pace,
        }
    }

    /// Makes a call again as long as AWS is busy, or does not see the new bucket everywhere.
    async fn patiently<T, F: Future<Output = Result<T, Fault>>>(
        &self,
        call: impl Fn() -> F,
        may_pass: impl Fn(&Fault) -> bool,
    ) -> Result<T, Fault> {
        let end = now() + Duration::from_secs(NEW_BUCKET_S);
        let mut rest = self.pace;
        loop {
            match call().await {
                Err(fault) if may_pass(&fault) && now() + rest < end => {
                    pause(rest).await;
                    rest = (rest * 2).min(self.pace * PAUSE_MAX_PACES);
                }
                reply => return reply,
            }
        }
    }
}

impl Store for Bucket {
    fn name(&self) -> String {
        format!("the bucket {}", self.place.bucket)
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.patiently(
            || objects::prepare(&self.clients, &self.place),
            |fault| match fault.class {
                FaultClass::Throttled
                | FaultClass::Conflict
                | FaultClass::NotYet
                | FaultClass::Missing
                | FaultClass::Unknown => true,
                FaultClass::Denied | FaultClass::Quota | FaultClass::Rejected => false,
            },
        ))
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, Fault>> {
        Box::pin(async move {
            let object = objects::get(&self.clients, &self.place, key).await?;
            Ok(object.map(|(body, etag)| Object {
                body,
                etag: Etag(etag),
            }))
        })
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        body: Vec<u8>,
        only: Only,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let condition = match &only {
                Only::Always => Condition::Always,
                Only::IfAbsent => Condition::Absent,
                Only::IfUnchanged(Etag(etag)) => Condition::Unchanged(etag),
            };
            let put = || objects::put(&self.clients, &self.place, key, body.clone(), condition);
            // That it was throttled, or that the new bucket is not seen, had no effect.
            let written = self
                .patiently(put, |fault| {
                    fault.class == FaultClass::Throttled || fault.code == "NoSuchBucket"
                })
                .await?;
            Ok(match written {
                Some(etag) => Written::Done(Etag(etag)),
                None => Written::Refused,
            })
        })
    }

    fn last<'a>(
        &'a self,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        Box::pin(async move {
            let mut keys = objects::list(&self.clients, &self.place, prefix).await?;
            keys.drain(..keys.len().saturating_sub(most));
            Ok(keys)
        })
    }
}
