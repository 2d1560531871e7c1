//! Doing a plan: one loop over what steps say, how they end, and the user's wish to stop.
//!
//! May depend on the rest of `engine`, `plan` and `model`. Invariant: only this loop begins steps
//! and tells what happens.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use super::clock::{Instant, elapsed_ms, now, pause_until};
use super::context::{Context, Halt, Report};
use super::event::{Cause, Event, Failure, Planned, Skip, Stop, What};
use super::life::{End, live};
use super::outcome::Outcome;
use super::polls::Polls;
use super::provider::Provider;
use super::reading::Reading;
use super::schedule::{Job, Schedule};
use super::settings::Settings;
use super::task::{Standing, Task};
use super::tenure::{Lost, Tenure};
use super::vain;
use crate::model::{Milestone, OutputValues, Schema};
use crate::plan::forecast::typical_s;
use crate::plan::{Plan, Step, StepId};

/// How long what AWS works on is waited for after the first wish to stop, in milliseconds.
const STOPPED_WAITS_MS: u64 = 5000;
/// How long calls in flight are waited for after the first wish to stop, in milliseconds. Those who
/// run programs for others kill about ten seconds after they asked.
const STOPPED_CALLS_MS: u64 = 5500;
/// How long calls in flight are waited for after the second wish to stop, in milliseconds.
const STOPPED_TWICE_CALLS_MS: u64 = 2000;

/// Does a plan.
///
/// A change of `stops` asks the run to stop, as [`Stop`] says; it may come at any time. Every event
/// is given to `events` as it happens. Where `tenure` is lost, nothing new is started.
pub async fn run(
    plan: &Plan,
    provider: &dyn Provider,
    settings: &Settings,
    tenure: &dyn Tenure,
    stops: watch::Receiver<Option<Stop>>,
    events: &mut dyn FnMut(Event),
) -> Outcome {
    let reading = Reading::new(provider, settings);
    let (sender, reports) = mpsc::unbounded_channel();
    let context = Context {
        reading: &reading,
        polls: Polls::new(&reading),
        owner: &plan.owner,
        tenure,
        halt: watch::Sender::new(Halt::No),
        vain: watch::Sender::default(),
        reports: sender,
    };
    let mut run = Run {
        plan,
        context: &context,
        schedule: Schedule::new(jobs(plan, provider.schemas(), settings.wait_for_lazy)),
        key: reading.random.borrow_mut().key(),
        steps: FuturesUnordered::new(),
        reports,
        begun: BTreeMap::new(),
        stop: None,
        is_lost: false,
        waits_end: None,
        calls_end: None,
        outcome: Outcome::empty(),
        telling: Telling {
            start: now(),
            seq: 0,
            events,
        },
    };
    run.telling.tell(What::RunStarted {
        owner: plan.owner.clone(),
        steps: planned(plan, provider.schemas(), settings.wait_for_lazy),
    });
    run.drive(stops).await;
    run.conclude()
}

fn jobs(plan: &Plan, schemas: &[&'static Schema], waits_for_lazy: bool) -> Vec<Job> {
    let job = |step: &Step| Job {
        after: step.after.clone(),
        typical_s: typical_s(step, schemas, waits_for_lazy),
    };
    plan.steps.iter().map(job).collect()
}

fn planned(plan: &Plan, schemas: &[&'static Schema], waits_for_lazy: bool) -> Vec<Planned> {
    let planned = |step: &Step| Planned {
        step: step.id,
        address: step.address.clone(),
        action: step.action.verb(),
        replaces: step.replaces,
        after: step.after.clone(),
        typical_s: typical_s(step, schemas, waits_for_lazy),
    };
    plan.steps.iter().map(planned).collect()
}

/// The next wish to stop; none comes once nobody can wish any more.
async fn next_stop(stops: &mut watch::Receiver<Option<Stop>>) -> Stop {
    while stops.changed().await.is_ok() {
        if let Some(stop) = *stops.borrow_and_update() {
            return stop;
        }
    }
    std::future::pending().await
}

/// Ends at this moment, where there is one.
async fn alarm(moment: Option<Instant>) {
    match moment {
        Some(moment) => pause_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Numbers and times what happens.
struct Telling<'a> {
    start: Instant,
    seq: u64,
    events: &'a mut dyn FnMut(Event),
}

impl Telling<'_> {
    fn tell(&mut self, what: What) {
        let at_ms = elapsed_ms(self.start);
        let seq = self.seq;
        self.seq += 1;
        (self.events)(Event { seq, at_ms, what });
    }
}

struct Run<'a> {
    plan: &'a Plan,
    context: &'a Context<'a>,
    schedule: Schedule,
    key: [u8; 16],
    steps: FuturesUnordered<LocalBoxFuture<'a, (StepId, End)>>,
    reports: mpsc::UnboundedReceiver<(StepId, Report)>,
    /// When each step made its first call.
    begun: BTreeMap<StepId, Instant>,
    stop: Option<Stop>,
    /// Whether the right to change the stack is lost.
    is_lost: bool,
    /// When waiting ends, once the user asked to stop.
    waits_end: Option<Instant>,
    /// When calls in flight are dropped, once the user asked to stop.
    calls_end: Option<Instant>,
    outcome: Outcome,
    telling: Telling<'a>,
}

impl Run<'_> {
    async fn drive(&mut self, mut stops: watch::Receiver<Option<Stop>>) {
        stops.mark_changed();
        let context = self.context;
        let mut polling = pin!(context.polls.run());
        loop {
            for step in self.schedule.ready() {
                self.begin(step);
            }
            if self.schedule.is_over() {
                return;
            }
            tokio::select! {
                biased;
                Some((step, report)) = self.reports.recv() => self.hear(step, report),
                stop = next_stop(&mut stops) => self.stop(stop),
                lost = context.tenure.lost(), if !self.is_lost => self.lose(lost),
                () = alarm(self.waits_end) => self.end_waits(),
                () = alarm(self.calls_end) => self.end_calls(),
                Some((step, end)) = self.steps.next() => {
                    self.hear_all();
                    self.ended(step, end);
                }
                _ = &mut polling => {}
            }
        }
    }

    fn begin(&mut self, id: StepId) {
        let standing = Standing {
            schemas: self.context.reading.provider.schemas(),
            key: &self.key,
            outputs: &self.outcome.outputs,
            is_done: &|step| self.schedule.is_done(step),
        };
        match Task::new(self.plan.step(id), self.plan, &standing) {
            Ok(task) => self.steps.push(Box::pin(live(self.context, task))),
            Err(cause) => {
                self.hear(id, Report::Started);
                self.failed(id, cause, Vec::new());
            }
        }
    }

    /// What steps said before one of them ended.
    fn hear_all(&mut self) {
        while let Ok((step, report)) = self.reports.try_recv() {
            self.hear(step, report);
        }
    }

    fn hear(&mut self, step: StepId, report: Report) {
        match report {
            Report::Started => {
                self.begun.insert(step, now());
                self.telling.tell(What::StepStarted { step });
            }
            Report::Retrying {
                fault,
                attempt,
                delay,
            } => self.telling.tell(What::StepRetrying {
                step,
                fault,
                attempt,
                delay_ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            }),
            Report::Waiting(message) => self.telling.tell(What::StepWaiting { step, message }),
            Report::Reached(milestone, outputs) => self.reached(step, milestone, outputs),
        }
    }

    fn reached(&mut self, step: StepId, milestone: Milestone, outputs: OutputValues) {
        self.schedule.reached(step, milestone);
        let address = &self.plan.step(step).address;
        match milestone {
            Milestone::Exists | Milestone::Ready => {
                let known = self.outcome.outputs.entry(address.clone()).or_default();
                known.clone_from(&outputs);
            }
            Milestone::Gone => {}
        }
        self.telling.tell(What::StepReached {
            step,
            milestone,
            outputs,
        });
    }

    fn ended(&mut self, step: StepId, end: End) {
        match end {
            End::Done => {
                self.schedule.done(step);
                self.outcome.done.push(step);
                let elapsed_ms = self.elapsed_ms(step);
                self.telling.tell(What::StepFinished { step, elapsed_ms });
            }
            End::Failed(Failure { cause, reasons }) => self.failed(step, cause, reasons),
            End::Unbegun => {
                self.schedule.left(step);
                self.skipped(vec![(step, Skip::Stopped)]);
            }
            End::Left => {
                self.schedule.left(step);
                self.outcome.abandoned.push(step);
                let elapsed_ms = self.elapsed_ms(step);
                self.telling.tell(What::StepAbandoned { step, elapsed_ms });
            }
        }
    }

    fn elapsed_ms(&self, step: StepId) -> u64 {
        self.begun.get(&step).map_or(0, |begun| elapsed_ms(*begun))
    }

    fn failed(&mut self, step: StepId, cause: Cause, reasons: Vec<String>) {
        let failure = Failure { cause, reasons };
        self.outcome.failed.push((step, failure.clone()));
        let elapsed_ms = self.elapsed_ms(step);
        self.telling.tell(What::StepFailed {
            step,
            failure,
            elapsed_ms,
        });
        self.give_up_on_parent(step);
        let skipped = self.schedule.failed(step);
        self.skipped(skipped);
    }

    /// What becomes ready only by a step that failed is not waited for any more.
    fn give_up_on_parent(&self, step: StepId) {
        let schemas = self.context.reading.provider.schemas();
        if let Some(parent) = vain::parent_of(self.plan, step, schemas) {
            let needs = self.plan.step(step).address.clone();
            self.context.vain.send_modify(|vain| {
                vain.insert(parent, needs);
            });
        }
    }

    fn skipped(&mut self, skipped: Vec<(StepId, Skip)>) {
        for (step, because) in skipped {
            self.outcome.skipped.push((step, because.clone()));
            self.telling.tell(What::StepSkipped { step, because });
        }
    }

    fn stop(&mut self, stop: Stop) {
        if self.stop >= Some(stop) {
            return;
        }
        self.stop = Some(stop);
        self.telling.tell(What::StopRequested { stop });
        self.halt(stop);
    }

    /// Goes on as after a wish to stop.
    fn lose(&mut self, lost: Lost) {
        self.is_lost = true;
        self.telling.tell(What::TenureLost { why: lost.why });
        self.halt(Stop::Starting);
    }

    fn halt(&mut self, stop: Stop) {
        let (halt, waits_ms, calls_ms) = match stop {
            Stop::Starting => (Halt::Starting, STOPPED_WAITS_MS, STOPPED_CALLS_MS),
            Stop::Waiting => (Halt::Waiting, 0, STOPPED_TWICE_CALLS_MS),
        };
        self.context
            .halt
            .send_modify(|before| *before = halt.max(*before));
        let sooner = |end: Option<Instant>, in_ms: u64| {
            let then = now() + Duration::from_millis(in_ms);
            Some(end.map_or(then, |end| end.min(then)))
        };
        self.waits_end = sooner(self.waits_end, waits_ms);
        self.calls_end = sooner(self.calls_end, calls_ms);
        let skipped = self.schedule.cancel();
        self.skipped(skipped);
    }

    fn end_waits(&mut self) {
        self.waits_end = None;
        self.context.halt.send_replace(Halt::Waiting);
    }

    /// Drops calls in flight. What they did, the next run finds by the owner tags.
    fn end_calls(&mut self) {
        self.calls_end = None;
        self.steps.clear();
        self.hear_all();
        for step in self.schedule.running() {
            let end = if self.begun.contains_key(&step) {
                End::Left
            } else {
                End::Unbegun
            };
            self.ended(step, end);
        }
    }

    fn conclude(mut self) -> Outcome {
        self.outcome.conclude(self.stop.is_some());
        self.telling.tell(What::RunFinished {
            outcome: self.outcome.ending,
            elapsed_ms: elapsed_ms(self.telling.start),
        });
        self.outcome
    }
}
