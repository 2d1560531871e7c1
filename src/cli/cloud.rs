//! The cloud that a command works on: AWS, or the sandbox.
//!
//! May depend on `aws`, `resources`, `sim` and `engine`. Invariant: the sandbox says that it is one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use super::goal::Goal;
use super::terminal::Terminal;
use super::{arguments, sources};
use crate::aws::{self, Clients};
use crate::engine::{Provider, Settings};
use crate::model::{FaultClass, Kind, Schema, Wait, schema_of};
use crate::render::{Stats, message};
use crate::resources::{self, Aws};
use crate::sim::{self, Faults, Scripted, Sim, Strike, World};

/// The variable with the pause before the first look, in milliseconds.
const PACE: &str = "QPIAC_PACE_MS";
/// The variable with the failure that is rehearsed in the sandbox.
const BREAKS: &str = "QPIAC_SANDBOX_BREAKS";
/// The account of a sandbox whose stack names none.
const SANDBOX_ACCOUNT: &str = "123456789012";
/// The pause before the first look in the sandbox, in milliseconds.
const SANDBOX_PACE_MS: u64 = 150;

/// A cloud.
pub(super) enum Cloud {
    /// The real one.
    Aws(Box<Aws>),
    /// The simulated one.
    Sandbox(Box<Sim>),
}

impl Cloud {
    /// The cloud that the arguments name, for this stack.
    pub(super) async fn open(
        given: &arguments::Cloud,
        goal: &Goal,
        terminal: &Terminal,
    ) -> anyhow::Result<Self> {
        let owner = &goal.owner;
        if let Some(path) = sandbox_file(given) {
            return Self::open_sandbox(&path, goal, terminal);
        }
        let settings = aws::Settings {
            region: Some(owner.region.clone()),
            profile: given.profile.clone(),
            pace: number(PACE, "milliseconds")?.map(Duration::from_millis),
        };
        let clients = Clients::connect(&settings).await?;
        let clients = clients.working_for(owner.clone(), Arc::clone(&goal.contents));
        let clients = sources::with_builder(clients);
        Ok(Self::Aws(Box::new(Aws::new(clients))))
    }

    fn open_sandbox(path: &Path, goal: &Goal, terminal: &Terminal) -> anyhow::Result<Self> {
        let schemas = resources::schemas();
        let account = goal.account.as_deref().unwrap_or(SANDBOX_ACCOUNT);
        let fresh = World::new(account, &goal.owner.region, rand::random());
        let faults = rehearsed(&schemas)?;
        let settings = sim::Settings::sandbox().knowing(goal.given()).with(faults);
        let sim = Sim::open(&schemas, path, fresh, settings)?;
        terminal.line(&message::note(format!(
            "this is the sandbox in {}: a simulated AWS, and nothing in it is real",
            path.display()
        )));
        Ok(Self::Sandbox(Box::new(sim)))
    }

    /// The cloud as the engine sees it.
    pub(super) fn provider(&self) -> &dyn Provider {
        match self {
            Self::Aws(aws) => aws.as_ref(),
            Self::Sandbox(sim) => sim.as_ref(),
        }
    }

    /// Whether it is the simulated one.
    pub(super) fn is_sandbox(&self) -> bool {
        matches!(self, Self::Sandbox(_))
    }

    /// How the engine goes about its work here.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::default();
        if self.is_sandbox() {
            settings.pace_ms = SANDBOX_PACE_MS;
            settings.read_lag_ms = 0;
        }
        if let Some(pace_ms) = number(PACE, "milliseconds")? {
            settings.pace_ms = pace_ms;
        }
        if let Some(lag_ms) = number("QPIAC_READ_LAG_MS", "milliseconds")? {
            settings.read_lag_ms = lag_ms;
        }
        Ok(settings)
    }

    /// The account that the credentials belong to, where it is the one that the stack names.
    ///
    /// # Errors
    /// They belong to another, or AWS does not say.
    pub(super) async fn check_account(&self, wanted: Option<&str>) -> anyhow::Result<String> {
        let account = match self {
            Self::Aws(aws) => {
                let caller = aws.clients().caller().await;
                caller.context("AWS does not say who you are")?.account
            }
            Self::Sandbox(sim) => sim.world().account,
        };
        match wanted {
            Some(wanted) if wanted != account => bail!(
                "the stack belongs to account {wanted}, and the credentials to account {account}\nhint: choose others with --profile or AWS_PROFILE"
            ),
            Some(_) | None => Ok(account),
        }
    }

    /// What was called so far.
    pub(super) fn stats(&self) -> Stats {
        match self {
            Self::Aws(aws) => {
                let stats = aws.clients().stats();
                Stats {
                    calls: stats.calls,
                    rounds: stats.rounds,
                    retries: stats.retries,
                    ..Stats::default()
                }
            }
            Self::Sandbox(sim) => {
                let mut stats = Stats::default();
                for call in sim.calls() {
                    let verb = match call.action {
                        sim::Action::Find => "find",
                        sim::Action::Create => "create",
                        sim::Action::Update => "update",
                        sim::Action::Delete => "delete",
                    };
                    let kind = stats.calls.entry(call.kind.to_string()).or_default();
                    *kind.entry(verb.to_owned()).or_default() += 1;
                }
                stats
            }
        }
    }
}

/// The failure that is rehearsed in the sandbox, where one is asked for: the first resource of a kind that
/// this run makes does not work, nor does the first that it changes.
fn rehearsed(schemas: &[&'static Schema]) -> anyhow::Result<Faults> {
    let Ok(given) = std::env::var(BREAKS) else {
        return Ok(Faults::default());
    };
    let (kind, reason) = given.split_once('=').unwrap_or((given.as_str(), ""));
    let kind = Kind::from(kind.to_owned());
    let known = schema_of(schemas, &kind);
    if known.is_none() && !kind.as_str().is_empty() && !reason.is_empty() {
        bail!("{BREAKS} names no kind of resource: `{kind}`\nhint: `qpiac explain` lists them");
    }
    let Some(schema) = known.filter(|_| !reason.is_empty()) else {
        bail!(
            "{BREAKS} is `{given}`; expected a kind of resource and a reason, as KIND=REASON\n\
             hint: for example ecs-service=tasks failed to start"
        );
    };
    // What is ready at once can only fail at once.
    let refused = Strike::Fault {
        class: FaultClass::Rejected,
        code: "Rehearsed".to_owned(),
        message: reason.to_owned(),
        effect: false,
    };
    let strike = |action, wait: Option<Wait>, strike| Scripted {
        kind: kind.clone(),
        action,
        nth: 1,
        strike: wait.map_or_else(|| refused.clone(), |_| strike),
    };
    let (waits, reason) = (schema.waits, reason.to_owned());
    let script = vec![
        strike(
            sim::Action::Create,
            waits.create,
            Strike::Breaks(reason.clone()),
        ),
        strike(sim::Action::Update, waits.update, Strike::Reverts(reason)),
    ];
    Ok(Faults {
        script,
        ..Faults::default()
    })
}

/// The file of the sandbox, where one is asked for by argument or environment.
pub(super) fn sandbox_file(given: &arguments::Cloud) -> Option<PathBuf> {
    if given.sandbox.is_some() {
        return given.sandbox.clone();
    }
    let named = PathBuf::from(std::env::var_os("QPIAC_SANDBOX")?);
    match named.to_str() {
        Some("" | "0" | "false") => None,
        Some("1" | "true") => Some(PathBuf::from(arguments::SANDBOX_FILE)),
        Some(_) | None => Some(named),
    }
}

/// The number that a variable of the environment holds.
pub(super) fn number(variable: &str, unit: &str) -> anyhow::Result<Option<u64>> {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .map(Some)
            .with_context(|| format!("{variable} is `{text}`; expected {unit} as a number")),
        Err(_) => Ok(None),
    }
}
