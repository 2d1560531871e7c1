//! From a plan to its end: asking, the lease, the run, and what is told of it.
//!
//! May depend on everything. Invariant: quotas are checked before anything is changed, what is
//! carried out was seen by whoever agreed to it, and the lease is given back.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::again::again;
use super::arguments::{Format, Watch};
use super::engagement::{Engagement, tell_notes};
use super::keeping::{Freshness, HASTE, PATIENCE};
use super::output::headlines;
use super::stops::{Stops, unless_stopped};
use super::telling::Telling;
use super::{Exit, ask, saved};
use crate::engine::{self, Cause, Ending, Event, Outcome, Unlimited};
use crate::model::{Address, FaultClass, schema_of};
use crate::render::{self, Output, Progress, Purpose, Setting, message};

/// How a plan is carried out.
pub(super) struct Request<'q> {
    pub(super) purpose: Purpose,
    pub(super) format: Format,
    /// How what is under way is told, where it was said.
    pub(super) watch: Option<Watch>,
    /// Do not ask.
    pub(super) yes: bool,
    /// What is asked.
    pub(super) question: &'q str,
    /// Whether to tell what it took.
    pub(super) stats: bool,
    /// The file of the plan that is carried out, where there is one.
    pub(super) saved: Option<&'q Path>,
    /// Where the page of what took how long is written.
    pub(super) timings: Option<&'q Path>,
}

impl Engagement<'_> {
    /// Shows the plan, asks, carries it out and tells how it went.
    pub(super) async fn conduct(mut self, request: &Request<'_>) -> anyhow::Result<Exit> {
        let mut is_settled = true;
        let result = self.conducted(request, &mut is_settled).await;
        let terminal = self.terminal;
        if let Some(keeping) = &mut self.keeping {
            let limit = haste(&self.stops);
            keeping.let_go(is_settled, limit, terminal).await;
        }
        result
    }

    async fn conducted(
        &mut self,
        request: &Request<'_>,
        is_settled: &mut bool,
    ) -> anyhow::Result<Exit> {
        if !self.is_approved(request).await? {
            return Ok(Exit::Failed);
        }
        self.check_quotas().await?;
        match self.take_lease().await? {
            Some(true) => {}
            Some(false) => {
                self.check_quotas().await?;
                let note = "the stack was changed meanwhile; this is what is to be done now";
                self.terminal.line(&message::note(note));
                if !self.is_approved(request).await? {
                    return Ok(Exit::Failed);
                }
            }
            None => return Ok(Exit::Failed),
        }
        self.carry_out(request, is_settled).await
    }

    async fn check_quotas(&self) -> anyhow::Result<()> {
        let provider = self.cloud.provider();
        let checking = engine::check_quotas(&self.plan, provider, &self.settings);
        let checked = unless_stopped(&self.stops, checking).await?;
        checked.context("nothing was changed")
    }

    /// Takes the lease where there is something to do. Says whether the plan is still the same;
    /// nothing where a new one was refused.
    async fn take_lease(&mut self) -> anyhow::Result<Option<bool>> {
        if self.plan.is_empty() {
            return Ok(Some(true));
        }
        let Some(keeping) = &mut self.keeping else {
            return Ok(Some(true));
        };
        let taking = keeping.take(&self.cloud, &self.settings, self.terminal);
        let freshness = unless_stopped(&self.stops, taking).await??;
        let is_same = match freshness {
            Freshness::Current => Some(true),
            Freshness::Outdated => self.look_again().await?,
        };
        // A plan that is refused now was not used.
        if let (Some(saved), Some(keeping), Some(_)) = (&self.saved, &self.keeping, is_same) {
            saved::mark_used(saved, keeping).await?;
        }
        Ok(is_same)
    }

    /// Shows the plan and asks whether to carry it out, where there is something to ask: a plan
    /// that does something, in a cloud that is real, and no `--yes`.
    async fn is_approved(&self, request: &Request<'_>) -> anyhow::Result<bool> {
        let is_free = request.yes || self.cloud.is_sandbox() || self.plan.is_empty();
        match request.format {
            Format::Human => self.terminal.data(&self.plan_text(request.purpose))?,
            Format::Json | Format::Jsonl if !is_free => {
                self.terminal.say(&self.plan_text(request.purpose));
            }
            Format::Json | Format::Jsonl => {}
        }
        if is_free {
            return Ok(true);
        }
        for loss in render::losses(&self.plan, self.cloud.provider().schemas()) {
            let loss = message::warning(format!("this is lost: {loss}"));
            self.terminal.line(&loss);
        }
        let is_approved = ask::may_go_on(request.question, &self.stops, self.terminal).await?;
        if !is_approved {
            self.terminal.line("Nothing was changed.");
        }
        Ok(is_approved)
    }

    /// Carries the plan out and tells how it went.
    async fn carry_out(
        &self,
        request: &Request<'_>,
        is_settled: &mut bool,
    ) -> anyhow::Result<Exit> {
        let mut events = Vec::new();
        let (progress, outcome) = self.run(request, &mut events).await;
        *is_settled = saw_all(&outcome);
        if let Some(path) = request.timings {
            self.write_timings(path, &events);
        }
        self.conclude(request, &progress)?;
        if request.stats {
            self.terminal.say(&self.stats(Some(&progress)).table());
        }
        Ok(match outcome.ending {
            Ending::Complete => Exit::Done,
            Ending::Partial => Exit::Failed,
            Ending::Cancelled => Exit::Interrupted,
        })
    }

    /// The run itself, told and recorded.
    async fn run(&self, request: &Request<'_>, events: &mut Vec<Event>) -> (Progress, Outcome) {
        let is_sandbox = self.cloud.is_sandbox();
        let keeping = self.keeping.as_ref().filter(|_| !self.plan.is_empty());
        let recorder = keeping.map(|keeping| keeping.recorder());
        let mut progress = Progress::default();
        let outcome = {
            let mut telling = Telling::new(self.terminal, is_sandbox, request);
            let mut tell = |event: Event| {
                progress.fold(&event);
                telling.tell(&progress, &event);
                if let Some(recorder) = &recorder {
                    recorder.add(&event);
                }
                if request.timings.is_some() {
                    events.push(event);
                }
            };
            let tenure = keeping.map_or(&Unlimited as _, |keeping| keeping.tenure());
            let (provider, stops) = (self.cloud.provider(), self.stops.clone());
            engine::run(
                &self.plan,
                provider,
                &self.settings,
                tenure,
                stops,
                &mut tell,
            )
            .await
        };
        if let Some(recorder) = recorder
            && let Err(fault) = recorder.end(haste(&self.stops)).await
        {
            self.terminal.line(&message::warning(format!(
                "`qpiac history` will not show the end of this run: {fault}"
            )));
        }
        (progress, outcome)
    }

    fn conclude(&self, request: &Request<'_>, progress: &Progress) -> anyhow::Result<()> {
        let outputs = self.outputs(progress);
        let width = self.terminal.width_of_talk().unwrap_or(usize::MAX);
        if let Some(text) = render::unfinished(progress, &again(request.saved), width) {
            self.terminal.say(&text);
        }
        tell_notes(&self.cloud, self.terminal);
        if !self.settings.wait_for_lazy {
            self.tell_unawaited(progress);
        }
        match request.format {
            Format::Human => {
                self.terminal.say(&render::summary(progress, &[]));
                if progress.ending() == Some(Ending::Complete) {
                    self.terminal.data(&render::outputs_text(&outputs))?;
                }
            }
            Format::Json => {
                let stats = self.stats(Some(progress));
                let setting = Setting {
                    sandbox: self.cloud.is_sandbox(),
                    stats: Some(&stats),
                    forecast: &self.forecast(),
                };
                let document = render::run_json(&self.plan, progress, &outputs, setting);
                self.terminal.data(&format!("{document:#}\n"))?;
            }
            Format::Jsonl => {}
        }
        Ok(())
    }

    /// Writes the page of what took how long. That it cannot be written does not make a run fail.
    fn write_timings(&self, path: &Path, events: &[Event]) {
        let page = render::timings(&self.goal.owner, self.cloud.is_sandbox(), events);
        let shown = path.display();
        self.terminal.line(&match std::fs::write(path, page) {
            Ok(()) => message::note(format!("what took how long is in {shown}")),
            Err(error) => message::warning(format!("cannot write {shown}: {error}")),
        });
    }

    /// What AWS goes on doing, as nothing waits for it.
    fn tell_unawaited(&self, progress: &Progress) {
        let schemas = self.cloud.provider().schemas();
        for address in progress.made() {
            if schema_of(schemas, &address.kind).is_some_and(|schema| schema.lazy) {
                self.terminal.line(&message::note(format!(
                    "AWS goes on deploying {address}, for some minutes; `qpiac status` shows how \
                     far it is, and `qpiac apply --wait deployed` waits for it"
                )));
            }
        }
    }

    /// What a person wants to know of the stack: where to reach it.
    fn outputs(&self, progress: &Progress) -> Vec<Output> {
        let gone: BTreeSet<&Address> = progress
            .steps()
            .filter(|step| step.planned.action == "delete")
            .map(|step| &step.planned.address)
            .collect();
        let found = self
            .snapshot
            .records()
            .filter(|(address, _)| !gone.contains(address))
            .flat_map(|(address, records)| records.iter().map(move |r| (address, &r.outputs)));
        let all: Vec<_> = progress.outputs().chain(found).collect();
        headlines(all.into_iter())
    }
}

/// How long what is written at the end may take.
fn haste(stops: &Stops) -> Duration {
    if stops.borrow().is_some() {
        HASTE
    } else {
        PATIENCE
    }
}

/// Whether every call was seen to end: what was left, or got no answer, may still have an effect.
fn saw_all(outcome: &Outcome) -> bool {
    let is_open = |cause: &Cause| match cause {
        Cause::Fault { fault, .. } => fault.class == FaultClass::Unknown,
        Cause::Broken { .. }
        | Cause::Deadline { .. }
        | Cause::NotAsWanted { .. }
        | Cause::Incomplete { .. }
        | Cause::Vanished
        | Cause::MissingInput { .. } => false,
    };
    let mut failures = outcome.failed.iter().map(|(_, failure)| &failure.cause);
    outcome.abandoned.is_empty() && !failures.any(is_open)
}
