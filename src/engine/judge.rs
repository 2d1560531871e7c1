//! Whether a resource that is waited for has come as far as it should.
//!
//! May depend on `model` and `clock`. Invariant: one single read is believed when it is good, and
//! doubted when it is not: an older answer may follow a newer one.

use std::time::Duration;

use super::clock::Instant;
use super::event::Cause;
use super::polls::Sight;
use super::retry::NOT_YET_S;
use crate::model::{Change, Fault, FaultClass, Record, State, Value, Values};

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal<'a> {
    /// That it works as wanted.
    Working {
        /// Its attributes then.
        want: &'a Values,
        /// What AWS said about it before, where it did not work.
        was_broken: Option<&'a str>,
    },
    /// That it is no more.
    Gone,
}

/// What follows from a look.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    /// It is as it should be.
    Reached,
    /// Not yet.
    Waiting,
    /// It will never be.
    Failed(Cause),
}

/// The looks at one resource, taken together.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    goal: Goal<'a>,
    /// How long something odd must last to be believed.
    settle: Duration,
    seen: bool,
    doubt: Option<(Doubt, Instant)>,
    message: Option<String>,
}

/// Something odd that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    Absent,
    Leaving,
    Different,
    StillBroken,
}

impl<'a> Judge<'a> {
    pub(super) fn new(goal: Goal<'a>, settle: Duration) -> Self {
        Self {
            goal,
            settle,
            seen: false,
            doubt: None,
            message: None,
        }
    }

    /// What AWS said last.
    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What follows from this look.
    pub(super) fn look(&mut self, sight: &Sight, now: Instant) -> Finding {
        match sight {
            Err(fault) => unseen(fault),
            Ok(None) => match self.goal {
                Goal::Gone => Finding::Reached,
                Goal::Working { .. } if self.seen => {
                    self.doubt(Doubt::Absent, self.settle, now, Cause::Vanished)
                }
                Goal::Working { .. } => {
                    let patience = Duration::from_secs(NOT_YET_S);
                    self.doubt(Doubt::Absent, patience, now, Cause::Vanished)
                }
            },
            Ok(Some(record)) => {
                self.seen = true;
                self.note(&record.state);
                match self.goal {
                    Goal::Gone => Finding::Waiting,
                    Goal::Working { want, was_broken } => {
                        self.working(record, want, was_broken, now)
                    }
                }
            }
        }
    }

    fn working(
        &mut self,
        record: &Record,
        want: &Values,
        was_broken: Option<&str>,
        now: Instant,
    ) -> Finding {
        match &record.state {
            State::Busy(_) => {
                self.doubt = None;
                Finding::Waiting
            }
            State::Ready => {
                let attributes = names(&differences(want, &record.values));
                if attributes.is_empty() {
                    return Finding::Reached;
                }
                let cause = Cause::NotAsWanted { attributes };
                self.doubt(Doubt::Different, self.settle, now, cause)
            }
            State::Broken(message) => {
                let cause = Cause::Broken {
                    message: message.clone(),
                };
                if was_broken == Some(message.as_str()) {
                    self.doubt(Doubt::StillBroken, self.settle, now, cause)
                } else {
                    Finding::Failed(cause)
                }
            }
            State::Leaving => self.doubt(Doubt::Leaving, self.settle, now, Cause::Vanished),
        }
    }

    fn note(&mut self, state: &State) {
        match state {
            State::Busy(message) | State::Broken(message) => self.message = Some(message.clone()),
            State::Ready | State::Leaving => {}
        }
    }

    /// Believes something odd once it has lasted.
    fn doubt(&mut self, doubt: Doubt, patience: Duration, now: Instant, cause: Cause) -> Finding {
        let since = match self.doubt {
            Some((same, since)) if same == doubt => since,
            Some(_) | None => now,
        };
        self.doubt = Some((doubt, since));
        if now >= since + patience {
            Finding::Failed(cause)
        } else {
            Finding::Waiting
        }
    }
}

/// A failed look says nothing about the resource, unless every further one must fail as well.
fn unseen(fault: &Fault) -> Finding {
    match fault.class {
        FaultClass::Denied | FaultClass::Rejected => Finding::Failed(Cause::Fault {
            fault: fault.clone(),
            attempts: 1,
        }),
        FaultClass::Throttled
        | FaultClass::Conflict
        | FaultClass::NotYet
        | FaultClass::Missing
        | FaultClass::Quota
        | FaultClass::Unknown => Finding::Waiting,
    }
}

/// What of the wanted attributes is not so.
pub(super) fn differences(want: &Values, found: &Values) -> Vec<Change> {
    want.iter()
        .filter_map(|(name, to)| {
            let from = found.get(name).unwrap_or(&Value::Absent);
            (from != to).then(|| Change {
                attribute: name.clone(),
                from: from.clone(),
                to: to.clone(),
            })
        })
        .collect()
}

/// The names of what differs.
pub(super) fn names(changes: &[Change]) -> Vec<String> {
    let names = changes.iter().map(|change| change.attribute.to_string());
    names.collect()
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
