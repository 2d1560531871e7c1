//! A place for a few small objects that several machines share.
//!
//! May depend on `model`. Invariant: a conditional write has its effect only where the condition
//! holds, also when two are made at the same moment.

use futures::future::BoxFuture;

use crate::model::Fault;

/// What tells one content of an object from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(pub String);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub body: Vec<u8>,
    /// What tells it from others.
    pub etag: Etag,
}

/// When an object is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// In any case.
    Always,
    /// Where there is none.
    IfAbsent,
    /// Where it is still this one.
    IfUnchanged(Etag),
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    Done(Etag),
    /// The condition does not hold; nothing was written.
    Refused,
}

/// Objects by key.
pub trait Store: Send + Sync {
    /// What a person knows it by.
    fn name(&self) -> String;

    /// Makes the store what it must be; for the first write.
    fn prepare(&self) -> BoxFuture<'_, Result<(), Fault>>;

    /// An object, or nothing where there is none or not even a store.
    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Object>, Fault>>;

    /// Writes an object.
    fn write<'a>(
        &'a self,
        key: &'a str,
        body: Vec<u8>,
        only: Only,
    ) -> BoxFuture<'a, Result<Written, Fault>>;

    /// The keys that begin so, in the order of their letters; at most `most`, the last of them.
    fn last<'a>(
        &'a self,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, Fault>>;
}
