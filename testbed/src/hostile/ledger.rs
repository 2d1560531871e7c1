//! Who is harmed, drawn by the seed, and the account of it.
//!
//! Depends on `hostility` and `operation`. Invariant: a draw depends on nothing but the seed, the
//! phase, the call's identity and what is drawn.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::hostility::{Harm, Hostility};
use super::memory;
use crate::operation::Request;

/// A call, so that it is the same in the next run of a test.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) operation: String,
    /// Which of the calls of this operation, from 1.
    pub(super) number: u32,
}

pub(super) struct Ledger {
    pub(super) hostility: Hostility,
    numbers: Mutex<BTreeMap<String, u32>>,
    harms: Mutex<Vec<Harm>>,
}

impl Ledger {
    pub(super) fn new(hostility: Hostility) -> Ledger {
        Ledger {
            hostility,
            numbers: Mutex::default(),
            harms: Mutex::default(),
        }
    }

    pub(super) fn harms(&self) -> Vec<Harm> {
        memory(&self.harms).clone()
    }

    /// Counts a call.
    pub(super) fn number(&self, request: &Request) -> Identity {
        let operation = request.name();
        let mut numbers = memory(&self.numbers);
        let number = numbers.entry(operation.clone()).or_default();
        *number += 1;
        Identity {
            operation,
            number: *number,
        }
    }

    /// Whether this befalls the call, as it does so many of a hundred; then it is written down.
    pub(super) fn strikes(&self, call: &Identity, what: &'static str, percent: u64) -> bool {
        self.falls(call, what, percent) && self.enter(call, what)
    }

    /// Writes down that this befalls the call; no where it shall not.
    pub(super) fn enter(&self, call: &Identity, what: &'static str) -> bool {
        let harm = Harm {
            phase: self.hostility.phase.clone(),
            operation: call.operation.clone(),
            number: call.number,
            what,
        };
        let only = self.hostility.only.as_ref();
        let is_allowed = only.is_none_or(|only| only.contains(&harm));
        if is_allowed {
            memory(&self.harms).push(harm);
        }
        is_allowed
    }

    /// Whether a draw that comes true so many times of a hundred does; it is not written down.
    pub(super) fn falls(&self, call: &Identity, what: &str, percent: u64) -> bool {
        self.draw(call, what) % 100 < percent
    }

    /// A time between a quarter of this and all of it.
    pub(super) fn span(&self, call: &Identity, what: &str, most: Duration) -> Duration {
        let part = self.draw(call, &format!("{what}, how long")) % 76 + 25;
        most * u32::try_from(part).unwrap_or(100) / 100
    }

    pub(super) fn draw(&self, call: &Identity, what: &str) -> u64 {
        let Identity { operation, number } = call;
        let Hostility { seed, phase, .. } = &self.hostility;
        let text = format!("{seed}/{phase}/{operation}/{number}/{what}");
        let digest = Sha256::digest(text.as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(bytes)
    }
}
