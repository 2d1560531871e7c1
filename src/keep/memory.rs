//! A store in memory, for tests: with calls that fail or lose their reply.
//!
//! May depend on `store`. Invariant: conditions hold as in S3.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;

use super::store::{Etag, Object, Only, Store, Written};
use crate::model::{Fault, FaultClass};

/// What happens to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Harm {
    /// Nothing.
    None,
    /// It is not carried out.
    Before,
    /// It is carried out, and the reply is lost.
    After,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (Vec<u8>, u64)>,
    version: u64,
    harms: VecDeque<Harm>,
    is_down: bool,
}

/// Objects in memory.
#[derive(Default)]
pub(super) struct Memory(Mutex<State>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to the next writes.
    pub(super) fn harm(&self, harms: impl IntoIterator<Item = Harm>) {
        self.lock().harms.extend(harms);
    }

    /// From now on no call gets through, or every call.
    pub(super) fn set_down(&self, is_down: bool) {
        self.lock().is_down = is_down;
    }

    /// Puts an object there, past everybody.
    pub(super) fn force(&self, key: &str, body: &[u8]) {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        state
            .objects
            .insert(key.to_owned(), (body.to_vec(), version));
    }

    /// Deletes an object.
    pub(super) fn delete(&self, key: &str) {
        self.lock().objects.remove(key);
    }

    /// An object's content.
    pub(super) fn body(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().objects.get(key).map(|(body, _)| body.clone())
    }

    fn get(&self, key: &str) -> Result<Option<Object>, Fault> {
        let state = self.lock();
        if state.is_down {
            return Err(lost());
        }
        Ok(state.objects.get(key).map(|(body, version)| Object {
            body: body.clone(),
            etag: Etag(version.to_string()),
        }))
    }

    fn put(&self, key: &str, body: Vec<u8>, only: &Only) -> Result<Written, Fault> {
        let mut state = self.lock();
        let harm = state.harms.pop_front().unwrap_or(Harm::None);
        if state.is_down || harm == Harm::Before {
            return Err(lost());
        }
        let there = state
            .objects
            .get(key)
            .map(|(_, version)| version.to_string());
        let may = match only {
            Only::Always => true,
            Only::IfAbsent => there.is_none(),
            Only::IfUnchanged(Etag(etag)) => there.as_ref() == Some(etag),
        };
        let written = if may {
            state.version += 1;
            let version = state.version;
            state.objects.insert(key.to_owned(), (body, version));
            Written::Done(Etag(version.to_string()))
        } else {
            Written::Refused
        };
        match harm {
            Harm::After => Err(lost()),
            Harm::None | Harm::Before => Ok(written),
        }
    }
}

fn lost() -> Fault {
    Fault::own(FaultClass::Unknown, "s3:PutObject", "the reply was lost")
}

impl Store for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, Fault>> {
        Box::pin(std::future::ready(self.get(key)))
    }

    fn write<'a>(
        &'a self,
        key: &'a str,
        body: Vec<u8>,
        only: Only,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(std::future::ready(self.put(key, body, &only)))
    }

    fn last<'a>(
        &'a self,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        let state = self.lock();
        let mut keys: Vec<String> = state
            .objects
            .keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        keys.drain(..keys.len().saturating_sub(most));
        Box::pin(std::future::ready(Ok(keys)))
    }
}
