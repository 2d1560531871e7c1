//! What plan, apply and destroy have in common: a cloud, and a plan for it.
//!
//! May depend on everything. Invariant: the account is checked before a plan is shown, and what is
//! read while somebody else changes the stack is read again.

use std::pin::pin;

use anyhow::anyhow;
use futures::future::{Either, select};

use super::arguments::{self, Choice, Leasing, WaitFor};
use super::cloud::Cloud;
use super::goal::Goal;
use super::keeping::{HASTE, Keeping};
use super::stops::{self, Stops, unless_stopped};
use super::terminal::Terminal;
use super::wanted::wanted;
use super::{saved, stack_file};
use crate::engine::{self, Settings, clock};
use crate::model::{Address, Graph, Snapshot};
use crate::plan::forecast::{self, Forecast};
use crate::plan::saved::Saved;
use crate::plan::{self, Action, Options, Plan, Refused};
use crate::render::{self, Around, Progress, Purpose, Setting, Stats, message};

/// A cloud and what is to be done there.
pub(super) struct Engagement<'a> {
    pub(super) cloud: Cloud,
    pub(super) settings: Settings,
    pub(super) goal: Goal,
    pub(super) options: Options,
    pub(super) account: String,
    pub(super) snapshot: Snapshot,
    pub(super) plan: Plan,
    pub(super) terminal: &'a Terminal,
    pub(super) stops: Stops,
    /// The lease and the record, where something may be changed.
    pub(super) keeping: Option<Keeping>,
    /// The plan from a file that is to be carried out, and no other.
    pub(super) saved: Option<Saved>,
    started: std::time::Instant,
}

/// What is begun.
pub(super) struct Begin<'b> {
    pub(super) given: &'b arguments::Cloud,
    pub(super) goal: Goal,
    pub(super) options: Options,
    /// How the lease is taken, where something may be changed.
    pub(super) leasing: Option<&'b Leasing>,
    pub(super) saved: Option<Saved>,
}

/// What is there, and the way from there to what is wanted.
struct View {
    account: String,
    snapshot: Snapshot,
    plan: Plan,
}

impl<'a> Engagement<'a> {
    /// An engagement for what a stack file wants; nothing where the file or the plan was refused,
    /// after the reasons were shown.
    pub(super) async fn for_file(
        given: &arguments::Wanted,
        wait: Option<WaitFor>,
        changing: Option<(&Leasing, Option<Saved>)>,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Option<Self>> {
        let Some(wanted) = wanted(given, terminal).await? else {
            return Ok(None);
        };
        stack_file::check_region(given.cloud.region.as_deref(), &wanted.spec)?;
        let (leasing, saved) = match changing {
            Some((leasing, saved)) => (Some(leasing), saved),
            None => (None, None),
        };
        let mut options = match &saved {
            Some(saved) => saved.options.clone(),
            None => options(&given.choice, &given.replace),
        };
        options.wait_for_lazy |= wait == Some(WaitFor::Deployed);
        let begin = Begin {
            given: &given.cloud,
            goal: Goal::of(wanted),
            options,
            leasing,
            saved,
        };
        Self::begin(begin, terminal).await
    }

    /// Reads what is there and plans the way to what is wanted; nothing where the plan was refused,
    /// after the reasons were shown.
    pub(super) async fn begin(
        begin: Begin<'_>,
        terminal: &'a Terminal,
    ) -> anyhow::Result<Option<Self>> {
        let started = std::time::Instant::now();
        let stops = stops::listen()?;
        let opening = Cloud::open(begin.given, &begin.goal, terminal);
        let cloud = unless_stopped(&stops, opening).await??;
        let settings = Settings {
            wait_for_lazy: begin.options.wait_for_lazy,
            ..cloud.settings()?
        };
        let sight = Sight {
            cloud: &cloud,
            settings: &settings,
            goal: &begin.goal,
            options: &begin.options,
            saved: begin.saved.as_ref(),
            stops: &stops,
            terminal,
        };
        let mut keeping = sight.keeping(begin.given, begin.leasing).await?;
        let view = sight.first_view(keeping.as_mut()).await;
        let view = match (view, &mut keeping) {
            (Ok(Some(view)), _) => view,
            (refused, keeping) => {
                if let Some(keeping) = keeping {
                    keeping.let_go(true, HASTE, terminal).await;
                }
                return refused.map(|_| None);
            }
        };
        Ok(Some(Self {
            account: view.account,
            snapshot: view.snapshot,
            plan: view.plan,
            goal: begin.goal,
            options: begin.options,
            saved: begin.saved,
            cloud,
            settings,
            terminal,
            stops,
            keeping,
            started,
        }))
    }

    /// Reads and plans anew, by the lease that is held now. Says whether the plan is still the same;
    /// nothing where it was refused, after the reasons were shown.
    pub(super) async fn look_again(&mut self) -> anyhow::Result<Option<bool>> {
        let sight = Sight {
            cloud: &self.cloud,
            settings: &self.settings,
            goal: &self.goal,
            options: &self.options,
            saved: self.saved.as_ref(),
            stops: &self.stops,
            terminal: self.terminal,
        };
        let Some(view) = sight.view(self.keeping.as_ref()).await? else {
            return Ok(None);
        };
        let is_same = view.plan == self.plan;
        self.snapshot = view.snapshot;
        self.plan = view.plan;
        Ok(Some(is_same))
    }

    /// What is wanted.
    pub(super) fn graph(&self) -> Graph {
        (self.goal.graph)(Some(&self.account))
    }

    /// The plan for people.
    pub(super) fn plan_text(&self, purpose: Purpose) -> String {
        let layout = self.terminal.layout();
        render::plan_human(
            &self.plan,
            self.cloud.provider().schemas(),
            purpose,
            self.options.wait_for_lazy,
            layout,
        )
    }

    /// The plan for programs.
    pub(super) fn plan_document(&self) -> serde_json::Value {
        let stats = self.stats(None);
        let setting = Setting {
            sandbox: self.cloud.is_sandbox(),
            stats: Some(&stats),
            forecast: &self.forecast(),
        };
        render::plan_json(&self.plan, setting)
    }

    /// The plan for a pull request.
    pub(super) fn plan_page(&self) -> String {
        let around = Around {
            schemas: self.cloud.provider().schemas(),
            purpose: Purpose::Apply,
            waits_for_lazy: self.options.wait_for_lazy,
            is_sandbox: self.cloud.is_sandbox(),
        };
        render::plan_markdown(&self.plan, around)
    }

    /// How long the plan takes usually.
    pub(super) fn forecast(&self) -> Forecast {
        let schemas = self.cloud.provider().schemas();
        forecast::of_plan(&self.plan, schemas, self.options.wait_for_lazy)
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
}

/// What it takes to see what is there and what is to be done.
struct Sight<'s> {
    cloud: &'s Cloud,
    settings: &'s Settings,
    goal: &'s Goal,
    options: &'s Options,
    saved: Option<&'s Saved>,
    stops: &'s Stops,
    terminal: &'s Terminal,
}

impl Sight<'_> {
    /// The lease and the record, where something may be changed.
    async fn keeping(
        &self,
        given: &arguments::Cloud,
        leasing: Option<&Leasing>,
    ) -> anyhow::Result<Option<Keeping>> {
        let Some(leasing) = leasing else {
            return Ok(None);
        };
        let opening = async {
            let account = self.cloud.check_account(self.goal.account.as_deref());
            let (account, owner) = (account.await?, &self.goal.owner);
            let given = (given, leasing);
            Keeping::open(self.cloud, &account, owner, given, self.settings).await
        };
        unless_stopped(self.stops, opening).await?.map(Some)
    }

    /// The first view, for which nobody else may be at work.
    async fn first_view(&self, keeping: Option<&mut Keeping>) -> anyhow::Result<Option<View>> {
        let Some(keeping) = keeping else {
            return self.view(None).await;
        };
        let looking = async {
            if let Some(saved) = self.saved {
                saved::check_unused(saved, keeping).await?;
            }
            keeping.look(self.cloud, self.settings, self.terminal).await
        };
        unless_stopped(self.stops, looking).await??;
        self.view(Some(keeping)).await
    }

    /// What is there and what is to be done; nothing where the plan was refused, after the reasons
    /// were shown.
    async fn view(&self, keeping: Option<&Keeping>) -> anyhow::Result<Option<View>> {
        loop {
            let began = clock::now();
            let reading = read(self.cloud, self.goal, self.settings);
            let (account, snapshot) = unless_stopped(self.stops, reading).await??;
            tell_notes(self.cloud, self.terminal);
            let plan = match self.plan(&account, &snapshot)? {
                Ok(plan) => plan,
                Err(refused) => {
                    show_refusals(&refused, self.terminal);
                    return Ok(None);
                }
            };
            if let Some(keeping) = keeping
                && creates(&plan)
                && unless_stopped(self.stops, keeping.settle(began, self.terminal)).await?
            {
                continue;
            }
            return Ok(Some(View {
                account,
                snapshot,
                plan,
            }));
        }
    }

    fn plan(&self, account: &str, snapshot: &Snapshot) -> anyhow::Result<Result<Plan, Refused>> {
        let graph = (self.goal.graph)(Some(account));
        if let Some(saved) = self.saved {
            saved::check_place(saved, account, &self.goal.owner, self.cloud.is_sandbox())?;
            saved::check_basis(saved, &graph, snapshot)?;
        }
        let schemas = self.cloud.provider().schemas();
        let plan = plan::plan(&graph, snapshot, schemas, self.options);
        match (self.saved, plan) {
            (Some(saved), Ok(fresh)) => {
                let confirmed = saved.confirmed(&fresh);
                Ok(Ok(confirmed.ok_or_else(|| anyhow!(saved::STRANGE))?))
            }
            (_, plan) => Ok(plan),
        }
    }
}

fn creates(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| match step.action {
        Action::Create { .. } => true,
        Action::Update { .. } | Action::Delete { .. } => false,
    })
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
        terminal.line(&message::warning_with_hints(&note));
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
