//! What a failed call means: repeat it, look first, or give up. The fault policy, in one place.
//!
//! May depend on `model`, `clock` and `random`. Invariant: every kind of repetition has an end.

use std::time::Duration;

use super::clock::Instant;
use super::random::Random;
use super::settings::Settings;
use crate::model::{Fault, FaultClass, Schema, Work};

/// How often a step may be throttled.
const THROTTLES_MAX: u32 = 30;
/// How often the reply of a step's call may be lost.
const UNKNOWNS_MAX: u32 = 8;
/// How long something may stand in the way of a create or update, in seconds.
const CONFLICT_S: u64 = 5 * 60;
/// How long something may stand in the way of a delete, in seconds: network interfaces outlive
/// their load balancer by so much.
const CONFLICT_DELETE_S: u64 = 20 * 60;
/// How long something new may be invisible to other parts of AWS, in seconds.
pub(super) const NOT_YET_S: u64 = 5 * 60;
/// How long a step's calls may be repeated altogether, in seconds.
const REPEATING_S: u64 = 60 * 60;
/// The longest pause after a throttled or lost call, in paces.
const BACKOFF_MAX_PACES: u64 = 20;
/// The longest pause while something stands in the way, in paces.
const CONFLICT_PAUSE_MAX_PACES: u64 = 10;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
}

impl Verb {
    pub(super) fn of(work: &Work) -> Self {
        match work {
            Work::Create { .. } => Self::Create,
            Work::Update { .. } => Self::Update,
            Work::Delete { .. } => Self::Delete,
        }
    }
}

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It was not needed: what was to be deleted is gone.
    Unneeded,
    /// Repeat it after this time.
    Repeat(Duration),
    /// After this time, look whether it had its effect, and repeat it only if not.
    Look(Duration),
    /// Look whether it had its effect; if not, it failed for good.
    LookAndGiveUp,
    /// It failed for good.
    GiveUp,
}

/// The failed calls of one piece of work.
#[derive(Debug)]
pub(super) struct Tries {
    verb: Verb,
    /// The call that makes the resource, as `SERVICE:OPERATION`.
    creates: &'static str,
    /// A delete is one single call.
    deletes_at_once: bool,
    /// It needs what this run made, and AWS may not see that everywhere yet.
    rests_on_run: bool,
    conflict: Duration,
    began: Instant,
    failed: u32,
    throttles: u32,
    unknowns: u32,
    conflict_since: Option<(Instant, u32)>,
    not_yet_since: Option<(Instant, u32)>,
}

impl Tries {
    pub(super) fn new(verb: Verb, schema: &Schema, rests_on_run: bool, now: Instant) -> Self {
        let conflict_s = match verb {
            Verb::Create | Verb::Update => CONFLICT_S,
            Verb::Delete => schema.waits.delete.map_or(CONFLICT_DELETE_S, |wait| {
                CONFLICT_DELETE_S.max(u64::from(wait.deadline_s))
            }),
        };
        Self {
            verb,
            creates: schema.operations.create.first().copied().unwrap_or(""),
            deletes_at_once: schema.operations.delete.len() <= 1,
            rests_on_run,
            conflict: Duration::from_secs(conflict_s),
            began: now,
            failed: 0,
            throttles: 0,
            unknowns: 0,
            conflict_since: None,
            not_yet_since: None,
        }
    }

    /// How many calls failed.
    pub(super) fn failed(&self) -> u32 {
        self.failed
    }

    /// What to do after this fault.
    pub(super) fn judge(
        &mut self,
        fault: &Fault,
        now: Instant,
        settings: &Settings,
        random: &mut Random,
    ) -> Next {
        self.failed += 1;
        let class = self.class_of(fault);
        if class == FaultClass::Missing && self.verb == Verb::Delete {
            if self.deletes_at_once {
                return Next::Unneeded;
            }
            // It may be a part that is missing, not the whole.
            let pause = self.pause(FaultClass::Unknown, now, settings, random);
            return pause.map_or(Next::GiveUp, Next::Look);
        }
        let pause = self.pause(class, now, settings, random);
        let pause = pause.filter(|_| now < self.began + Duration::from_secs(REPEATING_S));
        // A create is often several calls. When a later one fails, the first had its effect.
        let maybe_made =
            class == FaultClass::Unknown || (pause.is_some() && !self.is_first_call(fault));
        match (pause, self.verb == Verb::Create && maybe_made) {
            (Some(pause), false) => Next::Repeat(pause),
            (Some(pause), true) => Next::Look(pause),
            (None, true) => Next::LookAndGiveUp,
            (None, false) => Next::GiveUp,
        }
    }

    fn class_of(&self, fault: &Fault) -> FaultClass {
        // The further calls of a create are about what the first made.
        let is_of_new = match self.verb {
            Verb::Create => self.rests_on_run || !self.is_first_call(fault),
            Verb::Update => self.rests_on_run,
            Verb::Delete => false,
        };
        match fault.class {
            FaultClass::Missing if is_of_new => FaultClass::NotYet,
            class => class,
        }
    }

    fn is_first_call(&self, fault: &Fault) -> bool {
        format!("{}:{}", fault.service, fault.operation) == self.creates
    }

    /// How long to pause before the next call, if there may be one.
    fn pause(
        &mut self,
        class: FaultClass,
        now: Instant,
        settings: &Settings,
        random: &mut Random,
    ) -> Option<Duration> {
        match class {
            FaultClass::Throttled => {
                self.throttles += 1;
                let pause = backoff(self.throttles, settings, random);
                (self.throttles < THROTTLES_MAX).then_some(pause)
            }
            FaultClass::Unknown => {
                self.unknowns += 1;
                let pause = backoff(self.unknowns, settings, random);
                (self.unknowns < UNKNOWNS_MAX).then_some(pause)
            }
            FaultClass::Conflict => {
                let limit = self.conflict;
                patience(&mut self.conflict_since, limit, now, settings, random)
            }
            FaultClass::NotYet => {
                let limit = Duration::from_secs(NOT_YET_S);
                patience(&mut self.not_yet_since, limit, now, settings, random)
            }
            FaultClass::Missing | FaultClass::Denied | FaultClass::Quota | FaultClass::Rejected => {
                None
            }
        }
    }
}

/// The pause after the nth failure in a row: any time up to a limit that doubles, so that callers
/// who were refused together do not come back together.
pub(super) fn backoff(failures: u32, settings: &Settings, random: &mut Random) -> Duration {
    let most = settings.paces(1) / 2 * 2_u32.saturating_pow(failures.min(10));
    random.between(Duration::ZERO, most.min(settings.paces(BACKOFF_MAX_PACES)))
}

/// The pause while something else must happen first: about a pace at first, growing by half each
/// time; nothing once the limit is over.
fn patience(
    since: &mut Option<(Instant, u32)>,
    limit: Duration,
    now: Instant,
    settings: &Settings,
    random: &mut Random,
) -> Option<Duration> {
    let (start, times) = since.get_or_insert((now, 0));
    let left = (*start + limit).checked_duration_since(now)?;
    let pause = (settings.paces(2) * 3_u32.pow((*times).min(6)) / 2_u32.pow((*times).min(6)))
        .min(settings.paces(CONFLICT_PAUSE_MAX_PACES));
    *times += 1;
    (!left.is_zero()).then(|| random.between(pause / 2, pause).min(left))
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
