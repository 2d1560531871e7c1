//! A step's calls: made, repeated, and looked after where a reply was lost.
//!
//! May depend on the rest of `engine` and `model`. Invariant: once the run is stopped, no call is
//! made that changes something, nor without the right to it.

use std::time::Duration;

use super::clock::{now, pause, within};
use super::context::{Halt, Report};
use super::event::Cause;
use super::life::{Exit, Life};
use super::lost;
use super::reading::Reading;
use super::retry::{Next, Tries, Verb};
use crate::model::{Fault, FaultClass, OutputValues, Query, Record, Values, Work};

/// How long one changing call may take, all its parts together, in seconds.
const CALL_LIMIT_S: u64 = 300;

/// What a call came to.
pub(super) enum Made {
    /// It gave the outputs.
    Outputs(OutputValues),
    /// The reply of a create was lost; this is what it made.
    Found(Box<Record>),
}

impl Life<'_> {
    /// Makes a call until it succeeds or there is no sense in it any more.
    pub(super) async fn insist(&mut self, work: &Work) -> Result<Made, Exit> {
        let verb = Verb::of(work);
        let rests_on_run = self.task.rests_on_run || self.is_of_new(verb);
        let mut tries = Tries::new(verb, self.task.schema, rests_on_run, now());
        loop {
            let fault = match self.call(work.clone()).await? {
                Ok(outputs) => return Ok(Made::Outputs(outputs)),
                Err(fault) => fault,
            };
            let reading = self.context.reading;
            let next = {
                let mut random = reading.random.borrow_mut();
                tries.judge(&fault, now(), reading.settings, &mut random)
            };
            let attempts = tries.failed();
            match next {
                Next::Unneeded => return Ok(Made::Outputs(OutputValues::new())),
                Next::GiveUp => return Err(failed(fault, attempts)),
                Next::Repeat(delay) => self.rest(&fault, attempts, delay).await?,
                Next::Look(delay) => {
                    self.rest(&fault, attempts, delay).await?;
                    if let Some(made) = self.effect(work, &fault, attempts).await? {
                        return Ok(made);
                    }
                }
                Next::LookAndGiveUp => {
                    let effect = self.effect(work, &fault, attempts).await?;
                    return effect.ok_or_else(|| failed(fault, attempts));
                }
            }
        }
    }

    /// Whether the call is about what this step has made.
    fn is_of_new(&self, verb: Verb) -> bool {
        verb == Verb::Update && Verb::of(&self.task.work) == Verb::Create
    }

    /// Makes a call once, when there is a place for it.
    async fn call(&mut self, work: Work) -> Result<Result<OutputValues, Fault>, Exit> {
        let Reading {
            provider, gates, ..
        } = self.context.reading;
        let place = tokio::select! {
            biased;
            () = self.context.halted(Halt::Starting) => return Err(Exit::Stopped),
            place = gates.change(self.task.schema) => place,
        };
        tokio::select! {
            biased;
            () = self.context.halted(Halt::Starting) => return Err(Exit::Stopped),
            granted = self.context.tenure.granted() => granted.map_err(|_| Exit::Stopped)?,
        }
        self.begin()?;
        let operations = self.task.schema.operations;
        let operation = match Verb::of(&work) {
            Verb::Create => operations.create,
            Verb::Update => operations.update,
            Verb::Delete => operations.delete,
        };
        let answer = within(Duration::from_secs(CALL_LIMIT_S), provider.perform(work)).await;
        drop(place);
        Ok(answer.unwrap_or_else(|| {
            let operation = operation.first().copied().unwrap_or_default();
            let message = format!("no answer within {CALL_LIMIT_S} s");
            Err(Fault::own(FaultClass::Unknown, operation, message))
        }))
    }

    /// Whether a call had its effect although it failed.
    async fn effect(
        &mut self,
        work: &Work,
        fault: &Fault,
        attempts: u32,
    ) -> Result<Option<Made>, Exit> {
        match work {
            Work::Create { want, .. } => {
                let found = self.search(want, fault, attempts).await?;
                Ok(found.map(|record| Made::Found(Box::new(record))))
            }
            Work::Update { .. } => Ok(None),
            Work::Delete { found } => {
                let records = self.read(Query::Ids(vec![found.id.clone()])).await?;
                let is_gone = records.iter().all(|record| record.id != found.id);
                Ok(is_gone.then(|| Made::Outputs(OutputValues::new())))
            }
        }
    }

    /// Looks for what a create made until AWS's listings cannot lag behind any more.
    async fn search(
        &mut self,
        want: &Values,
        fault: &Fault,
        attempts: u32,
    ) -> Result<Option<Record>, Exit> {
        let Some(query) = lost::query(self.task, self.context.owner, want) else {
            return Ok(None);
        };
        let settings = self.context.reading.settings;
        let end = now() + settings.read_lag();
        let mut delay = settings.paces(1);
        loop {
            // What a look tells that began earlier may be older than the lag.
            let is_last = now() >= end;
            let records = match self.read(query.clone()).await {
                Err(Exit::Failed(cause)) if !is_last && is_not_yet(&cause) => Vec::new(),
                records => records?,
            };
            let mut made = lost::made(self.task, self.context.owner, want, records);
            match made.len() {
                0 if is_last => return Ok(None),
                0 => {}
                1 => return Ok(made.pop()),
                _ => return Err(failed(fault.clone(), attempts)),
            }
            let delay_now = delay.min(end.saturating_duration_since(now()));
            delay *= 2;
            self.idle(delay_now).await?;
        }
    }

    async fn read(&self, query: Query) -> Result<Vec<Record>, Exit> {
        let reading = self.context.reading;
        let read = || reading.provider.find(&self.task.schema.kind, query.clone());
        tokio::select! {
            biased;
            () = self.context.halted(Halt::Starting) => Err(Exit::Stopped),
            records = reading.repeated(read) => records.map_err(|fault| failed(fault, 1)),
        }
    }

    /// Pauses before a repeated call.
    async fn rest(&self, fault: &Fault, attempt: u32, delay: Duration) -> Result<(), Exit> {
        if self.context.is_halted() {
            return Err(Exit::Stopped);
        }
        let fault = fault.clone();
        self.report(Report::Retrying {
            fault,
            attempt,
            delay,
        });
        self.idle(delay).await
    }

    async fn idle(&self, delay: Duration) -> Result<(), Exit> {
        tokio::select! {
            biased;
            () = self.context.halted(Halt::Starting) => Err(Exit::Stopped),
            () = pause(delay) => Ok(()),
        }
    }
}

/// Whether a read met something that not every server of AWS knows yet.
fn is_not_yet(cause: &Cause) -> bool {
    matches!(cause, Cause::Fault { fault, .. } if fault.class == FaultClass::NotYet)
}

fn failed(fault: Fault, attempts: u32) -> Exit {
    Exit::failed(Cause::Fault { fault, attempts })
}
