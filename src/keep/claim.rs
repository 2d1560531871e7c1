//! Who wants to change a stack.
//!
//! May depend on the engine's clock. Invariant: two runs never have the same number.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::engine::clock::wall;

/// A run, as far as others need to know about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The run's number; later runs have larger ones.
    pub run: String,
    /// Who runs it: the ARN of the caller.
    pub who: String,
    /// On which computer.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// What it does, such as `qpiac apply`.
    pub command: String,
    /// The version of the program.
    pub version: String,
}

/// What tells something from all others, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Its number; what is made later has a larger one.
    pub number: String,
    /// When.
    pub at: String,
}

impl Birth {
    /// Of something that is made now.
    pub fn now() -> Self {
        let chance: u32 = rand::random();
        let time = wall();
        Self {
            number: format!("{}-{chance:08x}", moment::compact(time)),
            at: moment::text(time),
        }
    }
}

impl Claim {
    /// A run that begins now.
    pub fn new(who: &str, host: &str, command: &str) -> Self {
        Self {
            run: Birth::now().number,
            who: who.to_owned(),
            host: host.to_owned(),
            pid: std::process::id(),
            command: command.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Nobody, in the place of a holder that cannot be read.
    pub(super) fn nobody() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            run: unknown(),
            who: unknown(),
            host: unknown(),
            pid: 0,
            command: unknown(),
            version: unknown(),
        }
    }
}
