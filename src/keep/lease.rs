//! The object that says who may change a stack.
//!
//! May depend on `claim`. Invariant: whatever stands in the object, it is read without a panic, and
//! what cannot be read counts as held.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::claim::Claim;

/// The version of the object's form.
const FORMAT_VERSION: u32 = 1;
/// The largest object that is read, in bytes.
const LARGEST_BYTES: usize = 64 << 10;
/// The longest duration that is believed, in milliseconds.
const LONGEST_MS: u64 = 60 * 60 * 1000;

/// Whether a lease is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// By a run that goes on, or was killed.
    Held,
    /// No more; all that the run began was seen to end.
    Released,
    /// No more; calls of the run may still have an effect.
    Left,
    /// No more: a person took it away.
    Unlocked,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The version of this form.
    pub format_version: u32,
    /// Whether it is held.
    pub standing: Standing,
    /// The stack, as `NAME@REGION`.
    pub stack: String,
    /// Whose it is, or was.
    pub holder: Claim,
    /// When it was taken, by the holder's clock. Nothing compares it.
    pub taken_at: String,
    /// When it ends unless renewed, by the holder's clock. Nothing compares it.
    pub expires_at: String,
    /// How long it is good for without renewal, in milliseconds.
    pub duration_ms: u64,
    /// How often it was renewed, so that every renewal is another object.
    pub renewals: u64,
}

impl fmt::Display for Lease {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holder = &self.holder;
        write!(
            out,
            "{} on {} (process {}) runs `{}` since {}; its lease is good until {} unless renewed",
            holder.who, holder.host, holder.pid, holder.command, self.taken_at, self.expires_at
        )
    }
}

/// An object that is no lease.
#[derive(Debug, thiserror::Error)]
#[error("the lease cannot be read: {0}")]
pub struct Unreadable(String);

impl Lease {
    /// A new lease.
    pub(super) fn of(claim: &Claim, stack: &str, duration_ms: u64) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            standing: Standing::Held,
            stack: stack.to_owned(),
            holder: claim.clone(),
            taken_at: String::new(),
            expires_at: String::new(),
            duration_ms,
            renewals: 0,
        }
    }

    /// The lease that an object holds.
    ///
    /// # Errors
    /// [`Unreadable`] where it is something else.
    pub fn parse(body: &[u8]) -> Result<Self, Unreadable> {
        if body.len() > LARGEST_BYTES {
            return Err(Unreadable(format!(
                "it is larger than {LARGEST_BYTES} bytes"
            )));
        }
        let mut lease: Self =
            serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
        if lease.format_version > FORMAT_VERSION {
            let version = lease.format_version;
            return Err(Unreadable(format!(
                "a newer qpiac wrote it (version {version})"
            )));
        }
        lease.duration_ms = lease.duration_ms.min(LONGEST_MS);
        Ok(lease)
    }

    /// The object.
    pub(super) fn body(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("text, numbers and no maps become JSON")
    }

    /// Whether somebody may be changing the stack by it.
    pub fn is_held(&self) -> bool {
        match self.standing {
            Standing::Held => true,
            Standing::Released | Standing::Left | Standing::Unlocked => false,
        }
    }
}
