//! The right to change a stack, which a run may have for a time only.
//!
//! May depend on nothing. Invariant: a call that changes something begins only while there is time
//! for it.

use std::future::{pending, ready};

use futures::future::BoxFuture;

/// The right is gone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Lost {
    /// Who or what took it.
    pub why: String,
}

/// The right to change a stack.
pub trait Tenure: Send + Sync {
    /// Ends as soon as there is time for one more call, which may be at once.
    ///
    /// # Errors
    /// [`Lost`] where there never will be.
    fn granted(&self) -> BoxFuture<'_, Result<(), Lost>>;

    /// Ends when the right is lost.
    fn lost(&self) -> BoxFuture<'_, Lost>;
}

/// The right to change what nobody else can reach.
#[derive(Clone, Copy, Debug)]
pub struct Unlimited;

impl Tenure for Unlimited {
    fn granted(&self) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(ready(Ok(())))
    }

    fn lost(&self) -> BoxFuture<'_, Lost> {
        Box::pin(pending())
    }
}
