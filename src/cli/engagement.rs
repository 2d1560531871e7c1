//! What plan, apply and destroy have in common: a cloud, a plan for it, and a run of the plan.
//!
//! May depend on everything. Invariant: the account is checked before a plan is shown, and quotas
//! before anything is changed.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;

use super::arguments::{self, Choice, Format, WaitFor};
use super::cloud::Cloud;
use super::output::headlines;
use super::stops::{self, Stops, unless_stopped};
use super::terminal::Terminal;
use super::wanted::wanted;
use super::{Exit, ask, stack_file};
use crate::engine::{self, Ending, Event, Settings};
use crate::model::{Address, Contents, Graph, Owner, Schema, Snapshot, Tags};
use crate::plan::{self, Options, Plan, Refused};
use crate::render::{
    self, Detail, Layout, Live, Output, Progress, Purpose, Setting, Stats, message,
};
use crate::spec::Spec;
use crate::stack::{self, Digests, Inputs};
use anyhow::Context;
use futures::future::{Either, select};

/// What is wanted in an account, or in one that is not known yet.
type Wanting = Box<dyn Fn(Option<&str>) -> Graph>;

/// What a stack shall be.
pub(super) struct Goal {
    pub(super) owner: Owner,
    /// The only account that may be changed.
    pub(super) account: Option<String>,
    /// What the digests in the graph stand for.
    pub(super) contents: Arc<Contents>,
    /// What is wanted there.
    pub(super) graph: Wanting,
    /// What is looked for by name although it is not wanted: AWS's listings lag.
    looked_for: Option<Graph>,
}

impl Goal {
    /// Identifiers that are wanted as they are: what they belong to is not made here.
    pub(super) fn given(&self) -> BTreeSet<String> {
        let mut given = BTreeSet::new();
        let graph = (self.graph)(self.account.as_deref());
        for (_, node) in graph.nodes() {
            for value in node.values.values() {
                value.each_id(&mut |_, id| {
                    given.insert(id.to_owned());
                });
            }
        }
        given
    }

    /// Nothing.
    pub(super) fn nothing(owner: Owner, account: Option<String>) -> Self {
        let empty = Graph::new(owner.clone(), Tags::new());
        Self {
            owner,
            account,
            contents: Arc::default(),
            graph: Box::new(move |_| empty.clone()),
            looked_for: None,
        }
    }

    /// The same, where what this file describes is looked for.
    pub(super) fn looking_for(self, spec: Option<Spec>) -> Self {
        let inputs = Inputs::anywhere(Digests::default());
        Self {
            looked_for: spec.map(|spec| stack::graph(&spec, &inputs)),
            ..self
        }
    }
}

/// A cloud and what is to be done there.
pub(super) struct Engagement<'a> {
    pub(super) cloud: Cloud,
    pub(super) settings: Settings,
    pub(super) snapshot: Snapshot,
    pub(super) plan: Plan,
    pub(super) terminal: &'a Terminal,
    stops: Stops,
    started: std::time::Instant,
}

impl<'a> Engagement<'a> {
    /// An engagement for what a stack file wants; nothing where the file or the plan was refused,
    /// after the reasons were shown.
    pub(super) async fn for_file(
        given: &arguments::Wanted,
        wait: Option<WaitFor>,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Option<Self>> {
        let Some(wanted) = wanted(given, terminal).await? else {
            return Ok(None);
        };
        let spec = &wanted.spec;
        stack_file::check_region(given.cloud.region.as_deref(), spec)?;
        let options = Options {
            wait_for_lazy: wait == Some(WaitFor::Deployed),
            ..options(&given.choice, &given.replace)
        };
        let goal = Goal {
            owner: stack::owner(spec),
            account: spec.account.as_ref().map(ToString::to_string),
            contents: Arc::new(wanted.contents),
            graph: Box::new(move |account| {
                let digests = wanted.digests.clone();
                let inputs = match account {
                    Some(account) => Inputs {
                        account: account.to_owned(),
                        digests,
                    },
                    None => Inputs::anywhere(digests),
                };
                stack::graph(&wanted.spec, &inputs)
            }),
            looked_for: None,
        };
        Self::begin(&given.cloud, &goal, &options, terminal).await
    }

    /// Reads what is there and plans the way to what is wanted; nothing where the plan was refused,
    /// after the reasons were shown.
    pub(super) async fn begin(
        given: &arguments::Cloud,
        goal: &Goal,
        options: &Options,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Option<Self>> {
        let started = std::time::Instant::now();
        let stops = stops::listen()?;
        let opening = Cloud::open(given, goal, terminal);
        let cloud = unless_stopped(&stops, opening).await??;
        let settings = Settings {
            wait_for_lazy: options.wait_for_lazy,
            ..cloud.settings()?
        };
        let reading = read(&cloud, goal, &settings);
        let (account, snapshot) = unless_stopped(&stops, reading).await??;
        tell_notes(&cloud, terminal);
        let graph = (goal.graph)(Some(&account));
        match plan::plan(&graph, &snapshot, cloud.provider().schemas(), options) {
            Ok(plan) => Ok(Some(Self {
                cloud,
                settings,
                snapshot,
                plan,
                terminal,
                stops,
                started,
            })),
            Err(refused) => {
                show_refusals(&refused, terminal);
                Ok(None)
            }
        }
    }

    /// The plan for people.
    pub(super) fn plan_text(&self, purpose: Purpose) -> String {
        let layout = Layout {
            width: self.terminal.width(),
            value_lines: Layout::default()
                .value_lines
                .filter(|_| self.terminal.verbose == 0),
        };
        render::plan_human(&self.plan, self.cloud.provider().schemas(), purpose, layout)
    }

    /// The plan for programs.
    pub(super) fn plan_document(&self) -> serde_json::Value {
        let stats = self.stats(None);
        let setting = Setting {
            sandbox: self.cloud.is_sandbox(),
            stats: &stats,
        };
        render::plan_json(&self.plan, setting)
    }

    /// What it took so far.
    pub(super) fn stats(&self, progress: Option<&Progress>) -> Stats {
        let mut stats = self.cloud.stats();
        stats.elapsed_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(progress) = progress {
            stats.retries += progress.retries();
            (stats.waits, stats.waited_ms) = progress.waits();
        }
        stats
    }

    /// Shows the plan and asks whether to carry it out, where there is something to ask: a plan
    /// that does something, in a cloud that is real, and no `--yes`.
    pub(super) async fn is_approved(
        &self,
        purpose: Purpose,
        format: Format,
        yes: bool,
        question: &str,
    ) -> anyhow::Result<bool> {
        let is_free = yes || self.cloud.is_sandbox() || self.plan.is_empty();
        match format {
            Format::Human => self.terminal.data(&self.plan_text(purpose))?,
            Format::Json | Format::Jsonl if !is_free => {
                self.terminal.say(&self.plan_text(purpose));
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
        let is_approved = ask::may_go_on(question, &self.stops, self.terminal).await?;
        if !is_approved {
            self.terminal.line("Nothing was changed.");
        }
        Ok(is_approved)
    }

    /// Carries the plan out and tells how it went.
    pub(super) async fn carry_out(&self, format: Format, stats: bool) -> anyhow::Result<Exit> {
        let provider = self.cloud.provider();
        let checking = engine::check_quotas(&self.plan, provider, &self.settings);
        unless_stopped(&self.stops, checking)
            .await?
            .context("nothing was changed")?;
        let mut progress = Progress::default();
        let outcome = {
            let mut telling = Telling::new(self, format);
            let mut tell = |event: Event| {
                progress.fold(&event);
                telling.tell(&progress, &event);
            };
            let stops = self.stops.clone();
            engine::run(&self.plan, provider, &self.settings, stops, &mut tell).await
        };
        self.conclude(format, &progress)?;
        if stats {
            self.terminal.say(&self.stats(Some(&progress)).table());
        }
        Ok(match outcome.ending {
            Ending::Complete => Exit::Done,
            Ending::Partial => Exit::Failed,
            Ending::Cancelled => Exit::Interrupted,
        })
    }

    fn conclude(&self, format: Format, progress: &Progress) -> anyhow::Result<()> {
        let outputs = self.outputs(progress);
        if let Some(text) = render::unfinished(progress, &again()) {
            self.terminal.say(&text);
        }
        tell_notes(&self.cloud, self.terminal);
        if !self.settings.wait_for_lazy {
            self.tell_unawaited(progress);
        }
        match format {
            Format::Human => {
                self.terminal.say(&render::summary(progress, &[]));
                self.terminal.data(&render::outputs_text(&outputs))?;
            }
            Format::Json => {
                let stats = self.stats(Some(progress));
                let setting = Setting {
                    sandbox: self.cloud.is_sandbox(),
                    stats: &stats,
                };
                let document = render::run_json(&self.plan, progress, &outputs, setting);
                self.terminal.data(&format!("{document:#}\n"))?;
            }
            Format::Jsonl => {}
        }
        Ok(())
    }

    /// What AWS goes on doing, as nothing waits for it.
    fn tell_unawaited(&self, progress: &Progress) {
        let schemas = self.cloud.provider().schemas();
        for address in progress.made() {
            let is_lazy = |schema: &&&Schema| schema.kind == address.kind && schema.lazy;
            if schemas.iter().any(|schema| is_lazy(&schema)) {
                self.terminal.line(&message::note(format!(
                    "AWS goes on deploying {address}, for some minutes; `qpiac status` shows how \
                     far it is, and `qpiac apply --wait deployed` waits for it"
                )));
            }
        }
    }

    /// What a person wants to know of the stack: where to reach it.
    pub(super) fn outputs(&self, progress: &Progress) -> Vec<Output> {
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

/// The account and the snapshot, both at the same time; where the credentials are not good there is
/// no use in reading on.
pub(super) async fn read(
    cloud: &Cloud,
    goal: &Goal,
    settings: &Settings,
) -> anyhow::Result<(String, Snapshot)> {
    // The names that are looked for do not depend on the account, but for those that contain it,
    // which are looked for by what stands before it.
    let provisional = (goal.graph)(goal.account.as_deref());
    let checking = pin!(cloud.check_account(goal.account.as_deref()));
    let reading = pin!(engine::read(
        cloud.provider(),
        &goal.owner,
        Some(goal.looked_for.as_ref().unwrap_or(&provisional)),
        settings
    ));
    Ok(match select(checking, reading).await {
        Either::Left((checked, reading)) => (checked?, reading.await?),
        Either::Right((read, checking)) => (checking.await?, read?),
    })
}

/// What was noticed while reading.
pub(super) fn tell_notes(cloud: &Cloud, terminal: &Terminal) {
    for note in cloud.provider().notes() {
        terminal.line(&message::warning(note));
    }
}

/// How a run is told while it goes on.
struct Telling<'a> {
    terminal: &'a Terminal,
    format: Format,
    is_sandbox: bool,
    live: Option<Live>,
    detail: Detail,
}

impl<'a> Telling<'a> {
    fn new(engagement: &Engagement<'a>, format: Format) -> Self {
        let terminal = engagement.terminal;
        let detail = if terminal.verbose > 0 {
            Detail::All
        } else {
            Detail::Usual
        };
        let is_live = format == Format::Human && terminal.is_watched();
        let target = indicatif::ProgressDrawTarget::stderr();
        Self {
            terminal,
            format,
            is_sandbox: engagement.cloud.is_sandbox(),
            live: is_live.then(|| Live::on(target, terminal.has_colour(), detail)),
            detail,
        }
    }

    fn tell(&mut self, progress: &Progress, event: &Event) {
        match (&mut self.live, self.format) {
            (Some(live), _) => live.show(progress, event),
            (None, Format::Jsonl) => {
                // A reader that has gone does not stop the work.
                let _ = self
                    .terminal
                    .data(&(render::event_json(event, self.is_sandbox) + "\n"));
            }
            (None, Format::Human | Format::Json) => {
                if let Some(line) = render::line(progress, event, self.detail) {
                    self.terminal.line(&line);
                }
            }
        }
    }
}

fn show_refusals(refused: &Refused, terminal: &Terminal) {
    for refusal in &refused.refusals {
        terminal.line(&message::error(format!(
            "{}: {}",
            refusal.address, refusal.why
        )));
        terminal.line(&message::hint(&refusal.hint));
    }
    terminal.line(&message::note("nothing was changed"));
}

/// The planner's options that a command's arguments mean.
pub(super) fn options(choice: &Choice, replace: &[Address]) -> Options {
    Options {
        replace: replace.iter().cloned().collect(),
        target: choice.target.iter().cloned().collect(),
        exclude: choice.exclude.iter().cloned().collect(),
        wait_for_lazy: false,
    }
}

/// The command that goes on where this one ended.
fn again() -> String {
    let quoted = std::env::args().skip(1).map(|word| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    std::iter::once("qpiac".to_owned())
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}
