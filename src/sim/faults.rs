//! What goes wrong: by chance from the world's seed, or by script.
//!
//! May depend on `calls` and `model`. Invariant: with the default, nothing does, and no random
//! number is drawn to find that out.

use rand::Rng;
use rand::rngs::StdRng;

use super::calls::{Action, Call};
use crate::model::{Fault, FaultClass, Kind, Schema};

/// What goes wrong. Probabilities are from 0 to 1.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// That a call is throttled, without an effect.
    pub throttled: f64,
    /// That a call ends as unknown before it had an effect.
    pub lost_requests: f64,
    /// That a call has its effect and ends as unknown.
    pub lost_replies: f64,
    /// How consistent reads are.
    pub lag: Lag,
    /// When the program dies.
    pub death: Option<Death>,
    /// What happens to particular calls.
    pub script: Vec<Scripted>,
}

impl Faults {
    /// Some of everything that a run must survive without a new run.
    pub fn mixed() -> Self {
        Self {
            throttled: 0.1,
            lost_requests: 0.03,
            lost_replies: 0.03,
            lag: Lag {
                probability: 0.3,
                longest_ms: 10_000,
            },
            death: None,
            script: Vec::new(),
        }
    }

    /// What happens to the next call.
    pub(super) fn draw(
        &self,
        rng: &mut StdRng,
        earlier: &[Call],
        schema: &Schema,
        action: Action,
    ) -> Interference {
        let operation = action.operation(schema);
        if let Some(strike) = self.scripted(earlier, schema, action) {
            return strike.interference(operation);
        }
        let unknown = || {
            let message = "the connection was closed before a reply came";
            Fault::own(FaultClass::Unknown, operation, message)
        };
        if happens(rng, self.throttled) {
            let mut fault = Fault::own(FaultClass::Throttled, operation, "Rate exceeded");
            fault.code = "Throttling".to_owned();
            Interference::Instead(fault)
        } else if happens(rng, self.lost_requests) {
            Interference::Instead(unknown())
        } else if happens(rng, self.lost_replies) {
            Interference::Afterwards(unknown())
        } else {
            Interference::None
        }
    }

    fn scripted(&self, earlier: &[Call], schema: &Schema, action: Action) -> Option<&Strike> {
        if self.script.is_empty() {
            return None;
        }
        let same = |call: &&Call| call.kind == schema.kind && call.action == action;
        let nth = earlier.iter().filter(same).count() + 1;
        self.script
            .iter()
            .find(|s| s.kind == schema.kind && s.action == action && s.nth == nth)
            .map(|scripted| &scripted.strike)
    }
}

/// Whether something of this probability happens.
pub(super) fn happens(rng: &mut StdRng, probability: f64) -> bool {
    probability > 0.0 && rng.random::<f64>() < probability
}

/// Reads that lag behind changes: while the lag of a change lasts, every single read shows by
/// chance what was before it or what is after it. A reference may fail to see a new target
/// likewise, and what is deleted may go on holding others; but nothing new can refer to it. Updates and deletes themselves, and the
/// uniqueness of names, are never mistaken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lag {
    /// That a change lags.
    pub probability: f64,
    /// For how long at most, in milliseconds.
    pub longest_ms: u64,
}

impl Lag {
    /// How long the next change lags, in milliseconds.
    pub(super) fn draw(self, rng: &mut StdRng) -> Option<u64> {
        (self.longest_ms > 0 && happens(rng, self.probability))
            .then(|| rng.random_range(1..=self.longest_ms))
    }
}

/// The program dies.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// At which call, counted from 1 over all finds and performs.
    pub call: usize,
    /// Whether that call still has its effect; its reply never comes.
    pub effect: bool,
    /// What becomes of that call, of those under way and of later ones.
    pub then: Afterwards,
}

/// What becomes of the calls of a program that has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// They never end: the process is dead, and the test drops it when [`super::Sim::died`] ends.
    Hang,
    /// They end as unknown: the process lives on without a network.
    Fail,
}

/// Something that happens to one particular call.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The kind of resource.
    pub kind: Kind,
    /// What the call does.
    pub action: Action,
    /// Which of the calls with this kind and action, counted from 1.
    pub nth: usize,
    /// What happens.
    pub strike: Strike,
}

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Strike {
    /// It fails.
    Fault {
        /// As what.
        class: FaultClass,
        /// The error code.
        code: String,
        /// The message.
        message: String,
        /// Whether it has its effect all the same.
        effect: bool,
    },
    /// It succeeds, but when AWS has finished its work the resource does not work, for this reason.
    Breaks(String),
    /// It succeeds, but AWS gives the change up for this reason and goes back to what was before, which works:
    /// a deployment that is rolled back. Only an update can.
    Reverts(String),
}

impl Strike {
    fn interference(&self, operation: &str) -> Interference {
        match self {
            Self::Fault {
                class,
                code,
                message,
                effect,
            } => {
                let mut fault = Fault::own(*class, operation, message);
                fault.code.clone_from(code);
                if *effect {
                    Interference::Afterwards(fault)
                } else {
                    Interference::Instead(fault)
                }
            }
            Self::Breaks(reason) => Interference::Goes(Amiss::Breaks(reason.clone())),
            Self::Reverts(reason) => Interference::Goes(Amiss::Reverts(reason.clone())),
        }
    }
}

/// What happens to a call, decided.
#[derive(Debug)]
pub(super) enum Interference {
    /// Nothing.
    None,
    /// It has no effect and ends like this.
    Instead(Fault),
    /// It has its effect and ends like this.
    Afterwards(Fault),
    /// It is accepted, and then goes amiss.
    Goes(Amiss),
}

/// How a change goes amiss that was accepted.
#[derive(Clone, Debug)]
pub(super) enum Amiss {
    /// The resource does not work, for this reason.
    Breaks(String),
    /// It is again what it was, for this reason.
    Reverts(String),
}
